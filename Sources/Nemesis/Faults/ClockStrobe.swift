extension FaultKind {
  /// The system clock jumps to and fro.
  static let clockStrobe = FaultKind(
    "clock-strobe", "the system clock jumps to and fro, and is right again at the heal",
    details: """
      A loop on the node sets it ahead, and right, and ahead, a period each. Seen ahead and right. \
      \(SystemClock.details)
      """,
    parameters: [
      .integer(
        "milliseconds", "by how much it is ahead, or behind", -1_000_000_000...1_000_000_000,
        default: 1000),
      .milliseconds(
        "period", "how long it is ahead, and how long right", 50...60_000, default: 200),
    ], needs: [SystemClock.need]
  ) { site in
    let ahead = site.settings.integer("milliseconds") / 10
    // Reading two clocks takes a slow machine more than a tenth of a second.
    let margin = max(5, abs(ahead) / 4)
    let period = site.settings.seconds("period")
    return FaultShell(
      check: SystemClock.check,
      inject: """
        \(SystemClock.take)background <<'LOOP'
        \(SystemClock.functions)\(SystemClock.reference)while [ ! -e "$fault/stop" ]; do
          set_clock $((clock + $(uptime_centiseconds) - up + \(ahead)))
          sleep \(period)
          set_clock $((clock + $(uptime_centiseconds) - up))
          sleep \(period)
        done
        LOOP
        echo "the clock jumps by \(ahead)/100 s"

        """,
      verify: """
        \(SystemClock.functions)\(SystemClock.reference)right= wrong= start=$(uptime_centiseconds)
        while [ -z "$right" ] || [ -z "$wrong" ]; do
          [ $(($(uptime_centiseconds) - start)) -lt 3000 ] ||
            { echo "seen right: $right, seen ahead: $wrong" >&2; exit 1; }
          off=$(ahead)
          if [ "$off" -lt \(margin) ] && [ "$off" -gt -\(margin) ]; then right=yes; fi
          off=$((off - \(ahead)))
          if [ "$off" -lt \(margin) ] && [ "$off" -gt -\(margin) ]; then wrong=yes; fi
          sleep 0.1
        done
        echo "seen right, and seen \(ahead)/100 s ahead"

        """,
      heal: SystemClock.heal, verifyHealed: SystemClock.verifyHealed)
  }
}
