extension FaultKind {
  /// The system clock is fast or slow.
  static let clockSkew = FaultKind(
    "clock-skew", "the system clock is fast, or slow, and right again at the heal",
    details: """
      A loop on the node sets it ten times a second to where it would be, so a slow one goes back a \
      little each time; clocks that count from the start of the machine stay right. Seen by the clock \
      being a tenth of a second off at least, and near where it should be: within 0.3 s or a quarter. \
      \(SystemClock.details)
      """,
    parameters: [
      .integer(
        "permille", "how many thousandths of a second it gains each second, or loses", -500...1000,
        default: 100)
    ], needs: [SystemClock.need]
  ) { site in
    let permille = site.settings.integer("permille")
    return FaultShell(
      check: SystemClock.check,
      inject: """
        \(SystemClock.take)background <<'LOOP'
        \(SystemClock.functions)\(SystemClock.reference)while [ ! -e "$fault/stop" ]; do
          passed=$(($(uptime_centiseconds) - up))
          set_clock $((clock + passed + passed * \(permille) / 1000))
          sleep 0.1
        done
        LOOP
        echo "the clock gains \(permille)/1000"

        """,
      verify: """
        \(SystemClock.functions)\(SystemClock.reference)start=$(uptime_centiseconds)
        while :; do
          expected=$((($(uptime_centiseconds) - up) * \(permille) / 1000))
          off=$(ahead)
          wrong=$((off - expected)) near=$((expected / \(permille < 0 ? -4 : 4)))
          [ "$near" -ge 30 ] || near=30
          if [ "$off" \(permille < 0 ? "-le -10" : "-ge 10") ] && [ "$wrong" -lt "$near" ] && [ "$wrong" -gt "-$near" ]; then
            echo "the clock is off by $off/100 s"; exit 0
          fi
          [ $(($(uptime_centiseconds) - start)) -lt 3000 ] ||
            { echo "the clock is off by $off/100 s, not $expected/100" >&2; exit 1; }
          sleep 0.1
        done

        """,
      heal: SystemClock.heal, verifyHealed: SystemClock.verifyHealed)
  }
}
