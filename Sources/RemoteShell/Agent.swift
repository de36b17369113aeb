internal import CSSH2
internal import Glibc

/// A conversation with an SSH agent over its socket. libssh2 has one too, but it waits without
/// limit for an agent that does not answer.
final class Agent {
  /// A failure to explain to people.
  struct Failure: Error {
    let text: String
  }

  private enum Message {
    static let requestIdentities: UInt8 = 11
    static let identities: UInt8 = 12
    static let signRequest: UInt8 = 13
    static let signResponse: UInt8 = 14
  }

  private let connection: Connection
  private let deadline: ContinuousClock.Instant
  private let socket: Int32
  private static let largestAnswer = 256 << 10

  /// - Parameter path: the agent's socket; the one that the environment names where nil.
  init(
    _ path: String?, _ connection: Connection, until deadline: ContinuousClock.Instant
  ) throws(Failure) {
    guard let path = path ?? getenv("SSH_AUTH_SOCK").map({ String(cString: $0) }) else {
      throw Failure(text: "there is no agent, as SSH_AUTH_SOCK is not set")
    }
    self.connection = connection
    self.deadline = deadline
    socket = Glibc.socket(
      AF_UNIX,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
      0)
    guard socket >= 0 else { throw Failure(text: errorText(errno)) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
      // The rest of the structure is zero, which ends the path.
      guard path.utf8.count < room.count else { return false }
      room.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw Failure(text: "the path of its socket is too long") }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      throw Failure(text: "no agent answers at \(path) (\(errorText(errno)))")
    }
  }

  deinit { close(socket) }

  /// The public keys that the agent can sign with.
  func identities() throws(Failure) -> [[UInt8]] {
    var answer = WireReader(try ask([Message.requestIdentities]))
    guard answer.byte() == Message.identities, let count = answer.uint32() else {
      throw Failure(text: "the agent does not tell its keys")
    }
    var blobs: [[UInt8]] = []
    while blobs.count < count, let blob = answer.string(), answer.string() != nil {
      blobs.append(blob)
    }
    return blobs
  }

  /// The signature of some data, without the name of its algorithm.
  func sign(_ data: [UInt8], with blob: [UInt8]) throws(Failure) -> [UInt8] {
    let request = [Message.signRequest] + wireString(blob) + wireString(data) + wireUInt32(0)
    var answer = WireReader(try ask(request))
    guard answer.byte() == Message.signResponse, let signature = answer.string() else {
      throw Failure(text: "the agent does not sign")
    }
    var reader = WireReader(signature)
    guard reader.string() != nil, let bare = reader.string() else {
      throw Failure(text: "the agent's signature makes no sense")
    }
    return bare
  }

  private func ask(_ request: [UInt8]) throws(Failure) -> [UInt8] {
    var rest = wireString(request)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      try proceed(count, POLLOUT)
      rest.removeFirst(max(count, 0))
    }
    var header = WireReader(try receive(4))
    guard let count = header.uint32(), count <= Self.largestAnswer else {
      throw Failure(text: "the agent's answer makes no sense")
    }
    return try receive(count)
  }

  private func receive(_ count: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let received = recv(socket, &buffer, count - bytes.count, 0)
      guard received != 0 else { throw Failure(text: "the agent hung up") }
      try proceed(received, POLLIN)
      bytes += buffer.prefix(max(received, 0))
    }
    return bytes
  }

  /// After a call that would block, waits; after one that failed, fails.
  private func proceed(_ count: Int, _ events: Int32) throws(Failure) {
    guard count < 0 else { return }
    guard errno == EAGAIN || errno == EINTR else { throw Failure(text: errorText(errno)) }
    do {
      try connection.wait(for: events, on: socket, until: deadline)
    } catch {
      throw Failure(text: "the agent does not answer")
    }
  }
}

/// What the signing callback, which C calls, works with. It lives on the thread's stack for the
/// time of the call into libssh2.
final class Signer {
  let agent: Agent
  let blob: [UInt8]
  var failure: Agent.Failure?

  init(_ agent: Agent, _ blob: [UInt8]) {
    self.agent = agent
    self.blob = blob
  }

  /// Signs and leaves the signature in memory of `malloc`, which libssh2 frees.
  func sign(
    _ data: [UInt8], _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>,
    _ size: UnsafeMutablePointer<Int>
  ) -> Int32 {
    do throws(Agent.Failure) {
      let bytes = try agent.sign(data, with: blob)
      guard let memory = malloc(bytes.count) else { return -1 }
      memory.copyMemory(from: bytes, byteCount: bytes.count)
      signature.pointee = memory.assumingMemoryBound(to: UInt8.self)
      size.pointee = bytes.count
      return 0
    } catch {
      failure = error
      return -1
    }
  }
}
