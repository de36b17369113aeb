import Histories
import Randomness
import Testing

@testable import Linearizability

/// The first completion that cannot be explained, found by cutting columns, against brute force on the
/// calls cut in the same place.
@Suite struct NarrowingTests {
  /// How often the end was found, and how often only that it lies between two.
  private struct Tally {
    var exact = 0
    var inexact = 0
  }

  /// Elements that are there once each.
  private final class Elements {
    private var last: Int64 = 0
    func next() -> Value {
      last += 1
      return .integer(last)
    }
    func known(_ random: inout SeededRandom) -> Value {
      .integer(Int64.random(in: max(1, last - 4)...max(1, last), using: &random))
    }
  }

  /// `trial.crashed` must give exactly what is left of an open call.
  private func compare<M: ColumnModel>(_ trial: SolverTrial<M>, seed: UInt64) throws -> Tally {
    var random = SeededRandom(seed: seed)
    var tally = Tally()
    for round in 0..<(oracleRounds ?? 1_200) {
      let calls = trial.calls(
        Int.random(in: 2...10, using: &random), width: Int.random(in: 2...6, using: &random),
        crashes: round % 2 * 10, tampering: 15, &random)
      guard case .impossible(let core) = trial.model.solve(calls) else { continue }
      let prefixes = ColumnPrefixes(try #require(trial.model.problem(calls)))
      let narrowing = prefixes.narrowing(core: core)
      let ends = calls.compactMap(\.completion).sorted()
      let cut = ends.map { prefix(of: calls, until: $0, trial) }
      let expected = cut.firstIndex { !trial.oracle.isLinearizable($0) }
      let place: Comment = "seed \(seed), round \(round)\n\(trial.oracle.dump(calls))"
      if narrowing.isExact {
        tally.exact += 1
        #expect(narrowing.impossible == expected, place)
      } else {
        tally.inexact += 1
        #expect(narrowing.possible < expected ?? -1, place)
        #expect(narrowing.impossible >= expected ?? .max, place)
      }
      if narrowing.possible >= 0 {
        let order = try #require(prefixes.order(at: narrowing.possible), place)
        let known = Set(cut[narrowing.possible].map(\.operation))
        #expect(order.allSatisfy { known.contains(calls[$0].operation) }, place)
        let all = inPlace(of: calls, until: ends[narrowing.possible], trial)
        #expect(trial.oracle.flaw(in: order, of: all) == nil, place)
      }
    }
    return tally
  }

  /// The calls right after an event, without those that are of no use then.
  private func prefix<M>(
    of calls: [Call<M.Command>], until end: Int, _ trial: SolverTrial<M>
  ) -> [Call<M.Command>] {
    inPlace(of: calls, until: end, trial).filter { call in
      !call.isCrashed || calls[call.operation].isCrashed
        || trial.crashed(calls[call.operation].command) != nil
    }
  }

  /// The calls right after an event, at their places.
  private func inPlace<M>(
    of calls: [Call<M.Command>], until end: Int, _ trial: SolverTrial<M>
  ) -> [Call<M.Command>] {
    calls.prefix { $0.invocation < end }.map { call in
      guard let completion = call.completion, completion > end else { return call }
      return Call(
        operation: call.operation, command: trial.crashed(call.command) ?? call.command,
        invocation: call.invocation, completion: nil)
    }
  }

  private func expectExact(_ tally: Tally) {
    #expect(tally.exact > 150 && tally.inexact * 20 <= tally.exact, "\(tally)")
  }

  @Test func registers() throws {
    let elements = Elements()
    let trial = SolverTrial(
      model: Register(CheckOptions(model: "cas-register")),
      command: { state, random -> Register.Command in
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: .read(state)
        case 4..<7: .write(elements.next())
        default: .cas(expected: state, new: elements.next())
        }
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        let value = elements.known(&random)
        return switch command {
        case .read: .read(value)
        case .cas(_, let new): .cas(expected: value, new: new)
        case .write, .failedCAS: command
        }
      })
    let tally = try compare(trial, seed: 1)
    #expect(tally.exact > 150 && tally.inexact == 0, "\(tally)")
  }

  @Test func additions() throws {
    let trial = SolverTrial(
      model: FetchAdd(initialState: 2),
      command: { state, random in
        FetchAdd.Command(
          amount: Int64.random(in: 0...4, using: &random),
          old: Bool.random(using: &random) ? state : nil)
      },
      crashed: { $0.amount == 0 ? nil : FetchAdd.Command(amount: $0.amount, old: nil) },
      tampered: { command, random in
        let old = command.old.map { $0 + Int64.random(in: -1...1, using: &random) }
        return FetchAdd.Command(amount: command.amount, old: old)
      })
    let tally = try compare(trial, seed: 2)
    #expect(tally.exact > 150 && tally.inexact == 0, "\(tally)")
  }

  @Test(arguments: [false, true])
  func queues(peeks: Bool) throws {
    let elements = Elements()
    let trial = SolverTrial(
      model: FIFOQueue(initialState: []),
      command: { state, random -> FIFOQueue.Command in
        switch Int.random(in: 0..<(peeks ? 10 : 8), using: &random) {
        case 0..<4: .enqueue(elements.next())
        case 4..<8: .dequeue(state.first ?? .null)
        default: .peek(state.first ?? .null)
        }
      },
      crashed: \.crashed,
      tampered: { command, random in
        switch command {
        case .dequeue: .dequeue(elements.known(&random))
        case .peek: .peek(elements.known(&random))
        default: command
        }
      })
    expectExact(try compare(trial, seed: 2))
  }

  @Test func stacks() throws {
    let elements = Elements()
    let trial = SolverTrial(
      model: Stack(initialState: []),
      command: { state, random -> Stack.Command in
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: .push(elements.next())
        case 4..<8: .pop(state.last ?? .null)
        default: .peek(state.last ?? .null)
        }
      },
      crashed: \.crashed,
      tampered: { command, random in
        switch command {
        case .pop: .pop(elements.known(&random))
        case .peek: .peek(elements.known(&random))
        default: command
        }
      })
    expectExact(try compare(trial, seed: 3))
  }

  @Test func priorityQueues() throws {
    let elements = Elements()
    let trial = SolverTrial(
      model: PriorityQueue([]),
      command: { state, random -> PriorityQueue.Command in
        let first = state.first?.elements.possible.randomElement(using: &random) ?? .null
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: return .insert(elements.next())
        case 4..<8: return .poll(first)
        default: return .peek(first)
        }
      },
      crashed: \.crashed,
      tampered: { command, random in
        switch command {
        case .poll: .poll(elements.known(&random))
        case .peek: .peek(elements.known(&random))
        default: command
        }
      })
    expectExact(try compare(trial, seed: 4))
  }

  @Test func sets() throws {
    let trial = SolverTrial(
      model: SetModel(initialState: [.integer(0)]),
      command: { state, random -> SetModel.Command in
        let element = Value.integer(Int64.random(in: 0..<2, using: &random))
        let isThere = state.contains(element)
        return switch Int.random(in: 0..<6, using: &random) {
        case 0..<2: .add(element, wasNew: !isThere)
        case 2..<4: .remove(element, wasThere: isThere)
        default: .contains(element, isThere)
        }
      },
      crashed: { command in
        switch command {
        case .add(let element, _): .add(element, wasNew: nil)
        case .remove(let element, _): .remove(element, wasThere: nil)
        default: nil
        }
      },
      tampered: { command, _ in
        switch command {
        case .add(let element, let flag): .add(element, wasNew: flag.map { !$0 })
        case .remove(let element, let flag): .remove(element, wasThere: flag.map { !$0 })
        case .contains(let element, let flag): .contains(element, flag.map { !$0 })
        default: command
        }
      })
    let tally = try compare(trial, seed: 5)
    #expect(tally.exact > 150 && tally.inexact == 0, "\(tally)")
  }
}
