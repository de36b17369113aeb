extension FaultKind {
  /// The target is killed and comes back without its data.
  static let restartWiped = FaultKind(
    "restart-wiped", "the target is killed and comes back without its data",
    details: """
      As after a disk was replaced. Many systems refuse to start so, which is right; one that starts \
      and takes part may have forgotten what it promised. At the heal what was written meanwhile is \
      deleted, and the node comes back with its data of before. Seen by the data having been moved.
      """,
    outlivesReboot: true
  ) { _ in
    FaultShell(
      check: SwappedData.check + SwappedData.functions,
      inject: SwappedData.moveAway + """
        configure_target
        start_target
        echo "restarted without its data"

        """,
      verify: SwappedData.functions + SwappedData.verify, heal: SwappedData.heal,
      verifyHealed: SwappedData.verifyHealed)
  }
}
