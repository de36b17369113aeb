/// Finds all orders of a few calls that keep real time and are possible, each up to where none can
/// come next: why each alternative fails.
enum DeadEnds {
  /// As many as people are expected to follow.
  static var limit: Int { 6 }

  /// Nil where there are more than the limit, or where some order has all completed calls.
  /// Complexity: exponential in the number of calls, of which there are few.
  static func all<M: Model>(of calls: [Call<M.Command>], under model: M) -> [Core.DeadEnd]? {
    guard calls.count <= BruteForce<M>.limit else { return nil }
    var found: [Core.DeadEnd] = []
    func extend(_ order: [Int], _ state: M.State) -> Bool {
      let open = calls.indices.filter { !order.contains($0) }
      guard let firstEnd = open.compactMap({ calls[$0].completion }).min() else { return false }
      let next = open.filter { calls[$0].invocation < firstEnd }
      var isDeadEnd = true
      for call in next {
        guard let after = model.step(state, calls[call].command) else { continue }
        isDeadEnd = false
        if !extend(order + [call], after) { return false }
      }
      guard isDeadEnd else { return true }
      found.append(
        Core.DeadEnd(
          order: order.map { calls[$0].operation }, state: model.describe(state),
          blocked: next.filter { !calls[$0].isCrashed }.map { calls[$0].operation }))
      return found.count <= limit
    }
    return extend([], model.initialState) ? found : nil
  }
}
