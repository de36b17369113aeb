import Glibc
import Lab
import Runner
import Synchronization

/// Datagrams between the nodes of a lab, some each millisecond: from outside they tell when packets stop, and when
/// they pass again, which is before the scripts that see to it have ended.
///
/// A socket belongs to the network that it was made in, so one thread of this process is on every node.
final class PacketProbe: Sendable {
  /// From one node to another, by their places among the lab's nodes.
  struct Link: Hashable {
    var sender: Int
    var receiver: Int
  }

  private struct State {
    var links: [Link] = []
    var arrivals: [Link: (first: ContinuousClock.Instant, last: ContinuousClock.Instant)] = [:]
    var isClosed = false
  }

  private static let port: UInt16 = 7999
  private let sockets: [Int32]
  private let addresses: [sockaddr_in]
  private let state = Mutex(State())

  /// Makes a socket on every node.
  init(_ lab: LocalLab) throws {
    addresses = lab.nodes.map { Self.address($0.ip) }
    sockets = try zip(lab.nodes, addresses).map { node, address in
      try lab.withNetwork(of: node.name) { Self.socket(at: address) }
    }
    if let place = sockets.firstIndex(where: { $0 < 0 }) {
      throw ProbeError(description: "no socket on \(lab.nodes[place].name)")
    }
  }

  /// Sends and looks for what has arrived until `close`, on a thread of its own.
  func run() async {
    await onDedicatedThread { [self] in
      while !state.withLock(\.isClosed) {
        let links = state.withLock(\.links)
        for link in links { send(link) }
        usleep(500)
        let arrived = receive()
        let now = ContinuousClock.now
        state.withLock { state in
          for link in arrived { state.arrivals[link, default: (now, now)].last = now }
        }
      }
      sockets.forEach { _ = Glibc.close($0) }
    }
  }

  func close() { state.withLock { $0.isClosed = true } }

  /// Forgets what has arrived, and watches these links from now on.
  func watch(_ links: [Link]) {
    state.withLock { state in
      state.links = links
      state.arrivals = [:]
    }
  }

  /// When the last datagram arrived; nil where there was none.
  var last: ContinuousClock.Instant? {
    state.withLock { $0.arrivals.values.map(\.last).max() }
  }

  /// When the last of the links had its first datagram; nil where one has had none.
  var whole: ContinuousClock.Instant? {
    state.withLock { state in
      let first = state.links.compactMap { state.arrivals[$0]?.first }
      return first.count == state.links.count ? first.max() : nil
    }
  }

  // MARK: Sockets

  private func send(_ link: Link) {
    var sender = UInt8(link.sender)
    var address = addresses[link.receiver]
    // The pointers live for the call only. What cannot be sent is what the partition is for.
    _ = Self.withGeneric(&address) {
      sendto(sockets[link.sender], &sender, 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }

  private func receive() -> Set<Link> {
    var arrived: Set<Link> = []
    for (receiver, socket) in sockets.enumerated() {
      var sender: UInt8 = 0
      while recv(socket, &sender, 1, 0) == 1 {
        arrived.insert(Link(sender: Int(sender), receiver: receiver))
      }
    }
    return arrived
  }

  private static func socket(at address: sockaddr_in) -> Int32 {
    let type = SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = Glibc.socket(AF_INET, Int32(type), 0)
    var address = address
    let bound = withGeneric(&address) {
      Int(bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)))
    }
    return bound == 0 ? descriptor : -1
  }

  private static func address(_ ip: String) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, ip, &address.sin_addr)
    return address
  }

  /// The address as the calls take it, for the time of `body` only; they are told its length.
  private static func withGeneric(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>) -> Int
  ) -> Int {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
  }
}

struct ProbeError: Error, CustomStringConvertible {
  let description: String
}
