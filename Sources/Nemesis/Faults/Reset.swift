import Cluster

extension FaultKind {
  /// The node restarts at once.
  static let reset = FaultKind(
    "reset", "the node restarts at once: nobody is asked and nothing is written any more",
    details: """
      As by its reset button: by reboot(2) without a sync, so what was not fsynced is lost, on every \
      file system of the node. (Nodes of a lab share a kernel, which goes on and writes it; see \
      power-loss.) Seen from outside: the node answers again, and in another boot by the kernel's \
      boot_id and the start of the first process. \(Boot.details)
      """,
    reach: .machines,
    parameters: [Boot.command("command", "resets a node", default: ""), Boot.within],
    needs: [Helper.need], outage: .restart
  ) { site in
    let isHere = !site.settings.text("command").isEmpty
    return FaultShell(
      check: "need_target reset\n",
      inject: (isHere ? "" : Helper.install)
        + Boot.note(andRun: isHere ? "" : "\"$fault/programs/helper\" reset; echo \"error $?\""),
      verify: Boot.verify, heal: Helper.remove + "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
