import Histories
import Randomness
import Testing

@testable import Linearizability

/// The two meanings of a cas that failed.
@Suite struct FailedCASTests {
  private func answer(
    _ text: String, _ meaning: FailedCAS, model: String = "cas-register"
  ) throws -> Answer {
    var options = CheckOptions(model: model, initial: .integer(0), failedCAS: meaning)
    let answer = try check(history(text), options).partitions[0].answer
    options.usesSolvers = false
    #expect(try check(history(text), options).partitions[0].answer == answer)
    return answer
  }

  @Test(arguments: ["cas-register", "kv"]) func theyDifferWhereTheExpectedValueWasThere(
    model: String
  ) throws {
    let text = """
      1 invoke cas 0,1
      1 fail cas 0,1
      0 invoke read
      0 ok read 0
      """
    #expect(try answer(text, .ignore, model: model) == .linearizable)
    #expect(try answer(text, .observe, model: model) == .violation(0))
  }

  @Test func aFailureIsExplainedByAnyOtherValue() throws {
    // Only the crashed write, which nothing else saw, explains it.
    let text = """
      2 invoke write 5
      2 info write 5
      1 invoke cas 0,1
      1 fail cas 0,1
      0 invoke read
      0 ok read 0
      """
    #expect(try answer(text, .observe) == .violation(2))
    let again = text + "\n3 invoke write 0\n3 ok write 0"
    #expect(
      try answer(again.replacing("0 ok read 0", with: "0 ok read 5"), .observe) == .linearizable)
  }

  @Test func itIsExplainedInWords() throws {
    let judgement = try check(
      history("0 invoke write 1\n0 ok write 1\n1 invoke cas 1,2\n1 fail cas 1,2"),
      CheckOptions(model: "cas-register", failedCAS: .observe))
    let violation = try #require(judgement.partitions[0].violation)
    #expect(
      violation.explanation == [
        "Process 1's cas from 1 failed (line 4), so it found another value than it expected, but no "
          + "order of the operations that fits when they began and ended explains that.",
        "Between its invocation (line 3) and its return the register could only have held 1.",
      ])
    #expect(violation.core?.members.map(\.operation) == [0, 1])
  }

  @Test func anArgumentThatIsNoPairIsAnErrorOnlyWhereItCounts() throws {
    let text = history("0 invoke cas 7\n0 fail cas 7\n1 invoke read\n1 ok read")
    var options = CheckOptions(model: "cas-register")
    #expect(try check(text, options).verdict == .linearizable)
    options.failedCAS = .observe
    #expect(judged(text, options) == nil)
  }

  /// Of both meanings, with solvers and without, against brute force.
  @Test(arguments: [true, false]) func agreesWithBruteForce(unique: Bool) throws {
    let seed: UInt64 = unique ? 201 : 202
    var histories = RandomHistories(seed: seed)
    var random = SeededRandom(seed: seed)
    var (differences, violations, linearizable) = (0, 0, 0)
    for round in 0..<(oracleRounds ?? 1_500) {
      var history = histories.history(
        .init(
          processes: 2 + round % 4, operations: Int.random(in: 2...9, using: &random),
          values: unique ? nil : 2 + round % 2, infos: round % 3 * 15, fails: 15,
          tampered: round % 4 * 8))
      // More cas that failed: reads of what was there become cas that expected something else.
      for position in history.events.indices where Int.random(in: 0..<3, using: &random) == 0 {
        makeFailed(&history, completionAt: position, &random)
      }
      let operations = try history.operations()
      var oracle = Oracle(operations: Array(operations))
      let ignored = oracle.answer()
      oracle.observesFailedCAS = true
      let expected = oracle.answer()
      if ignored != expected { differences += 1 }
      if expected == .linearizable { linearizable += 1 } else { violations += 1 }
      let place: Comment = "seed \(seed), round \(round):\n\(dump(history))"
      for model in ["cas-register", "kv"] {
        var options = CheckOptions(model: model, failedCAS: .observe, allowEmpty: true)
        #expect(try check(history, options).partitions[0].answer == expected, place)
        options.usesSolvers = false
        #expect(try check(history, options).partitions[0].answer == expected, place)
      }
    }
    #expect(differences > 20 && linearizable > 200 && violations > 150)
  }

  private func makeFailed(
    _ history: inout History, completionAt position: Int, _ random: inout SeededRandom
  ) {
    let event = history.events[position]
    guard event.type == .ok, event.f == "read",
      let begin = history.events[..<position].lastIndex(where: {
        $0.process == event.process && $0.type == .invoke
      })
    else { return }
    let expected = Value.integer(Int64.random(in: 0..<4, using: &random))
    for index in [begin, position] {
      history.events[index].f = "cas"
      history.events[index].value = .array([expected, .integer(99)])
    }
    history.events[position].type = .fail
  }

  /// How often inserting into the solver's order is enough, so that the test of it means something.
  @Test func mostAreInserted() {
    var random = SeededRandom(seed: 203)
    var (decided, undecided) = (0, 0)
    let model = Register(
      CheckOptions(model: "cas-register", initial: .integer(0), failedCAS: .observe))
    var next: Int64 = 0
    let trial = SolverTrial(
      model: model,
      command: { state, random -> Register.Command in
        next += 1
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .write(.integer(next))
        case 1: return .read(state)
        case 2:
          let expected = Value.integer(Int64.random(in: max(0, next - 5)...next, using: &random))
          return expected == state ? .read(state) : .failedCAS(expected: expected)
        default: return .cas(expected: state, new: .integer(next))
        }
      }, crashed: { model.isObserver($0) ? nil : $0 }, tampered: { command, _ in command })
    for _ in 0..<400 {
      let calls = trial.calls(8, width: 4, crashes: 5, tampering: 0, &random)
      switch model.solveAndInsert(calls) {
      case .linearizable(let order):
        decided += 1
        #expect(trial.oracle.flaw(in: order, of: calls) == nil)
      case .undecided: undecided += 1
      case .impossible: Issue.record("impossible:\n\(trial.oracle.dump(calls))")
      }
    }
    #expect(decided > 300, "\(decided) decided, \(undecided) not")
  }
}
