extension FaultKind {
  /// The target's processes get SIGSTOP.
  static let pause = FaultKind(
    "pause", "the target's processes get SIGSTOP, and SIGCONT at the heal",
    details: """
      Connections stay open and are accepted, nothing answers; what was decided before the pause is \
      carried out after it, by a process that does not know how late it is. Try times below and above \
      the election timeout. Seen in the processes' state.
      """
  ) { _ in
    FaultShell(
      check: "need_target pause\n",
      inject: StoppedProcesses.stop + "echo \"stopped\" $pids\n",
      verify: """
        while read -r pid start; do
          tries=0
          until [ "$(condition "$pid")" = T ]; do
            [ $tries -lt 20 ] || { echo "process $pid is not stopped" >&2; exit 1; }
            sleep 0.1; tries=$((tries + 1))
          done
          echo "process $pid is stopped"
        done < "$fault/stopped"

        """,
      heal: StoppedProcesses.resume + "exit 0\n",
      verifyHealed: """
        pids=$(target_pids)
        [ -n "$pids" ] || { echo "the target does not run" >&2; exit 1; }
        for pid in $pids; do
          [ "$(condition "$pid")" != T ] || { echo "process $pid is still stopped" >&2; exit 1; }
        done
        echo "runs:" $pids

        """)
  }
}
