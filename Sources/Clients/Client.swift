public import Histories

/// What a client process asks its client to do.
public struct ClientRequest: Hashable, Sendable {
  /// The function, such as `read`, `write` or `cas`.
  public var f: String
  /// The object that it concerns; nil for a single object.
  public var key: Value?
  /// The argument: for `cas` the array `[expected, new]`; nil for `read`.
  public var value: Value?

  /// Makes a request.
  public init(f: String, key: Value? = nil, value: Value? = nil) {
    self.f = f
    self.key = key
    self.value = value
  }
}

/// What became of a request.
public struct ClientResponse: Hashable, Sendable {
  /// How it ended. `fail` is a promise that it had no effect; in doubt it is `info`.
  public var outcome: Outcome
  /// Why it did not end well: `kind: details`, one line, bounded. Nil where it did.
  public var error: Value?

  /// Makes a response.
  public init(outcome: Outcome, error: Value? = nil) {
    self.outcome = outcome
    self.error = error
  }

  /// It happened, with this result.
  public static func ok(_ value: Value?) -> ClientResponse { ClientResponse(outcome: .ok(value)) }

  /// It certainly did not happen, for this reason.
  public static func fail(_ reason: String) -> ClientResponse {
    ClientResponse(outcome: .fail, error: .string(reason))
  }

  /// Nobody knows whether it happened, for this reason.
  public static func info(_ reason: String) -> ClientResponse {
    ClientResponse(outcome: .info, error: .string(reason))
  }
}

/// One client of one node of the system under test.
///
/// There is one for each client process, used by that process's thread alone: calls block.
public protocol Client: AnyObject {
  /// Carries out one request and waits for its answer, at most `timeout`.
  ///
  /// A request is sent at most once: whoever retries makes a new operation of it. After an error
  /// the client is usable and connects anew at the next request.
  func invoke(_ request: ClientRequest, timeout: Duration) -> ClientResponse

  /// Closes its connection. Nothing may be invoked afterwards.
  func close()
}
