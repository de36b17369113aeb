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
}

/// A node as somebody has written it: `[name=][user@]host[:port]`, an IPv6 host in brackets where a
/// port follows.
public struct NodeAddress: Hashable, Sendable {
  /// The name; the host where none is given.
  public var name: String
  /// A host's name or address, or what OpenSSH's configuration calls it.
  public var host: String
  /// The SSH port, where given.
  public var port: UInt16?
  /// The SSH user, where given.
  public var user: String?

  /// Reads an address.
  ///
  /// - Throws: `NodeSyntaxError` with what is wrong.
  public init(_ text: String) throws(NodeSyntaxError) {
    var rest = Substring(text)
    var name: Substring?
    if let equals = rest.firstIndex(of: "=") {
      name = rest[..<equals]
      rest = rest[rest.index(after: equals)...]
    }
    if let at = rest.lastIndex(of: "@") {
      user = String(rest[..<at])
      rest = rest[rest.index(after: at)...]
    }
    let (host, port) = try Self.splitPort(rest, of: text)
    let shown = name ?? host
    guard !host.isEmpty, user != "", !shown.isEmpty else {
      throw NodeSyntaxError(text: text, reason: "a name, user or host is empty")
    }
    guard shown.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:".contains($0)) })
    else {
      throw NodeSyntaxError(text: text, reason: "a name has letters, digits, '-', '_' and '.' only")
    }
    (self.name, self.host, self.port) = (String(shown), String(host), port)
  }

  private static func splitPort(
    _ rest: Substring, of text: String
  ) throws(NodeSyntaxError) -> (Substring, UInt16?) {
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
    guard let portText else { return (host, nil) }
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
