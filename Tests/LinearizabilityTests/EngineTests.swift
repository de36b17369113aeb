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

  @Test func lists() {
    let trial = SolverTrial(
      model: AppendList(initialState: []),
      command: { state, random -> AppendList.Command in
        Int.random(in: 0..<5, using: &random) < 3 ? .append(numbered(&random, 2)) : .read(state)
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        guard case .read(var elements?) = command, !elements.isEmpty else { return command }
        elements.remove(at: Int.random(in: 0..<elements.count, using: &random))
        return .read(elements)
      })
    compare(trial, rounds: 4_000, seed: 104)
  }

  @Test func counters() {
    let trial = SolverTrial(
      model: Counter(initialState: 0),
      command: { state, random -> Counter.Command in
        let isRead = Int.random(in: 0..<5, using: &random) < 2
        return isRead ? .read(state) : .add(Int64.random(in: -1...2, using: &random))
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        if case .read(let value?) = command { .read(value + 1) } else { command }
      })
    compare(trial, rounds: 4_000, seed: 105)
  }

  @Test func growingSetsAndWatermarks() {
    let sets = SolverTrial(
      model: GrowOnlySet(initialState: []),
      command: { state, random -> GrowOnlySet.Command in
        Int.random(in: 0..<5, using: &random) < 3 ? .add(numbered(&random, 5)) : .read(state)
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        guard case .read(let elements?) = command else { return command }
        return .read(elements.symmetricDifference([numbered(&random, 5)]))
      })
    compare(sets, rounds: 3_000, seed: 106)
    let watermarks = SolverTrial(
      model: MaxRegister(initialState: 0),
      command: { state, random -> MaxRegister.Command in
        Int.random(in: 0..<5, using: &random) < 3
          ? .write(Int64.random(in: 1...9, using: &random)) : .read(state)
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        if case .read(let value?) = command { .read(value + 1) } else { command }
      })
    compare(watermarks, rounds: 3_000, seed: 107)
  }

  /// Objects that do not depend on each other, which are searched one by one.
  @Test func wholeStores() {
    let trial = SolverTrial(
      model: WholeStore(base: KeyValueStore(initialState: .null, nullReadsAreUnknown: false)),
      command: { state, random -> WholeStore<KeyValueStore>.Command in
        let key = numbered(&random, 2)
        let text = Value.string(["a", "b"].randomElement(using: &random) ?? "a")
        let command: KeyValueStore.Command =
          switch Int.random(in: 0..<8, using: &random) {
          case 0..<3: .append(text)
          case 3: .put(text)
          default: .get(state[key] ?? .null)
          }
        return .init(key: key, command: command)
      },
      crashed: { if case .get = $0.command { nil } else { $0 } },
      tampered: { command, random in
        guard case .get(.string(let text)?) = command.command else { return command }
        return .init(key: command.key, command: .get(.string("a" + text)))
      })
    compare(trial, rounds: 4_000, seed: 108)
    let tally = trial.run(rounds: 2_000, seed: 109)
    #expect(tally.linearizable > 100 && tally.impossible > 20, "\(tally)")
  }

  @Test(arguments: [10, 70, 140])
  func manyCrashedCalls(count: Int) {
    let model = Register(CheckOptions(model: "cas-register"))
    var calls = (0..<count).map { index -> Call<Register.Command> in
      let value = Value.integer(Int64(index % 5))
      let next = Value.integer(Int64((index + 1) % 5))
      return Call(
        operation: index,
        command: index % 2 == 0 ? .write(value) : .cas(expected: value, new: next),
        invocation: index, completion: nil)
    }
    func read(_ value: Int64) {
      let position = (calls.last?.completion ?? calls.count) + 1
      calls.append(
        Call(
          operation: calls.count, command: .read(.integer(value)), invocation: position,
          completion: position + 1))
    }
    for value in [0, 3, 1, 4, 2, 0] { read(Int64(value)) }
    for answer in answers(calls, model) {
      guard case .linearizable = answer else {
        Issue.record("\(answer)")
        continue
      }
    }
    read(7)
    for answer in answers(calls, model) {
      #expect(answer == .impossible(step: calls.count - 1))
    }
  }

  private func compare<M: Model>(_ trial: SolverTrial<M>, rounds: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var (linearizable, impossible) = (0, 0)
    for round in 0..<(oracleRounds ?? rounds) {
      let calls = trial.calls(
        Int.random(in: 1...9, using: &random), width: Int.random(in: 1...7, using: &random),
        crashes: [0, 15, 40][round % 3], tampering: round % 2 * 12, &random)
      let place = { Comment("seed \(seed), round \(round):\n\(trial.oracle.dump(calls))") }
      // A crashed call that can help nothing from the start has no slot.
      let expected = trial.oracle.isLinearizable(calls)
      if expected { linearizable += 1 } else { impossible += 1 }
      let answers = answers(calls, trial.model)
      for answer in answers {
        switch answer {
        case .linearizable(let order):
          #expect(expected, place())
          #expect(trial.oracle.flaw(in: order, of: calls) == nil, place())
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
          if areKnown { #expect(trial.oracle.isLinearizable(before), place()) }
        case .unknown: Issue.record(place())
        }
      }
      for isPossible in verdictsLookingAhead(calls, trial.model) {
        #expect(isPossible == expected, place())
      }
    }
    let total = oracleRounds ?? rounds
    #expect(linearizable > total / 4 && impossible > total / 100, "\(impossible) of \(total)")
  }

  private enum Answer: Equatable {
    case linearizable([Int])
    case impossible(step: Int)
    case unknown
  }

  /// What each search says, with each kind of slots.
  private func answers<M: Model>(_ calls: [Call<M.Command>], _ model: M) -> [Answer] {
    let useful = model.usefulUntil(calls)
    let states = NumberedStates(of: model, calls: calls)
    var problem = SearchProblem(calls, under: model, states: states, usefulUntil: useful)
    // Who looks ahead stops at the first completion that cannot be passed, or before it.
    problem.prospects = nil
    var deep = DepthFirstSearch<LargeSlotSet>(problem)
    var large = FrontierSearch<LargeSlotSet>(problem)
    var answers = [
      answer(large.run(until: .max, budget: SearchBudget())),
      answer(deep.run(until: .max, budget: SearchBudget()), problem),
      answer(search(calls, under: model, usefulUntil: useful, budget: SearchBudget()).0),
    ]
    if problem.schedule.slotCount <= 128 {
      var middle = DepthFirstSearch<WordSlotSet<UInt128>>(problem)
      answers.append(answer(middle.run(until: .max, budget: SearchBudget()), problem))
    }
    if problem.schedule.slotCount <= 64 {
      var small = FrontierSearch<WordSlotSet<UInt64>>(problem)
      var word = DepthFirstSearch<WordSlotSet<UInt64>>(problem)
      answers.append(answer(small.run(until: .max, budget: SearchBudget())))
      answers.append(answer(word.run(until: .max, budget: SearchBudget()), problem))
    }
    return answers
  }

  /// Whether each search finds a linearization, with all that the model says of what cannot be.
  private func verdictsLookingAhead<M: Model>(
    _ calls: [Call<M.Command>], _ model: M
  ) -> [Bool?] {
    let problem = SearchProblem(
      calls, under: model, states: NumberedStates(of: model, calls: calls),
      usefulUntil: model.usefulUntil(calls))
    var frontier = FrontierSearch<WordSlotSet<UInt64>>(problem)
    var depthFirst = DepthFirstSearch<WordSlotSet<UInt64>>(problem)
    let answers = [
      answer(frontier.run(until: .max, budget: SearchBudget())),
      answer(depthFirst.run(until: .max, budget: SearchBudget()), problem),
    ]
    return answers.map { answer in
      switch answer {
      case .linearizable: true
      case .impossible: false
      case .unknown: nil
      }
    }
  }

  private func answer<State>(_ result: SearchResult<State>?) -> Answer {
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
