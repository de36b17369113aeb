/// Finds the first completion that no linearization gets past, once some such is known, and what
/// there is to say of it.
struct Blame<Slots: SlotSet> {
  private let problem: SearchProblem
  private let budget: SearchBudget

  /// Decides the calls, whose slots must fit, and finds the first that is impossible.
  static func decide(
    _ problem: SearchProblem, budget: SearchBudget
  ) -> (SearchResult<Int32>, effort: SearchEffort) {
    var (result, effort) = Portfolio<Slots>.race(problem, budget)
    if budget.explains, case .impossible(let found) = result {
      result = Blame(problem: problem, budget: budget).first(found, &effort)
    }
    return (result, effort)
  }

  private func first(
    _ found: Impossibility<Int32>, _ effort: inout SearchEffort
  ) -> SearchResult<Int32> {
    let step = Int(problem.calls[found.call].completion)
    // A search that looks ahead stops at the first or before it; a frontier that does not has
    // found it, with all that there is to say.
    guard problem.prospects != nil else {
      return found.longest.isEmpty ? explained(step, found.states) : .impossible(found)
    }
    return bisect(from: step, &effort)
  }

  /// What is cut off right after a completion, and decided without what comes later, is impossible
  /// from the first such completion on. That is likely not far behind the step, so the first ones are tried in
  /// steps that grow from 1, then what is between the last two is halved. Complexity: O(log n) searches.
  private func bisect(from step: Int, _ effort: inout SearchEffort) -> SearchResult<Int32> {
    let steps = problem.schedule.steps
    let ends = steps.indices.filter { $0 >= step && steps[$0].action == .complete }
    var (low, high) = (0, ends.count - 1)
    var reach = 0
    var isAbove = false
    var states: [Int32] = []
    while low < high {
      let middle = isAbove ? (low + high) / 2 : min(low + reach, high - 1)
      reach = 2 * reach + 1
      let end = ends[middle] + 1
      let (result, more) = Portfolio<Slots>.race(
        problem.prefix(end, lookingAheadTo: end), budget)
      effort += more
      switch result {
      case .linearizable: low = middle + 1
      case .unknown: return result
      case .impossible(let found):
        (high, states, isAbove) = (middle, found.states, true)
        let reached = Int(problem.calls[found.call].completion)
        low = max(low, ends.firstIndex(of: reached) ?? 0)
      }
    }
    return explained(ends[high], states)
  }

  /// What there is to say of a completion that no linearization gets past: a frontier has the most,
  /// if it gets there soon. Else some linearization that gets there is found again, which was easy
  /// before.
  private func explained(_ step: Int, _ states: [Int32]) -> SearchResult<Int32> {
    var short = FrontierSearch<Slots>(problem.prefix(step + 1, lookingAheadTo: step))
    var limited = budget
    limited.expansionLimit = problem.explanationLimit
    if case .impossible(let found)? = short.run(until: .max, budget: limited) {
      return .impossible(found)
    }
    var again = DepthFirstSearch<Slots>(problem.prefix(step, lookingAheadTo: step))
    var longest: [Int] = []
    if case .linearizable(let order)? = again.run(until: .max, budget: budget) {
      longest = order
    }
    return .impossible(
      Impossibility(call: problem.schedule.steps[step].call, longest: longest, states: states))
  }
}
