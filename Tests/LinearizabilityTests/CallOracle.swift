import Linearizability
import Testing

/// Judges calls by trying every order, and a model's solver by that.
struct CallOracle<M: Model> {
  var model: M

  /// How often each answer was given, so that a test can tell that it saw all.
  struct Tally: CustomStringConvertible {
    var linearizable = 0
    var impossible = 0
    var undecided = 0

    var description: String {
      "\(linearizable) linearizable, \(impossible) impossible, \(undecided) undecided"
    }
  }

  /// Compares one history.
  func compare(_ calls: [Call<M.Command>], _ tally: inout Tally, _ place: () -> String) {
    switch model.solve(calls) {
    case .undecided: tally.undecided += 1
    case .linearizable(let order):
      tally.linearizable += 1
      if let wrong = flaw(in: order, of: calls) {
        Issue.record("\(place()): \(wrong)\n\(order)\n\(dump(calls))")
      }
    case .impossible(let core):
      tally.impossible += 1
      if isLinearizable(calls) { Issue.record("\(place()): linearizable\n\(dump(calls))") }
      if core.isEmpty || !core.allSatisfy(calls.indices.contains) {
        Issue.record("\(place()): core \(core)\n\(dump(calls))")
      }
    }
  }

  private struct Position: Hashable {
    var done: UInt64
    var state: M.State
  }

  /// Whether some order exists, by trying all.
  func isLinearizable(_ calls: [Call<M.Command>]) -> Bool {
    var failed: Set<Position> = []
    func search(_ done: UInt64, _ state: M.State) -> Bool {
      let open = calls.indices.filter { done & (1 << UInt64($0)) == 0 }
      if open.allSatisfy({ calls[$0].isCrashed }) { return true }
      if failed.contains(Position(done: done, state: state)) { return false }
      let firstEnd = open.compactMap { calls[$0].completion }.min() ?? .max
      for call in open where calls[call].invocation < firstEnd {
        if let next = model.step(state, calls[call].command),
          search(done | (1 << UInt64(call)), next)
        {
          return true
        }
      }
      failed.insert(Position(done: done, state: state))
      return false
    }
    return search(0, model.initialState)
  }

  /// What is wrong with an order; nil if it is a linearization.
  func flaw(in order: [Int], of calls: [Call<M.Command>]) -> String? {
    var state = model.initialState
    var latest = -1
    var placed: Set<Int> = []
    for call in order {
      guard calls.indices.contains(call), placed.insert(call).inserted else {
        return "call \(call) occurs twice, or does not exist"
      }
      if calls[call].completion ?? .max < latest { return "call \(call) comes too late" }
      latest = max(latest, calls[call].invocation)
      guard let next = model.step(state, calls[call].command) else {
        return "call \(call) is not possible where it stands"
      }
      state = next
    }
    let missing = calls.indices.first { !calls[$0].isCrashed && !placed.contains($0) }
    return missing.map { "call \($0) is missing" }
  }

  func dump(_ calls: [Call<M.Command>]) -> String {
    calls.enumerated().map { index, call in
      "\(index): [\(call.invocation), \(call.completion.map(String.init) ?? "-")] \(call.command)"
    }.joined(separator: "\n")
  }
}
