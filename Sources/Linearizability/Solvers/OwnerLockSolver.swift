extension OwnerLock {
  /// A process holds the lock at least from the end of its acquisition to the beginning of its release,
  /// and that is enough: there is a linearization if and only if these times are disjoint. In their
  /// order, each hold's acquisition and release one after the other, no call is over before one
  /// ahead of it begins.
  ///
  /// A crashed acquisition helps nobody and is left out; a crashed release takes effect. A failed
  /// attempt needs a moment at which the lock is held, and is left to the search.
  /// Complexity: O(n log n).
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    var holds: [Hold] = []
    /// By process, the hold that has no release yet.
    var open: [Int: Int] = [:]
    if let initialState {
      open[initialState] = 0
      holds.append(Hold(acquisition: nil, release: nil, start: -1, end: .max))
    }
    for (index, call) in calls.enumerated() {
      switch call.command.action {
      case .tryAcquireFailed: return .undecided
      case .tryAcquireUnknown:
        if !call.isCrashed { return .undecided }
      case .acquire:
        guard let completion = call.completion else { continue }
        if let other = open.updateValue(holds.count, forKey: call.command.process) {
          return .impossible((holds[other].acquisition.map { [$0] } ?? []) + [index])
        }
        holds.append(Hold(acquisition: index, release: nil, start: completion, end: .max))
      case .release:
        guard let hold = open.removeValue(forKey: call.command.process) else {
          if call.isCrashed { continue }
          return .impossible([index])
        }
        holds[hold].release = index
        holds[hold].end = call.invocation
      }
    }
    holds.sort { $0.start < $1.start }
    for (hold, next) in zip(holds, holds.dropFirst()) where next.start < hold.end {
      return .impossible(hold.calls + next.calls)
    }
    return .linearizable(holds.flatMap(\.calls))
  }

  private struct Hold {
    var acquisition: Int?
    var release: Int?
    var start: Int
    var end: Int

    var calls: [Int] { [acquisition, release].compactMap { $0 } }
  }
}
