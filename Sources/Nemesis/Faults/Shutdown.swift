import Cluster

extension FaultKind {
  /// The node is off for a while.
  static let shutdown = FaultKind(
    "shutdown", "the node is switched off, and on again at the heal",
    details: """
      By the node's command poweroff, and a command of your own on the control machine, such as "virsh \
      start $node", that switches it on: no SSH can. Seen by its not answering any more. Where the \
      control side dies meanwhile, nobody switches it on but you. \
      \(Boot.details)
      """,
    reach: .machines,
    parameters: [
      Boot.command("on", "switches a node on", default: nil),
      Boot.command("off", "switches a node off", default: ""), Boot.within,
    ],
    needs: [.command("poweroff", package: "systemd-sysv")], outage: .off
  ) { site in
    FaultShell(
      check: "need_target switch off\n",
      inject: Boot.note(andRun: site.settings.text("off").isEmpty ? "poweroff" : ""),
      verify: "# by its not answering\n", heal: "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
