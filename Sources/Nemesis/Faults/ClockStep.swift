extension FaultKind {
  /// The system clock jumps.
  static let clockStep = FaultKind(
    "clock-step", "the system clock jumps, and back at the heal",
    details: SystemClock.details,
    parameters: [
      .integer("seconds", "by how much, forward or back", -10_000_000...10_000_000, default: 60)
    ], needs: [SystemClock.need]
  ) { site in
    let seconds = site.settings.integer("seconds")
    return FaultShell(
      check: SystemClock.check,
      inject: """
        \(SystemClock.take)set_clock $(($(clock_centiseconds) + \(seconds) * 100)) || exit 1
        echo "the clock says $(date -u)"

        """,
      verify: """
        \(SystemClock.functions)\(SystemClock.reference)off=$(($(ahead) - \(seconds) * 100))
        [ "$off" -lt 100 ] && [ "$off" -gt -100 ] || { echo "the clock is off by $off/100 s" >&2; exit 1; }
        echo "the clock is \(seconds) s from where it was"

        """,
      heal: SystemClock.heal, verifyHealed: SystemClock.verifyHealed)
  }
}
