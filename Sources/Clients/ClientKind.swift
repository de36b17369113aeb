public import Histories

/// A kind of client: what a workload file calls it, what it can do and how one is made.
///
/// A new client is a new entry of `all`.
public struct ClientKind: Sendable {
  /// Its name in the workload file.
  public let name: String
  /// What it is, in one line.
  public let summary: String
  /// The functions that it knows.
  public let functions: [String]
  /// The parameters that it takes.
  public let parameters: [ClientParameter]
  private let make: @Sendable (String, [String: Value]) throws(ClientError) -> any Client

  /// Every kind of client there is.
  public static let all: [ClientKind] = [
    ClientKind(
      name: "etcd", summary: "etcd's version 3 API over its JSON gateway",
      functions: ["read", "write", "cas"], parameters: EtcdClient.parameters
    ) { address, parameters throws(ClientError) in
      try EtcdClient(address: address, parameters: parameters)
    },
    ClientKind(
      name: "noop", summary: "answers at once and talks to nobody",
      functions: ["read", "write", "cas"], parameters: []
    ) { _, _ in NoopClient() },
  ]

  /// The kind of this name.
  public static func named(_ name: String) throws(ClientError) -> ClientKind {
    guard let kind = all.first(where: { $0.name == name }) else {
      throw .unknownClient(name, known: all.map(\.name))
    }
    return kind
  }

  /// Throws where a parameter is unknown or has a value that it cannot have.
  public func check(_ parameters: [String: Value]) throws(ClientError) {
    _ = try checked(parameters)
  }

  /// Makes a client of the node at `address` (`host:port` or a URL).
  ///
  /// Nothing is sent: it connects at its first request. Parameters that are absent have their
  /// default; an unknown one, or a value of the wrong type, is an error.
  public func open(
    address: String, parameters given: [String: Value] = [:]
  ) throws(ClientError) -> any Client {
    try make(address, checked(given))
  }

  private func checked(_ given: [String: Value]) throws(ClientError) -> [String: Value] {
    var result: [String: Value] = [:]
    for parameter in parameters { result[parameter.name] = parameter.defaultValue }
    for (key, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let parameter = parameters.first(where: { $0.name == key }) else {
        throw .unknownParameter(
          client: name, parameter: key, known: parameters.map(\.name))
      }
      if let problem = parameter.problem(with: value) {
        throw .badParameter(client: name, parameter: key, problem: problem)
      }
      result[key] = value
    }
    return result
  }
}
