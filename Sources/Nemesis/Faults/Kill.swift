/// Seeing that the target's processes are gone, and that they are back.
enum Absence {
  static let verify = """
    tries=0
    while [ -n "$(target_pids)" ]; do
      [ $tries -lt 100 ] || { echo "still runs:" $(target_pids) >&2; exit 1; }
      sleep 0.1; tries=$((tries + 1))
    done
    echo "no process is left"

    """
}

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

  /// The target's processes get SIGTERM.
  static let terminate = FaultKind(
    "terminate", "the target's processes get SIGTERM, and start again at the heal",
    details: """
      An orderly end: leadership may be handed over, connections closed. Seen by no process being \
      left within ten seconds. Undone by the target's start command where it does not run.
      """
  ) { _ in
    FaultShell(
      check: "need_target terminate\n",
      inject: "kill -TERM $pids || exit 1\necho \"asked to end:\" $pids\n",
      verify: Absence.verify, heal: "ensure_running\n", verifyHealed: "stays_up\n")
  }

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

  /// The target is killed again each time it has come up.
  static let crashLoop = FaultKind(
    "crash-loop", "the target is killed again each time it has come up",
    details: """
      A loop on the node kills it, starts it a period later, kills it a period later, and so on; \
      short periods hit it while it recovers. Seen by its having died twice.
      """,
    parameters: [
      .milliseconds(
        "period", "how long it lives, and how long it is dead", 50...5000, default: 1000)
    ]
  ) { site in
    FaultShell(
      check: "need_target kill\n",
      inject: """
        background <<'LOOP'
        while [ ! -e "$fault/stop" ]; do
          pids=$(target_pids)
          if [ -n "$pids" ]; then kill -KILL $pids && echo $pids >> "$fault/killed"; else start_target; fi
          sleep \(site.settings.seconds("period"))
        done
        LOOP

        """,
      verify: """
        tries=0
        until [ "$(wc -l 2>/dev/null < "$fault/killed")" -ge 2 ] 2>/dev/null; do
          [ $tries -lt 250 ] || { echo "it was not killed twice" >&2; exit 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        echo "killed" $(cat "$fault/killed")

        """,
      heal: "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
