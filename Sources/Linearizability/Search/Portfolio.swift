/// Decides calls by two searches that take turns: depth first, which is quick where there is a
/// linearization, and by a frontier, which is quick where there is none.
///
/// Turns are counted in configurations, and grow, so that the slower search at most doubles the
/// work of the other, and the answer does not depend on the machine. A search that needs too much
/// memory is given up, and the other goes on with all of it.
struct Portfolio<Slots: SlotSet> {
  private let problem: SearchProblem
  private let budget: SearchBudget
  private var depthFirst: DepthFirstSearch<Slots>?
  private var frontier: FrontierSearch<Slots>?
  private var explored = 0
  /// How far a search came that was given up.
  private var reached = 0

  /// Decides the calls, whose slots must fit.
  static func decide(
    _ problem: SearchProblem, budget: SearchBudget
  ) -> (SearchResult<Int32>, explored: Int) {
    var portfolio = Portfolio(problem, budget)
    let result = portfolio.run()
    let rest = (portfolio.depthFirst?.explored ?? 0) + (portfolio.frontier?.explored ?? 0)
    return (result, portfolio.explored + rest)
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
    let rest = rest(beside: frontier?.bytes)
    guard let end = depthFirst?.run(until: turn, budget: rest) else { return nil }
    switch end {
    case .linearizable(let order): return .linearizable(order)
    case .impossible(let step, let states): return impossible(at: step, states)
    case .unknown(let reason):
      reached = max(reached, depthFirst?.reached ?? 0)
      explored += depthFirst?.explored ?? 0
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
    explored += frontier?.explored ?? 0
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

  /// What there is to say of a completion that no linearization gets past: a frontier has the most,
  /// if it gets there soon. Else some linearization that gets there is found again, which was easy
  /// before.
  private func impossible(at step: Int, _ states: [Int32]) -> SearchResult<Int32> {
    var beginning = problem
    beginning.schedule = problem.schedule.prefix(step + 1)
    var short = FrontierSearch<Slots>(beginning)
    if case .impossible(let found)? = short.run(until: 100_000, budget: budget) {
      return .impossible(found)
    }
    beginning.schedule = problem.schedule.prefix(step)
    var again = DepthFirstSearch<Slots>(beginning)
    var longest: [Int] = []
    if case .linearizable(let order)? = again.run(until: .max, budget: SearchBudget()) {
      longest = order
    }
    return .impossible(
      Impossibility(call: problem.schedule.steps[step].call, longest: longest, states: states))
  }
}

/// Decides calls, of which the crashed ones help until the given positions, by a search.
func search<S: Specification>(
  _ calls: [Call<S.Command>], under specification: S, usefulUntil: [Int], budget: SearchBudget
) -> (SearchResult<S.State>, explored: Int) {
  let states = NumberedStates(of: specification, calls: calls)
  let problem = SearchProblem(
    calls, under: specification, states: states, usefulUntil: usefulUntil)
  let (result, explored) =
    switch problem.schedule.slotCount {
    case ...64: Portfolio<WordSlotSet<UInt64>>.decide(problem, budget: budget)
    case ...128: Portfolio<WordSlotSet<UInt128>>.decide(problem, budget: budget)
    default: Portfolio<LargeSlotSet>.decide(problem, budget: budget)
    }
  return (result.map { states.states[Int($0)] }, explored)
}
