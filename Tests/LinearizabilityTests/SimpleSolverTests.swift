import Histories
import Randomness
import Testing

@testable import Linearizability

/// The solvers for sets, lists, counters and locks, against brute force.
@Suite struct SimpleSolverTests {
  /// Gives each number once.
  final class Numbers {
    private(set) var last: Int64 = 0
    func next() -> Value {
      last += 1
      return .integer(last)
    }
    func known(_ random: inout SeededRandom) -> Value {
      .integer(Int64.random(in: max(1, last - 4)...max(1, last + 1), using: &random))
    }
  }

  private func expectBoth<M>(
    _ tally: SolverTrial<M>.Tally, decided: Int = 90, of rounds: Int = 3_000
  ) {
    #expect(tally.linearizable > rounds / 3 && tally.impossible > rounds / 50, "\(tally)")
    #expect(tally.undecided * 100 <= rounds * (100 - decided), "\(tally)")
  }

  @Test func sets() {
    let trial = SolverTrial(
      model: SetModel(initialState: [.integer(0)]),
      command: { state, random -> SetModel.Command in
        let element = Value.integer(Int64.random(in: 0..<2, using: &random))
        let isThere = state.contains(element)
        switch Int.random(in: 0..<7, using: &random) {
        case 0..<2: return .add(element, wasNew: !isThere)
        case 2..<4: return .remove(element, wasThere: isThere)
        case 4: return .contains(element, nil)
        default: return .contains(element, isThere)
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
    expectBoth(trial.run(rounds: 3_000, seed: 11, crashes: 25), decided: 100)
  }

  @Test func mutexes() {
    let trial = SolverTrial(
      model: MutexModel(initialState: false),
      command: { isHeld, random -> MutexModel.Command in
        if isHeld { return Bool.random(using: &random) ? .release : .tryAcquireFailed }
        return .acquire
      },
      crashed: { $0 == .tryAcquireFailed ? .tryAcquireUnknown : $0 },
      tampered: { command, random in
        [.acquire, .release, .tryAcquireFailed].randomElement(using: &random) ?? command
      })
    expectBoth(trial.run(rounds: 3_000, seed: 12, crashes: 25), decided: 100)
  }

  @Test func growOnlySets() {
    let numbers = Numbers()
    let trial = SolverTrial(
      model: GrowOnlySet(initialState: [.string("first")]),
      command: { state, random -> GrowOnlySet.Command in
        switch Int.random(in: 0..<9, using: &random) {
        case 0..<5: .add(numbers.next())
        case 5: .read(nil)
        default: .read(state)
        }
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        guard case .read(let elements?) = command else { return command }
        return .read(elements.symmetricDifference([numbers.known(&random)]))
      })
    expectBoth(trial.run(rounds: 3_000, seed: 13, crashes: 25), decided: 100)
  }

  @Test func appendLists() {
    let numbers = Numbers()
    let trial = SolverTrial(
      model: AppendList(initialState: [.string("first")]),
      command: { state, random -> AppendList.Command in
        switch Int.random(in: 0..<9, using: &random) {
        case 0..<5: .append(numbers.next())
        case 5: .read(nil)
        default: .read(state)
        }
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        guard case .read(let elements?) = command else { return command }
        if Bool.random(using: &random) { return .read(elements + [numbers.known(&random)]) }
        return .read(
          Bool.random(using: &random) ? elements.dropLast() : elements.shuffled(using: &random))
      })
    expectBoth(trial.run(rounds: 3_000, seed: 14, crashes: 25), decided: 100)
  }

  @Test func counters() {
    let trial = SolverTrial(
      model: Counter(initialState: 5),
      command: { state, random -> Counter.Command in
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: .add(1)
        case 5: .read(nil)
        default: .read(state)
        }
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        guard case .read(let value?) = command else { return command }
        return .read(value + Int64.random(in: -1...2, using: &random))
      })
    expectBoth(trial.run(rounds: 3_000, seed: 15, crashes: 25), decided: 100)
  }

  @Test func identifiers() {
    let trial = SolverTrial(
      model: FetchAdd(initialState: 3),
      command: { state, _ in FetchAdd.Command(amount: 1, old: state) },
      crashed: { FetchAdd.Command(amount: $0.amount, old: nil) },
      tampered: { command, random in
        var command = command
        command.old = command.old.map { $0 + Int64.random(in: -1...2, using: &random) }
        return command
      })
    expectBoth(trial.run(rounds: 3_000, seed: 16, crashes: 25), decided: 100)
  }

  private func queueTrial(peeks: Bool, empties: Bool) -> SolverTrial<FIFOQueue> {
    let numbers = Numbers()
    return SolverTrial(
      model: FIFOQueue(initialState: []),
      command: { state, random -> FIFOQueue.Command in
        if !empties, state.isEmpty { return .enqueue(numbers.next()) }
        switch Int.random(in: 0..<(peeks ? 10 : 8), using: &random) {
        case 0..<4: return .enqueue(numbers.next())
        case 4..<8: return .dequeue(state.first ?? .null)
        case 8: return .peek(state.first ?? .null)
        default: return .peekUnknown
        }
      },
      crashed: { command in
        switch command {
        case .enqueue: command
        case .dequeue: peeks || empties ? nil : .dequeueUnknown
        default: nil
        }
      },
      tampered: { command, random in
        switch command {
        case .dequeue: .dequeue(numbers.known(&random))
        case .peek: .peek(numbers.known(&random))
        default: command
        }
      })
  }

  @Test func queues() {
    for (index, (peeks, empties)) in [(false, false), (true, false), (false, true), (true, true)]
      .enumerated()
    {
      let trial = queueTrial(peeks: peeks, empties: empties)
      expectBoth(
        trial.run(rounds: 2_000, seed: 20 + UInt64(index), operations: 1...9, crashes: 25),
        decided: 100, of: 2_000)
    }
  }
}
