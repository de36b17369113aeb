internal import Histories

extension ModelChecker {
  /// The end of the shortest prefix that has no linearization, of calls that have none, with an order
  /// of what came before it. Complexity: O(log n) decisions.
  func firstImpossibility(
    in calls: [Call<M.Command>], core: [Int], of partition: Partition, _ budget: SearchBudget
  ) -> (SearchResult<M.State>, effort: SearchEffort) {
    let ends = calls.compactMap(\.completion).sorted()
    let crashes = Crashes(model: model, operations: partition.operations)
    let narrowing: Narrowing
    let longest: [Int]?
    if let problem = (model as? any ColumnModel)?.problem(ofCalls: calls) {
      let prefixes = ColumnPrefixes(problem)
      narrowing = prefixes.narrowing(core: core)
      longest = narrowing.possible < 0 ? [] : prefixes.order(at: narrowing.possible)
    } else {
      let prefixes = CallPrefixes(calls: calls, crashes: crashes, ends: ends)
      narrowing = Narrowing(from: ends.count - 1, prefixes)
      longest = narrowing.possible < 0 ? [] : prefixes.order(at: narrowing.possible)
    }
    let end = ends[narrowing.impossible]
    if !narrowing.isExact || longest == nil {
      // A cut can leave crashed calls that the solver does not know how to treat. That there is no order is
      // certain all the same: a search may only find out more about the place.
      var short = budget
      short.expansionLimit = 100_000
      let answer = search(calls, short)
      if case .unknown = answer.0 {} else { return answer }
      let call = calls.firstIndex { $0.completion == end } ?? 0
      return (
        .impossible(Impossibility(call: call, longest: [], states: [], isFirst: false)),
        effort: SearchEffort()
      )
    }
    return (
      impossibility(at: end, of: calls, longest: longest ?? [], crashes, budget), SearchEffort()
    )
  }

  private func impossibility(
    at end: Int, of calls: [Call<M.Command>], longest: [Int], _ crashes: Crashes<M>,
    _ budget: SearchBudget
  ) -> SearchResult<M.State> {
    let call = calls.firstIndex { $0.completion == end } ?? 0
    let then = longest.map { index in
      let isOpen = calls[index].completion.map { $0 >= end } ?? false
      return isOpen ? crashes.crashed(calls[index]) ?? calls[index] : calls[index]
    }
    let state = then.reduce(model.initialState) { model.step($0, $1.command) ?? $0 }
    // A short search finds more to tell: calls that were open may be in the longest linearization.
    let begun = Array(calls.prefix { $0.invocation < end })
    var short = budget
    short.expansionLimit = 100_000
    if begun.count <= mostCalls(begun, state),
      case (.impossible(let found), _) = search(begun, short),
      calls[found.call].completion == end
    {
      return .impossible(found)
    }
    return .impossible(
      Impossibility(call: call, longest: longest, states: [state], leavesResultsOpen: true))
  }

  /// How many calls a short search can follow. It expands something for each, so it cannot come to the end of
  /// more than 100,000; and each step takes as long as there are elements, also in all reads of a collection
  /// that is read as a whole.
  private func mostCalls(_ calls: [Call<M.Command>], _ state: M.State) -> Int {
    if calls.contains(where: { !model.elements(of: $0.command).isEmpty }) { return 300 }
    return model.describe(state).utf8.count > 60 ? 10_000 : 100_000
  }
}
