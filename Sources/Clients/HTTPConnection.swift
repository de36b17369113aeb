import CCurl

/// One keep-alive connection to one server, over which JSON is posted.
///
/// Used by one thread. It connects when it is first used and after every exchange that failed.
final class HTTPConnection {
  /// What became of a request. The reasons are one line of bounded length.
  enum Exchange {
    /// The server's complete response.
    case reply(status: Int, body: [UInt8])
    /// Not one byte of the request left: it certainly had no effect.
    case notSent(String)
    /// Some of the request may have arrived; no complete response came back.
    case lost(String)
  }

  private let base: String
  private var connection: OpaquePointer?

  /// `base` is the part of every URL before the path.
  init(base: String) throws(ClientError) {
    if let reason = ccurl_load_error() { throw .missingLibrary(String(cString: reason)) }
    self.base = base
  }

  deinit { close() }

  func close() {
    ccurl_close(connection)
    connection = nil
  }

  /// Posts `body` to `path` once and waits at most `timeout` for the whole response.
  func post(_ path: String, _ body: [UInt8], timeout: Duration) -> Exchange {
    if connection == nil { connection = ccurl_open() }
    guard let connection else { return .notSent("client: out of memory") }
    var result = ccurl_result()
    // The shim reads the body only during the call, and its answers are copied before the next.
    ccurl_post(
      connection, base + path, body, body.count, Self.milliseconds(timeout), &result)
    if result.outcome == CCURL_REPLY {
      let bytes = UnsafeBufferPointer(start: result.body, count: result.body_length)
      return .reply(status: Int(result.status), body: Array(bytes))
    }
    let kind = result.timed_out ? "timeout" : "connection"
    let reason = "\(kind): \(ErrorText.bounded(String(cString: result.error)))"
    let notSent = result.outcome == CCURL_NOT_SENT
    close()
    return notSent ? .notSent(reason) : .lost(reason)
  }

  /// Whole milliseconds, rounded up; at least one, because 0 means "no limit" to libcurl.
  private static func milliseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int(max(1, min(seconds, 1_000_000) * 1000 + fraction))
  }
}
