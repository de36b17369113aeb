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

/// Why a client cannot be made.
public enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no client of this name.
  case unknownClient(String)
  /// The client has no such parameter.
  case unknownParameter(client: String, parameter: String)
  /// A parameter of the client has a value that it cannot have.
  case badParameter(client: String, parameter: String, problem: String)
  /// The address of a node cannot be understood.
  case badAddress(String)
  /// A library that the client needs is missing; the text says which package has it.
  case missingLibrary(String)

  /// What went wrong and what to do, in one line.
  public var description: String {
    switch self {
    case .unknownClient(let name):
      let known = ClientKind.all.map(\.name).joined(separator: ", ")
      return "there is no client '\(name)': it is one of \(known)"
    case .unknownParameter(let client, let parameter):
      let known = ClientKind.all.first { $0.name == client }?.parameters.map(\.name) ?? []
      let list = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
      return "client '\(client)' has no parameter '\(parameter)': \(list)"
    case .badParameter(let client, let parameter, let problem):
      return "parameter '\(parameter)' of client '\(client)' \(problem)"
    case .badAddress(let address):
      return "'\(address)' is not an address: give host:port or http://host:port"
    case .missingLibrary(let reason):
      return reason
    }
  }
}
