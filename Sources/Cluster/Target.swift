import RemoteShell

/// The system under test, as data: the commands that run its life cycle on a node.
///
/// Each command is a POSIX shell script that runs as root. It sees the variables of `prelude`.
public struct Target: Sendable, Hashable {
  /// What it is called, for messages and logs.
  public var name: String
  /// The port that clients connect to.
  public var clientPort: UInt16
  /// The directory on the node that holds its data; disk faults fill the file system it is on.
  public var data: String
  /// The files on the node that are collected into the run directory.
  public var logs: [String]
  /// How long all nodes together may take from start to healthy.
  public var startTimeout: Duration
  /// Exits 0 where nothing needs to be installed.
  public var installed: String?
  /// Installs what the target needs.
  public var install: String?
  /// Prepares a node before each run.
  public var configure: String?
  /// Starts it in the background and returns. Run again after a kill or a boot, on the same data.
  public var start: String
  /// Stops it; succeeds where it does not run.
  public var stop: String
  /// Removes its data, after `stop`.
  public var wipe: String
  /// Prints its process ids where it runs, nothing where it does not.
  public var pid: String
  /// Exits 0 on a node that leads.
  public var leads: String?
  /// Exits 0 once the node serves clients.
  public var healthy: String
  /// Prints the names of the cluster's members, a line each, as the other nodes see them.
  public var members: String?
  /// Takes the node out of the cluster, by way of the others.
  public var leave: String?
  /// Makes the node a new member without data and starts it, whatever it was before.
  public var join: String?
  /// By a role's name: exits 0 on a node that has it.
  public var roles: [String: String] = [:]

  /// Makes a target.
  public init(
    name: String, clientPort: UInt16, data: String, logs: [String], startTimeout: Duration,
    installed: String?, install: String?, configure: String?, start: String, stop: String,
    wipe: String, pid: String, leads: String?, healthy: String, members: String? = nil,
    leave: String? = nil,
    join: String? = nil
  ) {
    self.name = name
    self.clientPort = clientPort
    self.data = data
    self.logs = logs
    self.startTimeout = startTimeout
    self.installed = installed
    self.install = install
    self.configure = configure
    self.start = start
    self.stop = stop
    self.wipe = wipe
    self.pid = pid
    self.leads = leads
    self.healthy = healthy
    self.members = members
    self.leave = leave
    self.join = join
  }

  /// Stands in where nodes are looked at or healed, and no target is concerned.
  public static let none = Target(
    name: "the target", clientPort: 1, data: "/var/tmp", logs: [], startTimeout: .zero,
    installed: nil, install: "true", configure: nil, start: "true", stop: "true", wipe: "true",
    pid: "true", leads: nil, healthy: "true")

  /// The variables that every command of the target sees, as shell assignments.
  ///
  /// `node`, `ip`, `index` (from 1), `nodes` (all names), `members` (`name=ip` of all),
  /// `peers` (`name=ip` of the others), `data`, `client_port`.
  public func prelude(for node: Node, among nodes: [Node]) -> String {
    let index = (nodes.firstIndex(of: node) ?? 0) + 1
    let members = nodes.map { "\($0.name)=\($0.host)" }
    let peers = nodes.filter { $0 != node }.map { "\($0.name)=\($0.host)" }
    let variables = [
      ("node", node.name), ("ip", node.host), ("index", String(index)),
      ("nodes", nodes.map(\.name).joined(separator: " ")),
      ("members", members.joined(separator: " ")), ("peers", peers.joined(separator: " ")),
      ("data", data), ("client_port", String(clientPort)),
    ]
    return variables.map { "\($0.0)=\(ShellQuote.quote($0.1))\n" }.joined()
  }

  /// A script that runs one of the target's commands on a node.
  public func script(
    _ purpose: String, _ command: String, on node: Node, among nodes: [Node],
    timeout: Duration = .seconds(30)
  ) -> NodeScript {
    NodeScript(
      "\(purpose) \(name)", timeout: timeout,
      body: "set -u\n" + prelude(for: node, among: nodes) + command)
  }

  /// The script that exits 0 once a node serves clients.
  public func healthScript(on node: Node, among nodes: [Node]) -> NodeScript {
    script("check the health of", healthy, on: node, among: nodes, timeout: .seconds(10))
  }
}
