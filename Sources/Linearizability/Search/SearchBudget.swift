/// What a search may spend. The limits on memory and steps give the same answer on every machine.
struct SearchBudget {
  /// When to stop, and the limit to name then.
  var deadline: (instant: ContinuousClock.Instant, limit: Duration)?
  /// In bytes.
  var memoryLimit: Int?
  /// The limit to name, where searches share it.
  var statedMemoryLimit: Int?
  /// How many configurations may be expanded. It is for searches of which it only matters whether
  /// they came to an end, so there is no reason of its own: they say that memory was short.
  var expansionLimit: Int?
  /// Whether it matters at which completion calls become impossible, and what led there.
  var explains = true
  /// Called once a violation is found, before it is explained, with the violation alone.
  var onViolation: @Sendable (PartitionJudgement) -> Void = { _ in }

  /// Why the search must stop now, if it must.
  func reasonToStop(bytes: Int, expansions: Int) -> UnknownReason? {
    if let memoryLimit, bytes > memoryLimit {
      return .memoryLimit(statedMemoryLimit ?? memoryLimit)
    }
    if let expansionLimit, expansions > expansionLimit { return .memoryLimit(bytes) }
    if let deadline, ContinuousClock.now >= deadline.instant { return .timeLimit(deadline.limit) }
    return nil
  }
}
