import Testing

@testable import Cluster

struct NodeTests {
  private func parse(_ text: String) throws -> Node {
    let address = try NodeAddress(text)
    return Node(
      name: address.name, host: address.host, port: address.port ?? 22,
      user: address.user ?? "root")
  }

  @Test(arguments: [
    ("n1", Node(name: "n1", host: "n1")),
    ("10.0.0.1", Node(name: "10.0.0.1", host: "10.0.0.1")),
    ("n1=10.0.0.1", Node(name: "n1", host: "10.0.0.1")),
    ("n1=ann@10.0.0.1:2222", Node(name: "n1", host: "10.0.0.1", port: 2222, user: "ann")),
    ("ann@host:1", Node(name: "host", host: "host", port: 1, user: "ann")),
    ("a@b@host", Node(name: "host", host: "host", user: "a@b")),
    ("fd77::1", Node(name: "fd77::1", host: "fd77::1")),
    ("n1=[fd77::1]:2222", Node(name: "n1", host: "fd77::1", port: 2222)),
    ("[fd77::1]", Node(name: "fd77::1", host: "fd77::1")),
  ])
  func aNodeIsReadAsItIsWritten(_ text: String, _ node: Node) throws {
    #expect(try parse(text) == node)
  }

  @Test(arguments: [
    "", "=host", "n1=", "@host", "n1=@host", "host:0", "host:65536", "host:x", "host:", "a b",
    "n/1=host", "../n=host", "n1;reboot=host", "[fd77::1]:x",
  ])
  func anythingElseIsRefusedWithAnExample(_ text: String) {
    let error = #expect(throws: NodeSyntaxError.self) { try parse(text) }
    #expect(error?.description.hasPrefix("node '\(text)': ") == true)
    #expect(error?.description.contains("n1=admin@10.0.0.1:2222") == true)
  }
}
