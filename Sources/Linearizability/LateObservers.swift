/// Finds places for observers in an order that was made without them.
///
/// That the others have no order is final, since observers can always be left out. An order of the
/// others may have no place for an observer although another order has, which is undecided.
extension Model {
  /// Asks the solver without the commands that it does not take, and then inserts these.
  func solveAndInsert(_ calls: [Call<Command>]) -> SolverResult {
    let late = calls.indices.filter { isSolvedLater(calls[$0].command) }
    if late.isEmpty { return solve(calls) }
    let others = calls.indices.filter { !isSolvedLater(calls[$0].command) }
    switch solve(others.map { calls[$0] }) {
    case .undecided: return .undecided
    case .impossible(let core): return .impossible(core.map { others[$0] })
    case .linearizable(let order):
      let inserted = inserted(late, into: order.map { others[$0] }, of: calls)
      return inserted.map { .linearizable($0) } ?? .undecided
    }
  }

  /// The order with the observers in it; nil if there is no place for one.
  ///
  /// Gap g is before the call at place g. An observer fits into gaps behind all that was over before
  /// it began, and before all that began after it was over, which are a range since the order keeps
  /// real time. Each takes the first that fits, the observers over before it being placed already:
  /// by induction no placement has any of them earlier, so if one finds none, there is none.
  /// Complexity: O(n + sum of the ranges).
  private func inserted(_ late: [Int], into order: [Int], of calls: [Call<Command>]) -> [Int]? {
    var states = [initialState]
    for call in order {
      guard let next = step(states[states.count - 1], calls[call].command) else { return nil }
      states.append(next)
    }
    // The earliest end from a place on: a gap is early enough if none behind it was over before.
    var earliestEnds = Array(repeating: Int.max, count: order.count + 1)
    for place in order.indices.reversed() {
      let end = calls[order[place]].completion ?? .max
      earliestEnds[place] = min(earliestEnds[place + 1], end)
    }
    var inserted: [[Int]] = Array(repeating: [], count: order.count + 1)
    let byEnd = late.sorted { (calls[$0].completion ?? .max) < (calls[$1].completion ?? .max) }
    var over = byEnd[...]
    var gapOf: [Int: Int] = [:]
    var latestGap = 0
    for observer in late {
      let call = calls[observer]
      while let first = over.first, calls[first].completion ?? .max < call.invocation {
        latestGap = max(latestGap, gapOf[first] ?? 0)
        over.removeFirst()
      }
      var gap = max(latestGap, earliestEnds.partitioningIndex { $0 > call.invocation })
      while gap < order.count, step(states[gap], call.command) == nil {
        guard calls[order[gap]].invocation < call.completion ?? .max else { return nil }
        gap += 1
      }
      if step(states[gap], call.command) == nil { return nil }
      inserted[gap].append(observer)
      gapOf[observer] = gap
    }
    return (0...order.count).flatMap { gap in inserted[gap] + order[gap...].prefix(1) }
  }
}
