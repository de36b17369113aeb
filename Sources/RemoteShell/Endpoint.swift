/// Where a node is reached, and under which name people know it.
public struct Endpoint: Sendable, Hashable {
  /// The node's name in every message, such as `n1`.
  public let name: String
  /// A host name, an IPv4 address or an IPv6 address without brackets.
  public let host: String
  /// The TCP port of the node's SSH server.
  public let port: UInt16
  /// The account to log in to.
  public let user: String

  /// - Parameter name: what messages call the node; the host where not given.
  public init(name: String? = nil, host: String, port: UInt16 = 22, user: String = "root") {
    self.name = name ?? host
    self.host = host
    self.port = port
    self.user = user
  }

  /// `host:port`, with brackets around an IPv6 address.
  public var address: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// How long each step may take. Every one of them holds also when the node is frozen or gone.
public struct Timeouts: Sendable, Hashable {
  /// Looking up the name, the TCP connection, and the key exchange, together.
  public var connect: Duration
  /// All attempts to log in, together.
  public var authenticate: Duration
  /// A command that has no timeout of its own.
  public var command: Duration
  /// How long a connection may be silent before TCP asks whether the node is still there; after
  /// three unanswered questions it counts as lost. It finds hosts that vanished, not processes that
  /// are frozen: the command's timeout finds those.
  public var keepalive: Duration

  /// The defaults suit nodes in one data centre.
  public init(
    connect: Duration = .seconds(10), authenticate: Duration = .seconds(10),
    command: Duration = .seconds(30), keepalive: Duration = .seconds(15)
  ) {
    self.connect = connect
    self.authenticate = authenticate
    self.command = command
    self.keepalive = keepalive
  }
}
