internal import Histories

/// Why an operation is impossible: the reason that the model gives, else what is known of any model,
/// and in which states the object could have been meanwhile, unless the reason is complete without.
func genericExplanation<State>(
  _ evidence: Evidence<State>, reason: [String], states: [String], isComplete: Bool
) -> [String] {
  if isComplete, !reason.isEmpty { return reason }
  let operation = evidence.blamed
  let process = "process \(operation.process)"
  let place = evidence.place(evidence.completion)
  let subject = "\(described(operation)) of \(process)\(evidence.onKey("on")) (\(place))"
  var known: Set<String> = []
  let distinct = states.filter { known.insert($0).inserted }
  let first =
    reason.isEmpty
    ? ["\(subject) is not possible in any order of what had begun by then."] : reason
  // A search that looks ahead may have given up all states before.
  if distinct.isEmpty { return first }
  return first + [
    "When it returned, the object could have been \(evidence.list(distinct)) before it."
  ]
}

/// `dequeue → 2`, `add 3 → true`.
private func described(_ operation: Operation) -> String {
  var text = operation.f.shown(limit: 40)
  if let argument = operation.argument { text += " \(argument.shown(limit: 60))" }
  if case .ok(let result?) = operation.outcome, result != operation.argument {
    text += " → \(result.shown(limit: 60))"
  }
  return text
}
