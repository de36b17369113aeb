extension FaultKind {
  /// The target is killed and comes back with an older copy of its data.
  static let restartStale = FaultKind(
    "restart-stale", "the target is killed and comes back with an older copy of its data",
    details: """
      As after a backup was restored. The copy is taken of a stopped target, so it is one that a crash \
      could have left. At the heal what was written meanwhile is deleted, and the node comes back with \
      its data of before. Seen by the data having been moved.
      """,
    parameters: [
      .milliseconds("age", "how old the copy is", 100...20_000, default: 3000)
    ],
    outlivesReboot: true
  ) { site in
    FaultShell(
      check: SwappedData.check + SwappedData.functions,
      inject: """
        \(StoppedProcesses.stop)mkdir "$stale" && each_file "$data" copy "$stale" || exit 1
        \(StoppedProcesses.resume)sleep \(site.settings.seconds("age"))
        \(SwappedData.moveAway)each_file "$stale" move "$data" && rmdir "$stale" || exit 1
        start_target
        echo "restarted with an older copy"

        """,
      verify: SwappedData.functions + SwappedData.verify, heal: SwappedData.heal,
      verifyHealed: SwappedData.verifyHealed)
  }
}
