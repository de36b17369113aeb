extension Semaphore {
  /// Calls are lazy: none takes effect before its completion, but for one that makes room for another
  /// that completes: a release if no permit is free, an acquisition if all are, and of those that are
  /// open the one that completes first.
  ///
  /// That never loses a linearization: two calls of opposite kinds that no completion needed before
  /// some moment can be taken out together and put in where the first of them completes, and of two
  /// open calls of the same kind the one that completes first can change places with the other. A
  /// failed attempt needs a moment without permits, which this may skip, and is left to the search.
  /// A crashed attempt counts as an acquisition that crashed. Complexity: O(n log n).
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    if calls.contains(where: { $0.command == .tryAcquireFailed }) { return .undecided }
    var free = initialState
    var open = [DeadlineHeap(), DeadlineHeap()]
    var isDone = Array(repeating: false, count: calls.count)
    var order: [Int] = []
    func isRelease(_ index: Int) -> Bool { calls[index].command == .release }
    func take(_ index: Int) {
      isDone[index] = true
      order.append(index)
      free += isRelease(index) ? 1 : -1
    }
    for event in OrderedEvents(calls, calls.indices).events {
      switch event {
      case .invocation(let index):
        open[isRelease(index) ? 1 : 0].insert(index, deadline: calls[index].completion)
      case .completion(let index):
        if isDone[index] { continue }
        if free == (isRelease(index) ? initialState : 0) {
          var other = open[isRelease(index) ? 0 : 1].removeFirst()
          // Those that have completed are still there.
          while let done = other, isDone[done] {
            other = open[isRelease(index) ? 0 : 1].removeFirst()
          }
          guard let other else {
            let end = calls[index].completion ?? .max
            return .impossible(calls.indices.filter { calls[$0].invocation < end })
          }
          take(other)
        }
        take(index)
      }
    }
    return .linearizable(order)
  }
}
