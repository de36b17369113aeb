extension FaultKind {
  /// The target's processes are killed and started again at once.
  static let restart = FaultKind(
    "restart", "the target's processes get SIGKILL and start again at once",
    details: """
      With the target "all" the whole cluster restarts at the same time. Seen by other processes \
      running than before.
      """
  ) { _ in
    FaultShell(
      check: "need_target restart\n",
      inject: """
        echo $pids > "$fault/before"
        kill_target || exit 1
        start_target || exit 1
        echo "restarted" $pids

        """,
      verify: """
        stays_up || exit 1
        for pid in $before; do
          grep -qw "$pid" "$fault/before" && { echo "process $pid is the same as before" >&2; exit 1; }
        done
        exit 0

        """,
      heal: "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
