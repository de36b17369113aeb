import Cluster
import RemoteShell

/// The nodes of a command, with what it takes to log in.
struct ResolvedNodes {
  var nodes: [Node]
  var credentials: Credentials
  var hostKeys: HostKeyPolicy
  /// The nodes, by name, that the system's OpenSSH logs in to, and how.
  var openSSH: [String: OpenSSH] = [:]
  /// Whether the command line names each of them, or they belong to a lab.
  var areNamed: Bool

  func cluster(
    running target: Target, audit: @escaping @Sendable (CommandRecord) -> Void = { _ in }
  ) -> ClusterUnderTest {
    ClusterUnderTest(nodes: nodes, target: target, audit: audit) { node in
      RemoteShell(
        Endpoint(name: node.name, host: node.host, port: node.port, user: node.user),
        credentials: credentials, hostKeys: hostKeys,
        timeouts: Timeouts(connect: .seconds(5), authenticate: .seconds(10)),
        through: openSSH[node.name])
    }
  }
}
