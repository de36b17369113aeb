import Histories
import Randomness
import Testing

@testable import Linearizability

/// Explanations of every model: true, and of cores that are proofs.
@Suite struct ReasonTests {
  /// Any operation, of histories with and without violations, is given to the explanations as if it
  /// were impossible. If they find a reason, it must be: no order of what had begun exists.
  private struct ReasonsAreProofs: ModelTrial {
    func run<M: Model>(_ name: String, _ histories: ModelHistories<M>) {
      if M.self == KeyValueStore.self { return }
      var random = SeededRandom(seed: 301)
      var (given, possible) = (0, 0)
      for round in 0..<(allModelRounds ?? 250) {
        let history = histories.history(
          2 + round % 6, width: 1 + round % 4, tampering: 30, &random)
        guard let operations = try? history.operations() else { continue }
        let members = operations.map { Core.Member(operation: $0.id, isCrashed: false) }
        for blamed in operations where blamed.isOk {
          guard let end = blamed.completion,
            let isPossible = histories.isLinearizable(operations, until: end)
          else { continue }
          if isPossible { possible += 1 }
          let evidence = Evidence<M.State>(
            history: history, key: nil, operations: operations, blamed: blamed, completion: end,
            statesMeanwhile: nil,
            core: Core(members: members, deadEnds: [], laws: [], isConfirmed: true))
          let reason = histories.model.explain(evidence)
          if reason.isEmpty { continue }
          given += 1
          if isPossible { Issue.record("\(name), round \(round): \(reason)\n\(dump(history))") }
        }
      }
      #expect(possible > 50, "\(name)")
      #expect(given > 20 || M.self == MultiRegister.self, "\(name): \(given) reasons")
    }
  }

  @Test func reasonsAreProofs() { tryAllModels(ReasonsAreProofs()) }

  /// What `check` says of violations: the core is a violation by itself, the dead ends are all orders,
  /// and the verdict is the oracle's.
  private struct CoresAreProofs: ModelTrial {
    func run<M: Model>(_ name: String, _ histories: ModelHistories<M>) {
      let options = options(ofTried: name)
      var random = SeededRandom(seed: 302)
      var (violations, listed) = (0, 0)
      for round in 0..<(allModelRounds ?? 150) {
        let history = histories.history(
          3 + round % 5, width: 1 + round % 4, tampering: 40, &random)
        guard let operations = try? history.operations(),
          let expected = histories.isLinearizable(operations),
          let partition = judged(history, options)?.partitions.first
        else { continue }
        let place: Comment = "\(name), round \(round):\n\(dump(history))"
        #expect(partition.verdict == (expected ? .linearizable : .violation), place)
        guard let violation = partition.violation else { continue }
        violations += 1
        #expect(!violation.explanation.isEmpty)
        guard let core = violation.core else {
          Issue.record("no core: \(place)")
          continue
        }
        #expect(core.isConfirmed, place)
        #expect(histories.isLinearizable(part(core, operations)) == false, place)
        if !core.deadEnds.isEmpty { listed += 1 }
        for end in core.deadEnds { expectDeadEnd(end, core, operations, histories.model, place) }
      }
      #expect(violations > 10 && listed > 5, "\(name): \(violations), \(listed) listed")
    }

    private func part(_ core: Core, _ operations: Operations) -> [Operation] {
      core.members.map { member in
        var operation = operations[member.operation]
        if member.isCrashed { operation.outcome = .info }
        return operation
      }
    }

    /// The order is possible, ends in that state, and nothing that completed can come next.
    private func expectDeadEnd<M: Model>(
      _ end: Core.DeadEnd, _ core: Core, _ operations: Operations, _ model: M, _ place: Comment
    ) {
      let part = part(core, operations)
      func command(_ id: Int) -> M.Command? {
        part.first { $0.id == id }.flatMap { try? model.command(for: $0) }
      }
      var state: M.State? = model.initialState
      for id in end.order {
        state = state.flatMap { state in command(id).flatMap { model.step(state, $0) } }
      }
      #expect(state.map(model.describe) == end.state, place)
      #expect(!end.blocked.isEmpty, place)
      for id in end.blocked {
        #expect(
          state.flatMap { state in command(id).flatMap { model.step(state, $0) } } == nil, place)
      }
    }
  }

  @Test func coresAreProofs() { tryAllModels(CoresAreProofs()) }
}
