import Cluster
import RemoteShell

/// The nodes of a command, with what it takes to log in.
struct ResolvedNodes {
  var nodes: [Node]
  var credentials: Credentials
  var hostKeys: HostKeyPolicy

  func cluster(running target: Target) -> ClusterUnderTest {
    ClusterUnderTest(nodes: nodes, target: target) { node in
      RemoteShell(
        Endpoint(name: node.name, host: node.host, port: node.port, user: node.user),
        credentials: credentials, hostKeys: hostKeys,
        timeouts: Timeouts(connect: .seconds(5), authenticate: .seconds(10)))
    }
  }
}
