import RemoteShell

/// What a node said about itself when it was first asked.
public struct NodeFacts: Sendable, Hashable {
  /// The node.
  public var node: Node
  /// Its global addresses: what its peers must drop to be cut off from it.
  public var addresses: [String]
  /// The control machine's address as the node sees it: never cut off.
  public var controlAddress: String?
  /// What is missing of what the planned faults need, with what to do.
  public var unmet: [String]
  /// Whether the node carries the file that allows faults on it: `/etc/faultline/allow`.
  public var allows: Bool
  /// The mount point that holds the target's data directory.
  public var dataMount: String
  /// The free bytes there.
  public var dataFree: Int
  /// Whether the target's `installed` command succeeded, or there is none.
  public var installed: Bool
  /// What an earlier run left behind; empty on a clean node.
  public var leftovers: [String]

  /// What to do where nobody has said that a node may be harmed.
  public static let allowAdvice =
    "nobody has named this node on the command line, and it has no file /etc/faultline/allow: give "
    + "--yes, name it with --nodes, or make that file, if its data may be lost"

  /// Gathers the facts in one round trip; prints `key=value` lines and changes nothing.
  public static func script(
    _ target: Target, on node: Node, among nodes: [Node], needs: [NodeNeed]
  ) -> NodeScript {
    let installed = target.installed ?? "true"
    let tests = needs.map { need in
      let condition = need.isOfRunningTarget ? "[ -z \"$(target_pids)\" ] || " : ""
      return
        "\(condition)( \(need.test)\n) >/dev/null 2>&1 || echo \(ShellQuote.quote("unmet=" + need.advice))\n"
    }
    return NodeScript(
      "look at the node",
      body: """
        \(NodeState.functions)\(target.prelude(for: node, among: nodes))\(target.pidsFunction)
        ip -o addr show scope global 2>/dev/null | while read -r _ _ _ address _; do
          echo "address=${address%/*}"
        done
        folder=$data
        while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
        df -P -B1 "$folder" | tail -n 1 | { read -r _ _ _ free _ mount; echo "free=$free"; echo "mount=$mount"; }
        if ( \(installed)
        ) >/dev/null 2>&1; then echo installed=yes; fi
        ( \(NodeState.leftovers.body)
        ) 2>/dev/null | while read -r line; do echo "leftover=$line"; done
        [ ! -e /etc/faultline/allow ] || echo allows=yes
        \(tests.joined())
        echo "user=$(id -u)"
        """)
  }

  /// Stands in for a node that was not asked: only the address that was given is known.
  public init(unseen node: Node) {
    self.init(node: node, controlAddress: nil, output: "")
  }

  /// Reads the output of `script`.
  init(node: Node, controlAddress: String?, output: String) {
    self.node = node
    self.controlAddress = controlAddress
    addresses = []
    unmet = []
    allows = false
    dataMount = "/"
    dataFree = 0
    installed = false
    leftovers = []
    for line in output.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = String(line[line.index(after: equals)...])
      switch line[..<equals] {
      // Faults with different targets may lack the same.
      case "unmet": if !unmet.contains(value) { unmet.append(value) }
      case "allows": allows = value == "yes"
      case "address": addresses.append(value)
      case "free": dataFree = Int(value) ?? 0
      case "mount": dataMount = value
      case "installed": installed = value == "yes"
      case "leftover": leftovers.append(value)
      default: break
      }
    }
    // A node behind address translation, or without `ip`, still has the address that we use.
    if !addresses.contains(node.host) { addresses.append(node.host) }
  }
}
