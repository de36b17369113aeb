import Cluster

extension FaultKind {
  /// The node restarts in good order.
  static let reboot = FaultKind(
    "reboot", "the node restarts in good order, and the target with it",
    details: """
      By the node's command reboot, whose init ends the target. Seen from outside: the node answers \
      again, and in another boot by the kernel's boot_id and the start of the first process. \
      \(Boot.details)
      """,
    reach: .machines,
    parameters: [Boot.command("command", "restarts a node", default: ""), Boot.within],
    needs: [.command("reboot", package: "systemd-sysv")], outage: .restart
  ) { site in
    FaultShell(
      check: "need_target reboot\n",
      inject: Boot.note(andRun: site.settings.text("command").isEmpty ? "reboot" : ""),
      verify: Boot.verify, heal: "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
