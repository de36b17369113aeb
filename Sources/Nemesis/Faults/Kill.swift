extension FaultKind {
  /// The target's processes get SIGKILL.
  static let kill = FaultKind(
    "kill", "the target's processes get SIGKILL, and start again at the heal",
    details: """
      The processes that the target's pid command names. Seen by none being left. Undone by the \
      target's start command where it does not run.
      """
  ) { _ in
    FaultShell(
      check: "need_target kill\n", inject: "kill -KILL $pids || exit 1\necho \"killed\" $pids\n",
      verify: Absence.verify, heal: "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
