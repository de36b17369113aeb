import Cluster
import Histories

/// Boots of a node, told apart by `boot` in the functions of `NodeState`.
enum Boot {
  /// Notes which boot this is, and does something a little later, when the answer has arrived.
  static func note(andRun command: String) -> String {
    let delayed = """
      background <<'LATER'
      sleep 0.5
      { \(command); } > "$fault/said" 2>&1
      LATER

      """
    return "echo \"$boot\" > \"$fault/before\"\n" + (command.isEmpty ? "" : delayed)
      + "echo \"it was boot $boot\"\n"
  }

  /// Exits 0 where the node has booted since, 1 where it has not; says what its command has said.
  static func probe(_ folder: String) -> NodeScript {
    NodeScript(
      "see whether it has booted", timeout: .seconds(5),
      body: """
        \(NodeState.functions)cat \(folder)/said 2>/dev/null
        [ ! -e \(folder)/before ] || [ "$(cat \(folder)/before)" != "$boot" ]

        """)
  }

  static let verify = """
    [ "$(cat "$fault/before")" != "$boot" ] || { echo "the node has not booted" >&2; exit 1; }
    echo "it is boot $boot"

    """

  static let within = FaultParameter.milliseconds(
    "within", "how long a node may take to go down, and to be back", 1000...3_600_000,
    default: 300_000)

  static func command(_ name: String, _ summary: String, default fallback: String?)
    -> FaultParameter
  {
    FaultParameter(
      name, summary + ": runs on the control machine, and sees node and ip", .text,
      default: fallback.map { .string($0) })
  }

  /// What these faults have in common, for people.
  static let details = """
    Nothing else is injected into the node meanwhile, nor into the network, whose rules are gone after a \
    boot. A command of your own, such as "virsh reset $node", takes the place of what would run over \
    SSH. The lease of the node is taken again once it answers, and the target is started by its start \
    command unless the node's init has done so. Where the control side has died meanwhile, 'faultline \
    heal' does so.
    """
}
