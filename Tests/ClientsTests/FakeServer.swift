import Glibc
import Synchronization

/// A TCP server that does what no real etcd does, from a script with a step for each request.
final class FakeServer: Sendable {
  enum Step {
    /// Sends these bytes and keeps the connection.
    case answer(String)
    /// Sends these bytes and closes the connection.
    case answerAndClose(String)
    /// Sends these bytes one at a time, so many milliseconds apart.
    case trickle(String, Int)
    /// Closes the connection with a reset.
    case reset
  }

  let port: Int
  private let listener: Int32
  private let seen = Mutex<[String]>([])

  /// The bodies of the requests that arrived, in order.
  var requests: [String] { seen.withLock { $0 } }
  var address: String { "127.0.0.1:\(port)" }

  init(_ steps: [Step]) {
    let socket = Listener()
    port = socket.port
    listener = dup(socket.descriptor)
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    listen(listener, 8)
    spawnThread { [self] in serve(steps) }.detach()
  }

  /// Ends `serve`, which waits for a connection or a request at most as long as a client holds it.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve(_ steps: [Step]) {
    var steps = steps[...]
    while true {
      let connection = accept(listener, nil, nil)
      if connection < 0 { break }
      while let body = readRequest(connection) {
        seen.withLock { $0.append(body) }
        guard let step = steps.popFirst(), perform(step, on: connection) else { break }
      }
      close(connection)
    }
    close(listener)
  }

  /// Whether the connection stays open.
  private func perform(_ step: Step, on connection: Int32) -> Bool {
    switch step {
    case .answer(let text):
      send(text, connection)
      return true
    case .answerAndClose(let text):
      send(text, connection)
      return false
    case .trickle(let text, let interval):
      for character in text {
        usleep(UInt32(interval * 1000))
        if send(String(character), connection) < 0 { break }
      }
      return false
    case .reset:
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      return false
    }
  }

  @discardableResult private func send(_ text: String, _ connection: Int32) -> Int {
    Glibc.send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
  }

  /// The body of the next request, or nil where the client is gone.
  private func readRequest(_ connection: Int32) -> String? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.firstRange(of: "\r\n\r\n"),
        let field = text.firstRange(of: "Content-Length: "),
        let length = Int(text[field.upperBound...].prefix { $0.isNumber }),
        text[end.upperBound...].utf8.count >= length
      {
        return String(text[end.upperBound...])
      }
      let count = read(connection, &chunk, chunk.count)
      if count <= 0 { return nil }
      bytes += chunk[..<count]
    }
  }
}

func httpResponse(_ status: Int, _ body: String) -> String {
  "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
    + body
}

/// A thread of its own; `join` waits for its end.
struct TestThread {
  fileprivate let thread: pthread_t

  func join() { pthread_join(thread, nil) }

  fileprivate func detach() { pthread_detach(thread) }
}

/// Starts a thread, which must be joined.
func spawnThread(_ run: @escaping @Sendable () -> Void) -> TestThread {
  final class Box: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
  var thread = pthread_t()
  let code = pthread_create(
    &thread, nil,
    { context in
      if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }, Unmanaged.passRetained(Box(run)).toOpaque())
  precondition(code == 0)
  return TestThread(thread: thread)
}
