extension FaultKind {
  /// The target's processes get SIGKILL.
  static let kill = FaultKind(
    "kill", "the target's processes get SIGKILL, and start again at the heal",
    details: """
      The processes that the target's pid command names. Seen by none being left. Where they are a \
      service of systemd, it does not start them again meanwhile, whatever its Restart= says: a drop-in \
      in /run tells it, which the heal removes. Another supervisor, such as Docker with a restart policy, is not \
      held: where it was quicker than the heal, the heal says so. Undone by the target's start command where it \
      does not run.
      """
  ) { _ in
    FaultShell(
      check: "need_target kill\n",
      inject: "rest_services && kill -KILL $pids || exit 1\necho \"killed\" $pids\n",
      verify: Absence.verify, heal: Absence.heal, verifyHealed: "stays_up\n")
  }
}
