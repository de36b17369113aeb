/// What a search may spend. The limits on memory and steps give the same answer on every machine.
struct SearchBudget {
  /// When to stop, and the limit to name then.
  var deadline: (instant: ContinuousClock.Instant, limit: Duration)?
  /// In bytes.
  var memoryLimit: Int?
  /// How many configurations may be expanded. It is for searches of which it only matters whether
  /// they came to an end, so there is no reason of its own: they say that memory was short.
  var expansionLimit: Int?

  /// Why the search must stop now, if it must.
  func reasonToStop(bytes: Int, expansions: Int) -> UnknownReason? {
    if let memoryLimit, bytes > memoryLimit { return .memoryLimit(memoryLimit) }
    if let expansionLimit, expansions > expansionLimit { return .memoryLimit(bytes) }
    if let deadline, ContinuousClock.now >= deadline.instant { return .timeLimit(deadline.limit) }
    return nil
  }
}
