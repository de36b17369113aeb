/// A machine of the cluster under test.
public struct Node: Hashable, Sendable {
  /// The name that histories, faults and messages use.
  public var name: String
  /// What SSH connects to, and the address that peers and clients use.
  public var host: String
  /// The SSH port.
  public var port: UInt16
  /// The SSH user.
  public var user: String

  /// Makes a node.
  public init(name: String, host: String, port: UInt16 = 22, user: String = "root") {
    self.name = name
    self.host = host
    self.port = port
    self.user = user
  }

  /// Reads `[name=][user@]host[:port]`, an IPv6 host in brackets where a port follows.
  ///
  /// - Throws: `NodeSyntaxError` with what is wrong.
  public static func parse(
    _ text: String, defaultUser: String, defaultPort: UInt16
  ) throws(NodeSyntaxError) -> Node {
    var rest = Substring(text)
    var name: Substring?
    if let equals = rest.firstIndex(of: "=") {
      name = rest[..<equals]
      rest = rest[rest.index(after: equals)...]
    }
    var user = Substring(defaultUser)
    if let at = rest.lastIndex(of: "@") {
      user = rest[..<at]
      rest = rest[rest.index(after: at)...]
    }
    let (host, port) = try splitPort(rest, of: text, defaultPort: defaultPort)
    let shown = name ?? host
    guard !host.isEmpty, !user.isEmpty, !shown.isEmpty else {
      throw NodeSyntaxError(text: text, reason: "a name, user or host is empty")
    }
    guard shown.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:".contains($0)) })
    else {
      throw NodeSyntaxError(text: text, reason: "a name has letters, digits, '-', '_' and '.' only")
    }
    return Node(name: String(shown), host: String(host), port: port, user: String(user))
  }

  private static func splitPort(
    _ rest: Substring, of text: String, defaultPort: UInt16
  ) throws(NodeSyntaxError) -> (Substring, UInt16) {
    var host = rest
    var portText: Substring?
    if rest.first == "[", let close = rest.firstIndex(of: "]") {
      host = rest[rest.index(after: rest.startIndex)..<close]
      let after = rest[rest.index(after: close)...]
      if after.first == ":" { portText = after.dropFirst() }
    } else if rest.filter({ $0 == ":" }).count == 1, let colon = rest.firstIndex(of: ":") {
      host = rest[..<colon]
      portText = rest[rest.index(after: colon)...]
    }
    guard let portText else { return (host, defaultPort) }
    guard let port = UInt16(portText), port > 0 else {
      throw NodeSyntaxError(text: text, reason: "'\(portText)' is not a port")
    }
    return (host, port)
  }
}

/// A node description that cannot be read.
public struct NodeSyntaxError: Error, CustomStringConvertible {
  /// The text that was given.
  public var text: String
  /// What is wrong with it.
  public var reason: String

  /// For people.
  public var description: String {
    "node '\(text)': \(reason); write [name=][user@]host[:port], for example n1=admin@10.0.0.1:2222"
  }
}
