internal import Glibc
internal import Synchronization

/// One address of a host, as `getaddrinfo` gives it.
private struct Address: Sendable {
  let family: Int32
  /// A `sockaddr` of the family.
  let bytes: [UInt8]
}

extension Connection {
  /// A connected, non-blocking TCP socket to the node. The time left is shared out evenly among
  /// the host's addresses.
  func dial(
    for request: Request, until deadline: ContinuousClock.Instant
  ) throws(ShellError) -> Int32 {
    let endpoint = settings.endpoint
    var addresses = try resolve(for: request, until: deadline)[...]
    while let address = addresses.popFirst() {
      let share = ContinuousClock.now.duration(to: deadline) / (addresses.count + 1)
      do throws(ShellError.Reason) {
        return try connect(to: address, for: request, until: .now + share)
      } catch {
        if addresses.isEmpty { throw ShellError(endpoint.name, error) }
      }
    }
    throw ShellError(
      endpoint.name, .nameNotFound(host: endpoint.host, detail: "it has no address"))
  }

  private func connect(
    to address: Address, for request: Request, until deadline: ContinuousClock.Instant
  ) throws(ShellError.Reason) -> Int32 {
    let socket = Glibc.socket(
      address.family,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
      0)
    guard socket >= 0 else { throw .resources(errorText(errno)) }
    do throws(ShellError.Reason) {
      setOptions(socket)
      let code = address.bytes.withUnsafeBytes { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) {
          Glibc.connect(socket, $0.baseAddress, socklen_t(bytes.count))
        }
      }
      if code != 0 {
        if errno != EINPROGRESS { throw refusal(errno) }
        try finishConnecting(socket, for: request, until: deadline)
      }
      return socket
    } catch {
      Glibc.close(socket)
      throw error
    }
  }

  private func finishConnecting(
    _ socket: Int32, for request: Request, until deadline: ContinuousClock.Instant
  ) throws(ShellError.Reason) {
    while true {
      do throws(Interruption) {
        try wait(for: POLLOUT, on: socket, until: deadline)
      } catch {
        if case .cancelled = error {
          throw .cancelled(command: request.description, mayHaveRun: false)
        }
        throw .connectTimeout(
          address: settings.endpoint.address, after: settings.timeouts.connect, accepted: false)
      }
      var polled = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
      guard poll(&polled, 1, 0) == 1 else { continue }
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size)
      if code != 0 { throw refusal(code) }
      return
    }
  }

  private func refusal(_ code: Int32) -> ShellError.Reason {
    let address = settings.endpoint.address
    return switch code {
    case ECONNREFUSED: .connectionRefused(address: address)
    case ETIMEDOUT:
      .connectTimeout(address: address, after: settings.timeouts.connect, accepted: false)
    default: .unreachable(address: address, detail: errorText(code))
    }
  }

  /// Sends small packets at once, and lets TCP notice a host that has vanished.
  private func setOptions(_ socket: Int32) {
    let interval = Int32(clamping: max(1, settings.timeouts.keepalive.components.seconds))
    let tcp = Int32(IPPROTO_TCP)
    let options: [(level: Int32, name: Int32, value: Int32)] = [
      (tcp, TCP_NODELAY, 1),
      (SOL_SOCKET, SO_KEEPALIVE, 1),
      (tcp, TCP_KEEPIDLE, interval),
      (tcp, TCP_KEEPINTVL, interval),
      (tcp, TCP_KEEPCNT, 3),
    ]
    for option in options {
      var value = option.value
      setsockopt(
        socket, option.level, option.name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }
}

extension Connection {
  /// What a helper thread finds out, and leaves here.
  private final class Lookup: Sendable {
    let answer = Mutex<Result<[Address], ShellError.Reason>?>(nil)
  }

  /// The host's addresses. Asking name servers takes as long as it takes and cannot be stopped,
  /// so a thread of its own does it, and is left behind when time is up.
  private func resolve(
    for request: Request, until deadline: ContinuousClock.Instant
  ) throws(ShellError) -> [Address] {
    let endpoint = settings.endpoint
    if let addresses = try? lookUp(endpoint, flags: AI_NUMERICHOST).get() { return addresses }
    let lookup = Lookup()
    let isStarted = startThread("look up " + endpoint.name) {
      let answer = lookUp(endpoint, flags: 0)
      lookup.answer.withLock { $0 = answer }
      self.wake()
    }
    guard isStarted else {
      throw ShellError(endpoint.name, .resources("no thread could be started"))
    }
    while true {
      if let answer = lookup.answer.withLock({ $0 }) {
        do { return try answer.get() } catch { throw ShellError(endpoint.name, error) }
      }
      do throws(Interruption) {
        try wait(for: 0, on: -1, until: deadline)
      } catch {
        if case .cancelled = error {
          throw ShellError(
            endpoint.name, .cancelled(command: request.description, mayHaveRun: false))
        }
        throw ShellError(
          endpoint.name,
          .nameNotFound(host: endpoint.host, detail: "the name servers do not answer"))
      }
    }
  }
}

/// Asks for the addresses of an endpoint and blocks until there is an answer.
private func lookUp(
  _ endpoint: Endpoint, flags: Int32
) -> Result<[Address], ShellError.Reason> {
  var hints = addrinfo()
  hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  hints.ai_flags = flags | AI_NUMERICSERV
  var list: UnsafeMutablePointer<addrinfo>?
  let code = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list)
  guard code == 0 else {
    let detail = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    return .failure(.nameNotFound(host: endpoint.host, detail: detail))
  }
  defer { freeaddrinfo(list) }
  var addresses: [Address] = []
  var next = list
  // The list stays valid until `freeaddrinfo` above; the addresses are copied out of it.
  while let info = next?.pointee {
    let bytes = UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
    addresses.append(Address(family: info.ai_family, bytes: Array(bytes)))
    next = info.ai_next
  }
  return .success(addresses)
}
