import Histories
import Linearizability
import Randomness
import Testing

/// The engine against brute force: verdict and blamed operation.
@Suite struct OracleTests {
  /// How often each answer was given, so that a test can tell that it saw both.
  private struct Tally {
    var linearizable = 0
    var violation = 0
  }

  private func compare(
    rounds: Int, seed: UInt64, _ shape: (Int, inout SeededRandom) -> RandomHistories.Shape
  ) throws -> Tally {
    var histories = RandomHistories(seed: seed)
    var random = SeededRandom(seed: seed &+ 1)
    var tally = Tally()
    for round in 0..<rounds {
      let history = histories.history(shape(round, &random))
      var options = CheckOptions(model: "cas-register", timeLimit: nil, allowEmpty: true)
      let judgement = try check(history, options)
      options.usesSolvers = false
      let searched = try check(history, options)
      for (partition, other) in zip(judgement.partitions, searched.partitions) {
        let expected = Oracle(operations: Array(partition.operations)).answer()
        if expected == .linearizable { tally.linearizable += 1 } else { tally.violation += 1 }
        let place: Comment = "seed \(seed), round \(round):\n\(dump(history))"
        #expect(partition.answer == expected, place)
        #expect(other.answer == expected, place)
      }
    }
    return tally
  }

  @Test func fewRepeatedValues() throws {
    let tally = try compare(rounds: 2_500, seed: 1) { round, random in
      RandomHistories.Shape(
        processes: 2 + round % 5, operations: Int.random(in: 1...12, using: &random),
        values: 1 + round % 4, infos: [0, 10, 40][round % 3], fails: round % 2 * 20,
        tampered: round % 4 * 15)
    }
    #expect(tally.linearizable > 1_000 && tally.violation > 400, "\(tally)")
  }

  @Test func uniqueValues() throws {
    let tally = try compare(rounds: 2_500, seed: 2) { round, random in
      RandomHistories.Shape(
        processes: 2 + round % 5, operations: Int.random(in: 1...12, using: &random), values: nil,
        infos: [0, 15, 50][round % 3], tampered: round % 4 * 15, hasCAS: round % 2 == 0)
    }
    #expect(tally.linearizable > 1_000 && tally.violation > 400, "\(tally)")
  }

  @Test func manyCrashes() throws {
    let tally = try compare(rounds: 1_000, seed: 3) { round, random in
      RandomHistories.Shape(
        processes: 4, operations: Int.random(in: 6...14, using: &random), values: 2 + round % 2,
        infos: 60, fails: 0, tampered: 30)
    }
    #expect(tally.linearizable > 300 && tally.violation > 100, "\(tally)")
  }

  @Test func keyed() throws {
    let tally = try compare(rounds: 800, seed: 4) { round, random in
      RandomHistories.Shape(
        processes: 3 + round % 3, operations: Int.random(in: 6...24, using: &random), values: 3,
        keys: 3, tampered: 15)
    }
    #expect(tally.linearizable > 800 && tally.violation > 100, "\(tally)")
  }

  @Test func nullReadsThatObservedNothing() throws {
    var histories = RandomHistories(seed: 5)
    var differences = 0
    for round in 0..<500 {
      let history = histories.history(.init(processes: 3, operations: 8, values: 2, tampered: 40))
      var options = CheckOptions(model: "cas-register", initial: .integer(0), allowEmpty: true)
      let strict = try check(history, options).partitions[0].answer
      options.nullReadsAreUnknown = true
      let lenient = try check(history, options).partitions[0].answer
      let oracle = Oracle(
        initial: .integer(0), nullReadsAreUnknown: true, operations: Array(try history.operations())
      )
      #expect(lenient == oracle.answer(), "round \(round):\n\(dump(history))")
      if strict != lenient { differences += 1 }
    }
    #expect(differences > 50)
  }

  /// Some order of every interval pattern of three operations, exhaustively: every way to
  /// interleave their events, every outcome, every choice of few operations.
  @Test func allHistoriesOfThreeOperations() throws {
    let commands: [(String, Value)] = [
      ("read", .integer(1)), ("read", .null), ("write", .integer(1)), ("write", .integer(2)),
      ("cas", .array([.integer(1), .integer(2)])), ("cas", .array([.null, .integer(1)])),
    ]
    var violations = 0
    for pattern in interleavings() {
      for choice in 0..<(6 * 6 * 6) {
        let chosen = [commands[choice % 6], commands[choice / 6 % 6], commands[choice / 36]]
        let crashed = choice % 4
        var events: [Event] = []
        var seen = [false, false, false]
        for process in pattern {
          let isCompletion = seen[process]
          seen[process] = true
          let type: EventType = !isCompletion ? .invoke : process == crashed ? .info : .ok
          events.append(
            Event(
              index: events.count, process: .client(process), type: type, f: chosen[process].0,
              value: chosen[process].1))
        }
        let history = History(source: "all", events: events)
        let judgement = try check(history, CheckOptions(model: "cas-register", allowEmpty: true))
        let expected = Oracle(operations: Array(try history.operations())).answer()
        if expected != .linearizable { violations += 1 }
        #expect(judgement.partitions[0].answer == expected, "\(dump(history))")
      }
    }
    #expect(violations > 1_000)
  }

  /// All orders of two events each of three processes, in which process 0 begins, then 1, then 2.
  private func interleavings() -> [[Int]] {
    var result: [[Int]] = []
    func extend(_ prefix: [Int]) {
      if prefix.count == 6 {
        result.append(prefix)
        return
      }
      for process in 0..<3 {
        let count = prefix.count { $0 == process }
        let mayBegin = process == 0 || prefix.contains(process - 1)
        if count < 2, count > 0 || mayBegin { extend(prefix + [process]) }
      }
    }
    extend([])
    return result
  }
}
