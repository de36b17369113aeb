import Histories
import Randomness
import Testing

@testable import Linearizability

/// The searches against brute force and against each other, each by itself: together the first to
/// answer would hide the other.
@Suite struct EngineTests {
  private func numbered(_ random: inout SeededRandom, _ count: Int64 = 3) -> Value {
    .integer(Int64.random(in: 1...count, using: &random))
  }

  @Test func registers() {
    let trial = SolverTrial(
      model: Register(CheckOptions(model: "cas-register")),
      command: { state, random -> Register.Command in
        let value = numbered(&random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: return .write(value)
        case 4: return .read(nil)
        case 5..<7: return .cas(expected: state, new: value)
        default: return .read(state)
        }
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        switch command {
        case .read: .read(numbered(&random))
        case .write, .failedCAS: .write(numbered(&random))
        case .cas(_, let new): .cas(expected: numbered(&random), new: new)
        }
      })
    compare(trial, rounds: 6_000, seed: 101)
  }

  @Test func stacks() {
    let trial = SolverTrial(
      model: Stack(initialState: []),
      command: { state, random -> Stack.Command in
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<4: .push(numbered(&random))
        case 4: .peek(state.last ?? .null)
        default: .pop(state.last ?? .null)
        }
      },
      crashed: { command in
        switch command {
        case .push: command
        case .pop: .popUnknown
        default: nil
        }
      },
      tampered: { command, random in
        if case .push = command { command } else { .pop(numbered(&random)) }
      })
    compare(trial, rounds: 4_000, seed: 102)
  }

  @Test func stores() {
    let trial = SolverTrial(
      model: KeyValueStore(initialState: .null, nullReadsAreUnknown: false),
      command: { state, random -> KeyValueStore.Command in
        let text = Value.string(["a", "b"].randomElement(using: &random) ?? "a")
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: return .append(text)
        case 4: return .put(text)
        case 5: return .cas(expected: state, new: text)
        default: return .get(state)
        }
      },
      crashed: { if case .get = $0 { nil } else { $0 } },
      tampered: { command, random in
        if case .get(.string(let text)?) = command { .get(.string("a" + text)) } else { command }
      })
    compare(trial, rounds: 4_000, seed: 103)
  }

  private func compare<M: Model>(_ trial: SolverTrial<M>, rounds: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var (linearizable, impossible) = (0, 0)
    for round in 0..<(oracleRounds ?? rounds) {
      let calls = trial.calls(
        Int.random(in: 1...9, using: &random), width: Int.random(in: 1...7, using: &random),
        crashes: [0, 15, 40][round % 3], tampering: round % 2 * 12, &random)
      let place = { Comment("seed \(seed), round \(round):\n\(trial.dump(calls))") }
      // A crashed call that can help nothing from the start has no slot.
      let expected = trial.isLinearizable(calls)
      if expected { linearizable += 1 } else { impossible += 1 }
      let answers = answers(calls, trial.model)
      for answer in answers {
        switch answer {
        case .linearizable(let order):
          #expect(expected, place())
          #expect(trial.flaw(in: order, of: calls) == nil, place())
        case .impossible(let step):
          #expect(!expected, place())
          #expect(answers[0] == .impossible(step: step), place())
          let end = calls[step].completion ?? .max
          let before = calls.filter { $0.invocation < end }.map { call in
            var call = call
            if call.completion ?? .max >= end { call.completion = nil }
            return call
          }
          // Cut off right before the blamed completion, it is linearizable. Commands with unknown
          // results would be needed to take calls as crashed, so it is asked of mutators alone.
          let areKnown = zip(before, calls.filter { $0.invocation < end }).allSatisfy {
            $0.completion == $1.completion || trial.crashed($0.command) == $0.command
          }
          if areKnown { #expect(trial.isLinearizable(before), place()) }
        case .unknown: Issue.record(place())
        }
      }
    }
    #expect(linearizable > rounds / 4 && impossible > rounds / 20)
  }

  private enum Answer: Equatable {
    case linearizable([Int])
    case impossible(step: Int)
    case unknown
  }

  /// What each search says, with each kind of slots.
  private func answers<M: Model>(_ calls: [Call<M.Command>], _ model: M) -> [Answer] {
    let states = NumberedStates(of: model, calls: calls)
    let problem = SearchProblem(
      calls, under: model, states: states, usefulUntil: model.usefulUntil(calls))
    var small = FrontierSearch<WordSlotSet<UInt64>>(problem)
    var middle = DepthFirstSearch<WordSlotSet<UInt128>>(problem)
    var large = FrontierSearch<LargeSlotSet>(problem)
    var word = DepthFirstSearch<WordSlotSet<UInt64>>(problem)
    return [
      answer(small.run(until: .max, budget: SearchBudget())),
      answer(large.run(until: .max, budget: SearchBudget())),
      answer(word.run(until: .max, budget: SearchBudget()), problem),
      answer(middle.run(until: .max, budget: SearchBudget()), problem),
    ]
  }

  private func answer(_ result: SearchResult<Int32>?) -> Answer {
    switch result {
    case .linearizable(let order): .linearizable(order)
    case .impossible(let found): .impossible(step: found.call)
    default: .unknown
    }
  }

  private func answer<S>(_ end: DepthFirstSearch<S>.End?, _ problem: SearchProblem) -> Answer {
    switch end {
    case .linearizable(let order): .linearizable(order)
    case .impossible(let step, _): .impossible(step: problem.schedule.steps[step].call)
    default: .unknown
    }
  }
}
