import Histories
import Randomness
import Testing

@testable import Linearizability

/// The solvers for sets, lists, counters and locks, against brute force.
@Suite struct SimpleSolverTests {
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

  /// Amounts of one sign are decided; with both signs, nothing is said.
  @Test(arguments: [(-3)...0, 0...3, 1...9, (-1)...2])
  func countersOfAnyAmounts(amounts: ClosedRange<Int64>) {
    let trial = SolverTrial(
      model: Counter(initialState: 5),
      command: { state, random -> Counter.Command in
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: .add(Int64.random(in: amounts, using: &random))
        case 5: .read(nil)
        default: .read(state)
        }
      },
      crashed: { if case .add(let amount) = $0, amount != 0 { $0 } else { nil } },
      tampered: { command, random in
        guard case .read(let value?) = command else { return command }
        return .read(value + Int64.random(in: -1...2, using: &random))
      })
    let hasBothSigns = amounts.lowerBound < 0 && amounts.upperBound > 0
    let tally = trial.run(rounds: 2_000, seed: 28, operations: 1...10, crashes: 25)
    expectBoth(tally, decided: hasBothSigns ? 25 : 100)
  }

  @Test(arguments: [(-3)...0, 0...3, 1...9])
  func allocatorsOfAnyAmounts(amounts: ClosedRange<Int64>) {
    let trial = SolverTrial(
      model: FetchAdd(initialState: 3),
      command: { state, random in
        let isKnown = Int.random(in: 0..<5, using: &random) > 0
        return FetchAdd.Command(
          amount: Int64.random(in: amounts, using: &random), old: isKnown ? state : nil)
      },
      crashed: { $0.amount == 0 ? nil : FetchAdd.Command(amount: $0.amount, old: nil) },
      tampered: { command, random in
        var command = command
        command.old = command.old.map { $0 + Int64.random(in: -1...2, using: &random) }
        return command
      })
    expectBoth(trial.run(rounds: 2_000, seed: 29, operations: 1...10, crashes: 25), decided: 100)
  }

  /// Against the search, on histories that are too large for all orders.
  @Test(arguments: [0, 4])
  func manyAdditions(crashes: Int) {
    let trial = SolverTrial(
      model: Counter(initialState: -2),
      command: { state, random -> Counter.Command in
        Bool.random(using: &random)
          ? .add(Int64.random(in: 1...20, using: &random)) : .read(state)
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        guard case .read(let value?) = command else { return command }
        return .read(value + Int64.random(in: -1...1, using: &random))
      })
    var random = SeededRandom(seed: 30)
    var tally: [Bool: Int] = [:]
    for round in 0..<150 {
      let calls = trial.calls(
        Int.random(in: 50...150, using: &random), width: 2 + round % 12, crashes: crashes,
        tampering: round % 2, &random)
      let found: Bool? =
        switch trial.model.solve(calls) {
        case .linearizable(let order): trial.oracle.flaw(in: order, of: calls) == nil
        case .impossible: false
        case .undecided: nil
        }
      let expected = boundedSearch(
        calls, under: trial.model, usefulUntil: trial.model.usefulUntil(calls))
      guard let found, let expected else { continue }
      #expect(found == expected, "round \(round)\n\(trial.oracle.dump(calls))")
      tally[found, default: 0] += 1
    }
    #expect(tally[true] ?? 0 > 80 && tally[false] ?? 0 > 10, "\(tally)")
  }

  @Test func appendedTexts() {
    let numbers = Numbers()
    func piece(_ random: inout SeededRandom) -> Value {
      guard case .integer(let number) = numbers.next() else { return .null }
      return .string("\(number % 8)")
    }
    for initial in [Value.null, .string("i")] {
      let trial = SolverTrial(
        model: KeyValueStore(initialState: initial, nullReadsAreUnknown: false),
        command: { state, random -> KeyValueStore.Command in
          switch Int.random(in: 0..<10, using: &random) {
          case 0..<4: return .append(piece(&random))
          case 4: return .put(piece(&random))
          case 5: return .get(nil)
          default: return .get(state)
          }
        },
        crashed: { if case .get = $0 { nil } else { $0 } },
        tampered: { command, random in
          guard case .get(.string(let text)?) = command else { return command }
          return switch Int.random(in: 0..<3, using: &random) {
          case 0: .get(.string(String(text.reversed())))
          case 1: .get(.string(String(text.dropLast())))
          default: .get(.string(text + "\(numbers.last % 8)"))
          }
        })
      expectBoth(trial.run(rounds: 3_000, seed: 18, crashes: 25), decided: 60)
    }
  }

  @Test func appendedElements() {
    let numbers = Numbers()
    for initial in [Value.null, .array([]), .array([.integer(-1)])] {
      let trial = SolverTrial(
        model: KeyValueStore(initialState: initial, nullReadsAreUnknown: false),
        command: { state, random -> KeyValueStore.Command in
          Int.random(in: 0..<10, using: &random) < 5 ? .append(numbers.next()) : .get(state)
        },
        crashed: { if case .get = $0 { nil } else { $0 } },
        tampered: { command, random in
          guard case .get(.array(let elements)?) = command else { return command }
          return Bool.random(using: &random)
            ? .get(.array(elements.reversed())) : .get(.array(elements.dropLast()))
        })
      expectBoth(trial.run(rounds: 2_000, seed: 19, crashes: 25, tampering: 30), decided: 100)
    }
  }

  @Test func storesWithoutAppends() {
    let numbers = Numbers()
    let trial = SolverTrial(
      model: KeyValueStore(initialState: .null, nullReadsAreUnknown: false),
      command: { state, random -> KeyValueStore.Command in
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<3: .put(numbers.next())
        case 3: .cas(expected: state, new: numbers.next())
        default: .get(state)
        }
      },
      crashed: { if case .get = $0 { nil } else { $0 } },
      tampered: { command, random in
        if case .get = command { .get(numbers.known(&random)) } else { command }
      })
    expectBoth(trial.run(rounds: 3_000, seed: 20, crashes: 25), decided: 95)
  }

  @Test func neighboursInASetOfPositions() {
    var random = SeededRandom(seed: 1)
    for limit in [1, 63, 64, 65, 5_000, 300_000] {
      var set = PositionSet(limit: limit)
      var members: Set<Int> = []
      for _ in 0..<min(limit, 50) {
        let member = Int.random(in: 0..<limit, using: &random)
        set.insert(member)
        members.insert(member)
        let asked = Int.random(in: 0..<limit, using: &random)
        #expect(set.first(from: asked) == members.filter { $0 >= asked }.min())
        #expect(set.last(upTo: asked) == members.filter { $0 <= asked }.max())
      }
    }
  }

  @Test func maxRegisters() {
    let trial = SolverTrial(
      model: MaxRegister(initialState: 1),
      command: { held, random -> MaxRegister.Command in
        switch Int.random(in: 0..<9, using: &random) {
        case 0..<5: .write(Int64.random(in: 0...6, using: &random))
        case 5: .read(nil)
        default: .read(held)
        }
      },
      crashed: { if case .read = $0 { nil } else { $0 } },
      tampered: { command, random in
        if case .read(let held?) = command {
          .read(held + Int64.random(in: -2...2, using: &random))
        } else {
          command
        }
      })
    expectBoth(trial.run(rounds: 3_000, seed: 24, crashes: 25, tampering: 15), decided: 100)
  }

  @Test(arguments: [1, 2, 3])
  func semaphores(permits: Int64) {
    let trial = SolverTrial(
      model: Semaphore(initialState: permits),
      command: { free, random -> Semaphore.Command in
        free == 0 || free < permits && Bool.random(using: &random) ? .release : .acquire
      },
      crashed: { $0 == .acquire ? .tryAcquireUnknown : $0 },
      tampered: { command, random in command == .acquire ? .release : .acquire })
    expectBoth(trial.run(rounds: 3_000, seed: 25, operations: 1...9, crashes: 25), decided: 100)
  }

  @Test(arguments: [nil, 1])
  func ownerLocks(owner: Int?) {
    let trial = SolverTrial(
      model: OwnerLock(initialState: owner),
      command: { owner, random -> OwnerLock.Command in
        let process = owner ?? Int.random(in: 1...4, using: &random)
        return .init(process: process, action: owner == nil ? .acquire : .release)
      },
      crashed: { $0 },
      tampered: { command, random in
        .init(process: command.process, action: command.action == .acquire ? .release : .acquire)
      })
    var random = SeededRandom(seed: 26)
    var tally = CallOracle<OwnerLock>.Tally()
    for round in 0..<(oracleRounds ?? 3_000) {
      // A process does one thing at a time, and nothing after a crash.
      var ends: [Int: Int] = [:]
      let calls = trial.calls(
        Int.random(in: 1...10, using: &random), width: Int.random(in: 1...6, using: &random),
        crashes: round % 2 * 15, tampering: round % 3 * 8, &random
      ).filter { call in
        guard ends[call.command.process] ?? -1 < call.invocation else { return false }
        ends[call.command.process] = call.completion ?? .max
        return true
      }
      trial.oracle.compare(calls, &tally) { "round \(round)" }
    }
    expectBoth(tally, decided: 100)
  }

  /// Few puts that crash make a gap that is hard to fill; many make a choice.
  @Test(arguments: [(writes: 4, crashes: 20), (writes: 4, crashes: 50), (writes: 1, crashes: 50)])
  func versionedRegisters(writes: Int, crashes: Int) {
    let trial = SolverTrial(
      model: VersionedRegister(initialState: .init(value: .integer(0), version: 1)),
      command: { state, random -> VersionedRegister.Command in
        let value = Value.integer(Int64.random(in: 1...3, using: &random))
        let version =
          state.version + Int64.random(in: state.isExact ? 1...2 : 2...3, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<writes: return .write(value, version)
        case writes..<5 where state.isExact: return .cas(state.version, value, version)
        case 5: return .read(nil, nil)
        default: return .read(state.value, state.isExact ? state.version : state.version + 1)
        }
      },
      crashed: { command in
        switch command {
        case .write(let value, _): .write(value, nil)
        case .cas(let expected, let value, _): .cas(expected, value, nil)
        case .read: nil
        }
      },
      tampered: { command, random in
        switch command {
        case .read(let value?, let version?):
          Bool.random(using: &random)
            ? .read(value, version - 1)
            : .read(.integer(Int64.random(in: 0...3, using: &random)), version)
        case .cas(let expected, let value, let version): .cas(expected - 1, value, version)
        default: command
        }
      })
    expectBoth(
      trial.run(rounds: 2_000, seed: 27, crashes: crashes, tampering: 15), decided: 100)
  }
}
