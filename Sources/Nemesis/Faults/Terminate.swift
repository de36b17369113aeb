extension FaultKind {
  /// The target's processes get SIGTERM.
  static let terminate = FaultKind(
    "terminate", "the target's processes get SIGTERM, and start again at the heal",
    details: """
      An orderly end: leadership may be handed over, connections closed. Seen by no process being \
      left within ten seconds. Supervisors as with kill. Undone by the target's start command where it does not run.
      """
  ) { _ in
    FaultShell(
      check: "need_target terminate\n",
      inject: "rest_services && kill -TERM $pids || exit 1\necho \"asked to end:\" $pids\n",
      verify: Absence.verify, heal: Absence.heal, verifyHealed: "stays_up\n")
  }
}
