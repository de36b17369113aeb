import Histories
import Linearizability
import Randomness
import Testing

/// Laws that relate the answers on a history and on a changed one; they need no oracle, so the
/// histories can be longer than brute force could take.
@Suite struct MetamorphicTests {
  private let options = CheckOptions(model: "cas-register", allowEmpty: true)

  private func histories(
    _ seed: UInt64, count: Int, tampered: Int, _ body: (History, inout SeededRandom) throws -> Void
  ) throws {
    var generator = RandomHistories(seed: seed)
    var random = SeededRandom(seed: seed &+ 1)
    for round in 0..<count {
      let shape = RandomHistories.Shape(
        processes: 2 + round % 5, operations: 40, values: round % 2 == 0 ? 4 : nil, infos: 8,
        tampered: tampered)
      try body(generator.history(shape), &random)
    }
  }

  private func answer(_ history: History) throws -> Answer {
    try check(history, options).partitions[0].answer
  }

  @Test func simulatedHistoriesAreLinearizable() throws {
    try histories(11, count: 200, tampered: 0) { history, _ in
      let found = try answer(history)
      #expect(found == .linearizable, "\(dump(history))")
    }
  }

  @Test func wideningIntervalsKeepsYes() throws {
    try histories(12, count: 100, tampered: 0) { history, random in
      var wide = history
      for _ in 0..<50 {
        let index = Int.random(in: 0..<wide.events.count - 1, using: &random)
        let (a, b) = (wide.events[index], wide.events[index + 1])
        if a.type != .invoke, b.type == .invoke, a.process != b.process {
          wide.events.swapAt(index, index + 1)
        }
      }
      let found = try answer(wide)
      #expect(found == .linearizable, "\(dump(wide))")
    }
  }

  @Test func forgettingOutcomesKeepsYes() throws {
    try histories(13, count: 100, tampered: 0) { history, random in
      var vague = history
      var renamed: [ProcessID: ProcessID] = [:]
      for index in vague.events.indices {
        let process = vague.events[index].process
        vague.events[index].process = renamed[process] ?? process
        if vague.events[index].type == .ok, Int.random(in: 0..<10, using: &random) == 0 {
          vague.events[index].type = .info
          vague.events[index].value = nil
          renamed[process] = .client(10_000 + index)
        }
      }
      let found = try answer(vague)
      #expect(found == .linearizable, "\(dump(vague))")
    }
  }

  @Test func processesAreOnlyNames() throws {
    var violations = 0
    try histories(14, count: 150, tampered: 10) { history, random in
      var names: [ProcessID: ProcessID] = [:]
      var renamed = history
      for index in renamed.events.indices {
        let process = renamed.events[index].process
        let name = names[process] ?? .client(Int.random(in: 0...Int.max, using: &random))
        names[process] = name
        renamed.events[index].process = name
      }
      let expected = try answer(history)
      if expected != .linearizable { violations += 1 }
      #expect(try answer(renamed) == expected, "\(dump(history))")
    }
    #expect(violations > 20)
  }

  @Test func aPrefixBeforeTheBlamedCompletionIsLinearizableAndAfterItIsNot() throws {
    var violations = 0
    try histories(15, count: 150, tampered: 10) { history, _ in
      let partition = try check(history, options).partitions[0]
      guard let id = partition.violation?.operation,
        let completion = partition.operations.first(where: { $0.id == id })?.completion
      else { return }
      violations += 1
      // Failed operations stay known as such: they are taken out of the prefix.
      let failed = Set(
        partition.operations.filter { $0.outcome == .fail }.flatMap {
          [$0.invocation, $0.completion ?? $0.invocation]
        })
      func prefix(_ end: Int) -> History {
        var prefix = history
        prefix.events = Events((0..<end).filter { !failed.contains($0) }.map { history.events[$0] })
        return prefix
      }
      #expect(try answer(prefix(completion)) == .linearizable, "\(dump(history))")
      guard case .violation = try answer(prefix(completion + 1)) else {
        Issue.record("the prefix is linearizable:\n\(dump(history))")
        return
      }
    }
    #expect(violations > 20)
  }
}
