internal import Histories

/// Why a client cannot be made.
public enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no client of this name; there are those `known`.
  case unknownClient(String, known: [String])
  /// The client has no such parameter; it has those `known`.
  case unknownParameter(client: String, parameter: String, known: [String])
  /// A parameter of the client has a value that it cannot have.
  case badParameter(client: String, parameter: String, problem: String)
  /// The address of a node cannot be understood.
  case badAddress(String)
  /// A library that the client needs is missing; the text says which package has it.
  case missingLibrary(String)

  /// What went wrong and what to do, in one line.
  public var description: String {
    switch self {
    case .unknownClient(let name, let known):
      return
        "there is no client '\(name.shown(limit: 40))': it is one of \(known.joined(separator: ", "))"
    case .unknownParameter(let client, let parameter, let known):
      let list = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
      return "client '\(client)' has no parameter '\(parameter.shown(limit: 40))': \(list)"
    case .badParameter(let client, let parameter, let problem):
      return "parameter '\(parameter)' of client '\(client)' \(problem)"
    case .badAddress(let address):
      return "'\(address.shown(limit: 200))' is not an address: give host:port or http://host:port"
    case .missingLibrary(let reason):
      return reason
    }
  }
}
