/// Decides calls, of which the crashed ones help until the given positions, by a search.
///
/// Independent objects are searched one after the other (`IndependentObjects`).
func search<S: Specification>(
  _ calls: [Call<S.Command>], under specification: S, usefulUntil: [Int], budget: SearchBudget
) -> (SearchResult<S.State>, effort: SearchEffort) {
  guard let objects = IndependentObjects(calls, specification) else {
    return searchTogether(calls, under: specification, usefulUntil: usefulUntil, budget: budget)
  }
  return objects.search { part, end in
    // What is open where a part is cut off may or may not take effect.
    var chosen = part.map { calls[$0] }
    if let end {
      chosen = Array(chosen.prefix { $0.invocation < end })
      for index in chosen.indices where chosen[index].completion ?? 0 >= end {
        chosen[index].completion = nil
      }
    }
    let useful = part.prefix(chosen.count).map { end ?? usefulUntil[$0] }
    return searchTogether(chosen, under: specification, usefulUntil: useful, budget: budget)
  }
}

/// Decides calls as those on one object.
private func searchTogether<S: Specification>(
  _ calls: [Call<S.Command>], under specification: S, usefulUntil: [Int], budget: SearchBudget
) -> (SearchResult<S.State>, effort: SearchEffort) {
  let states = NumberedStates(of: specification, calls: calls)
  let problem = SearchProblem(
    calls, under: specification, states: states, usefulUntil: usefulUntil)
  let (result, effort) =
    switch problem.schedule.slotCount {
    case ...64: Blame<WordSlotSet<UInt64>>.decide(problem, budget: budget)
    case ...128: Blame<WordSlotSet<UInt128>>.decide(problem, budget: budget)
    default: Blame<LargeSlotSet>.decide(problem, budget: budget)
    }
  if case .unknown(let reason, let step) = result {
    return (.unknown(reason, reached: position(ofStep: step, in: problem, calls)), effort)
  }
  return (result.map { states.states[Int($0)] }, effort)
}

/// The position in the history of a step of the schedule.
private func position<Command>(
  ofStep step: Int, in problem: SearchProblem, _ calls: [Call<Command>]
) -> Int {
  guard problem.schedule.steps.indices.contains(step) else { return 0 }
  let call = calls[problem.schedule.steps[step].call]
  return problem.schedule.steps[step].isInvocation
    ? call.invocation : call.completion ?? call.invocation
}
