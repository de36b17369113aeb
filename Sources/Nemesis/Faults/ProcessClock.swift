import Cluster

extension FaultKind {
  /// The target's processes have another wall clock than their node.
  static let processClock = FaultKind(
    "process-clock", "the target's processes have another wall clock than their node",
    details: """
      Whatever language they are written in and while they run: the functions that tell the time are \
      in the vDSO, of which each process gets a copy that answers otherwise; the node's clock, \
      monotonic clocks, timers and the times of files stay as they are. So clock faults can be tried \
      where nodes share a clock, as in a lab. Processes that are started meanwhile have the node's \
      clock, their children's is their own. Programs that ask the kernel past the vDSO keep the node's \
      clock too, such as those of Go 1.19 on arm64 with Linux 6.12. Seen by asking a copy of the code \
      that the process runs. Undone by restoring its first bytes in every process that has them changed.
      """,
    parameters: [
      .integer(
        "milliseconds", "by how much it is ahead, or behind", -10_000_000_000...10_000_000_000,
        default: 60_000),
      .integer(
        "drift", "how many microseconds it gains a second, or loses", -900_000...1_000_000,
        default: 0),
    ],
    needs: [Helper.need]
  ) { site in
    let ahead = site.settings.integer("milliseconds")
    let drift = site.settings.integer("drift")
    return FaultShell(
      check: "need_target skew the clock of\n",
      inject: """
        \(Helper.install)\(Helper.patiently)for pid in $pids; do
          patiently skew "$pid" \(ahead) \(drift)
          [ $status -eq 0 ] || { echo "the clock of process $pid cannot be skewed: error $status" >&2; exit 1; }
          echo "$pid" >> "$fault/skewed"
        done
        echo "skewed the clock of" $pids

        """,
      verify: """
        for pid in $(cat "$fault/skewed"); do
          tries=0
          while ahead=$("$fault/programs/helper" ahead "$pid") || exit 1; [ "$ahead" -eq 0 ]; do
            [ $tries -lt 50 ] || { echo "process $pid sees the node's clock" >&2; exit 1; }
            sleep 0.1; tries=$((tries + 1))
          done
          off=$((ahead - \(ahead)))
          [ \(drift) -ne 0 ] || { [ "$off" -ge -1 ] && [ "$off" -le 1 ]; } ||
            { echo "the clock of process $pid is ahead by $ahead ms" >&2; exit 1; }
          echo "the clock of process $pid is ahead by $ahead ms"
        done

        """,
      heal: """
        \(Helper.patiently)tries=0
        while [ -x "$fault/programs/helper" ] && pids=$("$fault/programs/helper" skewed) && [ -n "$pids" ]; do
          [ $tries -lt 20 ] || { echo "their clocks are still skewed:" $pids >&2; exit 1; }
          for pid in $pids; do
            patiently unskew "$pid"
            [ $status -ne 0 ] || echo "gave process $pid the node's clock back"
          done
          tries=$((tries + 1))
        done
        \(Helper.remove)exit 0

        """,
      verifyHealed: "stays_up\n")
  }
}
