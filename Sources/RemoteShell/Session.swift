internal import CSSH2
internal import Glibc

/// An SSH session over one socket, logged in. It belongs to one thread, and every call waits at
/// most until the deadline that it is given.
final class Session {
  /// What an idle socket has to say.
  enum Incoming {
    case nothing
    case data
    case end
  }

  let connection: Connection
  let socket: Int32
  let handle: OpaquePointer

  /// libssh2 wants to be set up once, before any thread uses it.
  private static let setUp: Int32 = libssh2_init(0)

  /// Connects, checks the host's key and logs in.
  static func open(
    _ connection: Connection, for request: Connection.Request
  ) throws(ShellError) -> Session {
    let settings = connection.settings
    let connectLimit = min(.now + settings.timeouts.connect, request.deadline)
    let socket = try connection.dial(for: request, until: connectLimit)
    guard setUp == 0, let handle = libssh2_session_init_ex(nil, nil, nil, nil) else {
      Glibc.close(socket)
      throw ShellError(settings.endpoint.name, .resources("libssh2 could not be set up"))
    }
    let session = Session(connection, socket: socket, handle: handle)
    do throws(ShellError.Reason) {
      try session.handshake(for: request, until: connectLimit)
      let loginLimit = min(.now + settings.timeouts.authenticate, request.deadline)
      try session.authenticate(for: request, until: loginLimit)
    } catch {
      throw ShellError(settings.endpoint.name, error)
    }
    return session
  }

  private init(_ connection: Connection, socket: Int32, handle: OpaquePointer) {
    self.connection = connection
    self.socket = socket
    self.handle = handle
    libssh2_session_set_blocking(handle, 0)
  }

  /// Says goodbye if that is possible at once. Shutting the socket first makes sure that freeing
  /// the session, which closes open channels, cannot wait for the node.
  deinit {
    libssh2_session_disconnect_ex(handle, SSH_DISCONNECT_BY_APPLICATION, "done", "")
    shutdown(socket, Int32(SHUT_RDWR))
    while libssh2_session_free(handle) == LIBSSH2_ERROR_EAGAIN {}
    Glibc.close(socket)
  }

  /// Looks at an idle socket without reading from it.
  func incoming() -> Incoming {
    var byte: UInt8 = 0
    let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    if count > 0 { return .data }
    return count < 0 && errno == EAGAIN ? .nothing : .end
  }

  private func handshake(
    for request: Connection.Request, until deadline: ContinuousClock.Instant
  ) throws(ShellError.Reason) {
    let endpoint = connection.settings.endpoint
    let knownHosts = try KnownHosts(
      session: handle, endpoint: endpoint, policy: connection.settings.hostKeys)
    libssh2_session_method_pref(handle, LIBSSH2_METHOD_HOSTKEY, knownHosts.preferredKeyTypes)
    let code: Int32
    do throws(Interruption) {
      code = try drive(until: deadline) { libssh2_session_handshake(handle, socket) }
    } catch {
      switch error {
      case .timedOut:
        throw .connectTimeout(
          address: endpoint.address, after: connection.settings.timeouts.connect, accepted: true)
      case .cancelled: throw .cancelled(command: request.description, mayHaveRun: false)
      case .disconnected(let detail):
        throw .handshake(address: endpoint.address, detail: detail)
      }
    }
    guard code == 0 else { throw .handshake(address: endpoint.address, detail: lastError) }
    try knownHosts.check()
  }
}

// How libssh2 is called without blocking.
extension Session {
  /// The text of the last error of this session.
  var lastError: String {
    var text: UnsafeMutablePointer<CChar>?
    let code = libssh2_session_last_error(handle, &text, nil, 0)
    return text.map { "\(String(cString: $0)) (\(code))" } ?? "error \(code)"
  }

  /// Repeats a call until it no longer would block, and gives its result.
  func drive<Code: SignedInteger>(
    until deadline: ContinuousClock.Instant, _ call: () -> Code
  ) throws(Interruption) -> Code {
    while true {
      let code = call()
      guard code == LIBSSH2_ERROR_EAGAIN else {
        if isLost(Int32(clamping: code)) { throw .disconnected(lastError) }
        return code
      }
      try wait(until: deadline)
    }
  }

  /// The same for a call that gives a pointer; nil where it failed.
  func drivePointer<Pointer>(
    until deadline: ContinuousClock.Instant, _ call: () -> Pointer?
  ) throws(Interruption) -> Pointer? {
    while true {
      if let pointer = call() { return pointer }
      let code = libssh2_session_last_errno(handle)
      guard code == LIBSSH2_ERROR_EAGAIN else {
        if isLost(code) { throw .disconnected(lastError) }
        return nil
      }
      try wait(until: deadline)
    }
  }

  /// Repeats a call only while it has sent part of a packet: until the rest is out, libssh2 takes
  /// no other. EAGAIN as a result means that there is nothing to do until the node says more.
  func settle(
    until deadline: ContinuousClock.Instant, _ call: () -> Int
  ) throws(Interruption) -> Int {
    while true {
      let code = call()
      if isLost(Int32(clamping: code)) { throw .disconnected(lastError) }
      let mustSend =
        libssh2_session_block_directions(handle) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
      guard code == LIBSSH2_ERROR_EAGAIN, mustSend else { return code }
      try connection.wait(for: POLLOUT, on: socket, until: deadline)
    }
  }

  /// Waits for what libssh2 last waited for.
  func wait(until deadline: ContinuousClock.Instant) throws(Interruption) {
    let directions = libssh2_session_block_directions(handle)
    var events: Int32 = directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 ? POLLOUT : 0
    if directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 || events == 0 { events |= POLLIN }
    try connection.wait(for: events, on: socket, until: deadline)
  }

  /// Whether a result means that the connection is gone.
  private func isLost(_ code: Int32) -> Bool {
    switch code {
    case LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_DISCONNECT,
      LIBSSH2_ERROR_BAD_SOCKET:
      true
    default: false
    }
  }
}
