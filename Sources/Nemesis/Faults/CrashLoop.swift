extension FaultKind {
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
        rest_services || exit 1
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
