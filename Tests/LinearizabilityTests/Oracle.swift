import Histories

/// Wing and Gong's search, as plainly as possible: tries every order, remembering only the pairs
/// of linearized set and state that led nowhere. Written apart from the library: it has its own
/// register, its own idea of time and works on operations, at most 60 of one object.
struct Oracle {
  var initial: Value = .null
  var nullReadsAreUnknown = false
  /// Whether a cas that failed found another value than it expected.
  var observesFailedCAS = false
  var operations: [Operation]

  /// The answer on the whole, with the operation whose completion is the first event such that
  /// the history up to it has no linearization.
  func answer() -> Answer {
    let kept = operations.filter { $0.outcome != .fail || observesFailedCAS && $0.f == "cas" }
    let ends = kept.filter(isOk).compactMap(\.completion).sorted()
    for end in ends where !isLinearizable(kept.filter { $0.invocation < end }, until: end) {
      return .violation(kept.first { $0.completion == end }?.id ?? -1)
    }
    return .linearizable
  }

  private func isOk(_ operation: Operation) -> Bool {
    operation.outcome != .info
  }

  private struct Position: Hashable {
    var done: UInt64
    var state: Value
  }

  private func isLinearizable(_ operations: [Operation], until end: Int) -> Bool {
    let mustHappen = operations.map { isOk($0) && ($0.completion ?? .max) <= end }
    var failed: Set<Position> = []

    func search(_ done: UInt64, _ state: Value) -> Bool {
      let open = operations.indices.filter { done & (1 << UInt64($0)) == 0 }
      if !open.contains(where: { mustHappen[$0] }) { return true }
      if failed.contains(Position(done: done, state: state)) { return false }
      for candidate in open {
        let isMinimal = !open.contains { other in
          mustHappen[other]
            && (operations[other].completion ?? .max)
              < operations[candidate].invocation
        }
        if isMinimal, let next = step(state, operations[candidate]),
          search(done | (1 << UInt64(candidate)), next)
        {
          return true
        }
      }
      failed.insert(Position(done: done, state: state))
      return false
    }
    return search(0, initial)
  }

  private func step(_ state: Value, _ operation: Operation) -> Value? {
    switch (operation.f, operation.argument, operation.outcome) {
    case ("read", _, .ok(let value)):
      if value == nil || value == state { return state }
      return nullReadsAreUnknown && value == .null ? state : nil
    case ("read", _, _): return state
    case ("write", let value?, _): return value
    case ("cas", .array(let pair)?, .fail): return pair[0] == state ? nil : state
    case ("cas", .array(let pair)?, _): return pair[0] == state ? pair[1] : nil
    default: preconditionFailure("\(operation)")
    }
  }
}
