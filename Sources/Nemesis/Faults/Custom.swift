import Histories

extension FaultKind {
  /// A fault of one's own.
  static let custom = FaultKind(
    "custom", "a fault of your own: its commands are in the workload file",
    details: """
      Shell commands that run as root on each target. They see the target's variables, in fault a \
      folder for notes that is gone after the heal, and the functions target_pids, start_target, \
      ensure_running and stays_up. heal is stored on the node before inject runs; it may find that \
      inject was not carried out, or only half, and must exit 0 only when nothing is left.
      """,
    parameters: [
      FaultParameter(
        "called", "a name for it, in progress and reports", .text, default: .string("")),
      FaultParameter("inject", "puts it in force", .text, default: nil),
      FaultParameter("verify", "exits 0 only if its effect is seen", .text, default: nil),
      FaultParameter("heal", "takes it back", .text, default: nil),
      FaultParameter(
        "verify-healed", "exits 0 only if its effect is gone", .text, default: .string("true")),
    ],
    outlivesReboot: true
  ) { site in
    FaultShell(
      inject: "( \(site.settings.text("inject"))\n)\n",
      verify: "( \(site.settings.text("verify"))\n)\n",
      heal: "( \(site.settings.text("heal"))\n)\n",
      verifyHealed: "( \(site.settings.text("verify-healed"))\n)\n")
  }
}
