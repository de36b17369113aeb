/// Decides calls by two searches that take turns: depth first, which is quick where there is a
/// linearization, and by a frontier, which is quick where there is none.
///
/// Turns are counted in configurations, and grow, so that the slower search at most doubles the
/// work of the other, and the answer does not depend on the machine; of the search depth first, only
/// what was in vain counts, so that nothing is spent on the other while it goes straight ahead. A
/// search that needs too much memory is given up, and the other goes on with all of it.
struct Portfolio<Slots: SlotSet> {
  private let problem: SearchProblem
  private let budget: SearchBudget
  private var depthFirst: DepthFirstSearch<Slots>?
  private var frontier: FrontierSearch<Slots>?
  private var effort = SearchEffort()
  /// How far a search came that was given up.
  private var reached = 0

  /// Decides the calls, whose slots must fit. An impossible call need not be the first, and its states
  /// not be all. Where it stopped is given by the step of the schedule.
  static func race(
    _ problem: SearchProblem, _ budget: SearchBudget
  ) -> (SearchResult<Int32>, effort: SearchEffort) {
    var portfolio = Portfolio(problem, budget)
    let result = portfolio.run()
    portfolio.effort += portfolio.depthFirst?.effort ?? SearchEffort()
    portfolio.effort += portfolio.frontier?.effort ?? SearchEffort()
    return (result, portfolio.effort)
  }

  private init(_ problem: SearchProblem, _ budget: SearchBudget) {
    self.problem = problem
    self.budget = budget
    depthFirst = DepthFirstSearch(problem)
  }

  private mutating func run() -> SearchResult<Int32> {
    var turn = 1024
    while true {
      if let result = searchDepthFirst(until: turn) { return result }
      if turn == 1024 {
        frontier = FrontierSearch(problem)
      }
      if let result = followFrontier(until: turn) { return result }
      turn *= 2
    }
  }

  private mutating func searchDepthFirst(until turn: Int) -> SearchResult<Int32>? {
    let limit = turn > 1024 && frontier == nil ? Int.max : turn
    let rest = rest(beside: frontier?.bytes)
    guard let end = depthFirst?.run(until: limit, budget: rest) else { return nil }
    switch end {
    case .linearizable(let order): return .linearizable(order)
    case .impossible(let step, let states):
      return .impossible(
        Impossibility(call: problem.schedule.steps[step].call, longest: [], states: states))
    case .unknown(let reason):
      reached = max(reached, depthFirst?.reached ?? 0)
      effort += depthFirst?.effort ?? SearchEffort()
      depthFirst = nil
      return giveUp(reason, isLast: turn > 1024 && frontier == nil)
    }
  }

  private mutating func followFrontier(until turn: Int) -> SearchResult<Int32>? {
    let limit = depthFirst == nil ? Int.max : turn
    let rest = rest(beside: depthFirst?.bytes)
    guard let result = frontier?.run(until: limit, budget: rest) else { return nil }
    guard case .unknown(let reason, let reached) = result else { return result }
    self.reached = max(self.reached, reached)
    effort += frontier?.effort ?? SearchEffort()
    frontier = nil
    return giveUp(reason, isLast: depthFirst == nil)
  }

  /// Nil if the other search may still find the answer.
  private func giveUp(_ reason: UnknownReason, isLast: Bool) -> SearchResult<Int32>? {
    if case .timeLimit = reason { return .unknown(reason, reached: reached) }
    return isLast ? .unknown(reason, reached: reached) : nil
  }

  private func rest(beside other: Int?) -> SearchBudget {
    var rest = budget
    rest.memoryLimit = budget.memoryLimit.map { max(0, $0 - (other ?? 0)) }
    rest.statedMemoryLimit = budget.statedMemoryLimit ?? budget.memoryLimit
    return rest
  }
}
