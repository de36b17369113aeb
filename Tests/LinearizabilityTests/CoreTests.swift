import Histories
import Randomness
import Testing

@testable import Linearizability

/// What violations are reduced to, and the laws that make it a proof.
@Suite struct CoreTests {
  private func core(_ text: String, model: String = "cas-register") throws -> Core {
    let judgement = try check(history(text), CheckOptions(model: model))
    return try #require(judgement.partitions[0].violation?.core)
  }

  @Test func aStaleReadIsThreeOperations() throws {
    var lines: [String] = []
    for number in 0..<40 { lines += ["0 invoke write \(number)", "0 ok write"] }
    lines += ["1 invoke read", "1 ok read 17", "1 invoke read", "1 ok read 39"]
    let found = try core(lines.joined(separator: "\n"))
    #expect(found.isConfirmed)
    #expect(found.members.count == 3, "\(found)")
    #expect(found.members.map(\.operation).contains(40))
    #expect(found.laws.contains(.values) && found.laws.contains(.prefix))
  }

  @Test func aCoreWithRepeatedValuesIsConfirmed() throws {
    var lines: [String] = []
    for number in 0..<30 {
      lines += ["0 invoke write \(number % 3)", "0 ok write"]
      lines += ["1 invoke read", "1 ok read \(number % 3)"]
    }
    lines += ["1 invoke read", "1 ok read 1"]
    let found = try core(lines.joined(separator: "\n"))
    #expect(found.isConfirmed && found.members.count <= 4, "\(found)")
  }

  /// Every read sees all elements, so without hiding some of them each addition would have to stay.
  @Test(arguments: [("grow-only-set", "add"), ("set", "add"), ("append-list", "append")])
  func aLostElementIsTwoOperations(model: String, add: String) throws {
    var lines: [String] = []
    var all: [String] = []
    for number in 0..<60 {
      all.append("\(number)")
      lines += ["0 invoke \(add) \(number)", "0 ok \(add)"]
      if number > 1 { lines += ["1 invoke read", "1 ok read \(all.joined(separator: ","))"] }
    }
    let rest = all.filter { $0 != "17" }.joined(separator: ",")
    lines += ["1 invoke read", "1 ok read \(rest)"]
    let judgement = try check(history(lines.joined(separator: "\n")), CheckOptions(model: model))
    let violation = try #require(judgement.partitions[0].violation)
    let found = try #require(violation.core)
    #expect(!violation.explanation.joined().contains("nothing before"), "\(violation.explanation)")
    #expect(found.isConfirmed && found.members.count == 2, "\(found)")
    #expect(found.laws.contains(.elements))
    let shown = found.members.map(\.shortened)
    #expect(shown.contains(.array([])), "\(found)")
  }

  /// What crashed removals may have taken is in nobody's way once only the element is left that came twice.
  @Test(arguments: [
    ("stack", "push", "pop"), ("fifo-queue", "enqueue", "dequeue"),
    ("priority-queue", "insert", "poll"), ("bag", "add", "take"),
  ])
  func crashedRemovalsAreNoPartOfACore(model: String, insert: String, remove: String) throws {
    var lines: [String] = []
    for number in 0..<20 {
      lines += ["0 invoke \(insert) \(number)", "0 ok \(insert)"]
      let removal = "\(number + 10) invoke \(remove)"
      lines +=
        number.isMultiple(of: 3) ? [removal] : [removal, "\(number + 10) ok \(remove) \(number)"]
    }
    lines += ["1 invoke \(remove)", "1 ok \(remove) 19"]
    let found = try core(lines.joined(separator: "\n"), model: model)
    #expect(found.isConfirmed && found.members.count == 3, "\(found)")
  }

  /// Leaving out any groups, any observers, anything after an event, hiding any elements, and taking
  /// the ends from any calls keeps what is linearizable linearizable.
  private func expectLaws<M: Model>(
    _ trial: SolverTrial<M>, seed: UInt64, rounds: Int = 600
  ) {
    var random = SeededRandom(seed: seed)
    var dropped = 0
    for round in 0..<rounds {
      let calls = trial.calls(8, width: 1 + round % 5, crashes: 20, tampering: 10, &random)
      guard trial.oracle.isLinearizable(calls) else { continue }
      for _ in 0..<4 {
        let rest = projected(calls, trial.model, &random)
        if rest.count < calls.count { dropped += 1 }
        #expect(
          trial.oracle.isLinearizable(rest),
          "\(trial.oracle.dump(calls))\n\n\(trial.oracle.dump(rest))")
      }
    }
    #expect(dropped > rounds)
  }

  private func projected<M: Model>(
    _ calls: [Call<M.Command>], _ model: M, _ random: inout SeededRandom
  ) -> [Call<M.Command>] {
    var calls = calls
    if Bool.random(using: &random),
      let overwrite = Suffix.isolatedOverwrites(calls, model).randomElement(using: &random)
    {
      calls = Suffix.from(overwrite, of: calls)
    }
    if let groups = model.independentGroups(calls) {
      let gone = Set(groups.filter { $0 >= 0 && Bool.random(using: &random) && $0 % 2 == 0 })
      calls = zip(calls, groups).filter { !gone.contains($1) }.map(\.0)
    }
    let elements = calls.flatMap { model.elements(of: $0.command) }
    let hidden = Set(elements.filter { $0.json.utf8.last.map { $0 % 2 == 0 } ?? false })
    if Bool.random(using: &random) {
      calls = calls.compactMap { call in
        guard let command = model.command(call.command, hiding: hidden) else { return nil }
        var rest = call
        rest.command = command
        return rest
      }
    }
    calls.removeAll { model.isObserver($0.command) && Bool.random(using: &random) }
    let end = Int.random(in: 4...20, using: &random)
    calls = calls.prefix { $0.invocation < end }.map { call in
      var call = call
      if call.completion ?? 0 > end || Int.random(in: 0..<5, using: &random) == 0 {
        call.completion = nil
      }
      return call
    }
    let useful = model.usefulUntil(calls)
    return zip(calls, useful).filter { !$0.isCrashed || $1 > $0.invocation }.map(\.0)
  }

  private func value(_ random: inout SeededRandom) -> Value {
    .integer(Int64.random(in: 0..<3, using: &random))
  }

  @Test func lawsOfRegisters() {
    expectLaws(
      SolverTrial(
        model: Register(CheckOptions(model: "cas-register")),
        command: { state, random -> Register.Command in
          switch Int.random(in: 0..<3, using: &random) {
          case 0: .read(state)
          case 1: .write(value(&random))
          default: .cas(expected: state, new: value(&random))
          }
        }, crashed: { if case .read = $0 { nil } else { $0 } }, tampered: { command, _ in command }),
      seed: 31)
  }

  @Test func lawsOfCollections() {
    expectLaws(
      SolverTrial(
        model: FIFOQueue(initialState: []),
        command: { state, random -> FIFOQueue.Command in
          switch Int.random(in: 0..<4, using: &random) {
          case 0..<2: .enqueue(value(&random))
          case 2: .dequeue(state.first ?? .null)
          default: .peek(state.first ?? .null)
          }
        }, crashed: { if case .enqueue = $0 { $0 } else { .dequeueUnknown } },
        tampered: { command, _ in command }), seed: 32)
    expectLaws(
      SolverTrial(
        model: Stack(initialState: []),
        command: { state, random -> Stack.Command in
          switch Int.random(in: 0..<4, using: &random) {
          case 0..<2: .push(value(&random))
          case 2: .pop(state.last ?? .null)
          default: .peek(state.last ?? .null)
          }
        }, crashed: { if case .push = $0 { $0 } else { .popUnknown } },
        tampered: { command, _ in command }), seed: 33)
    expectLaws(
      SolverTrial(
        model: PriorityQueue([]),
        command: { state, random -> PriorityQueue.Command in
          let smallest = state.first?.elements.possible.first ?? .null
          return switch Int.random(in: 0..<4, using: &random) {
          case 0..<2: .insert(value(&random))
          case 2: .poll(smallest)
          default: .peek(smallest)
          }
        }, crashed: { if case .insert = $0 { $0 } else { .pollUnknown } },
        tampered: { command, _ in command }), seed: 34)
    expectLaws(
      SolverTrial(
        model: Bag(initialState: UnorderedElements()),
        command: { state, random -> Bag.Command in
          Bool.random(using: &random)
            ? .add(value(&random))
            : .take(state.possible.first ?? .null)
        }, crashed: { if case .add = $0 { $0 } else { .takeUnknown } },
        tampered: { command, _ in command }), seed: 35)
    expectLaws(
      SolverTrial(
        model: SetModel(initialState: []),
        command: { state, random -> SetModel.Command in
          let element = value(&random)
          let isThere = state.contains(element)
          return switch Int.random(in: 0..<4, using: &random) {
          case 0: .add(element, wasNew: !isThere)
          case 1: .remove(element, wasThere: isThere)
          case 2: .read(state)
          default: .contains(element, isThere)
          }
        },
        crashed: {
          switch $0 {
          case .add(let element, _): .add(element, wasNew: nil)
          case .remove(let element, _): .remove(element, wasThere: nil)
          default: nil
          }
        }, tampered: { command, _ in command }), seed: 36)
    expectLaws(
      SolverTrial(
        model: GrowOnlySet(initialState: [.integer(2)]),
        command: { state, random -> GrowOnlySet.Command in
          Bool.random(using: &random) ? .add(value(&random)) : .read(state)
        }, crashed: { if case .add = $0 { $0 } else { nil } },
        tampered: { command, _ in command }), seed: 37)
    expectLaws(
      SolverTrial(
        model: AppendList(initialState: [.integer(2)]),
        command: { state, random -> AppendList.Command in
          Bool.random(using: &random) ? .append(value(&random)) : .read(state)
        }, crashed: { if case .append = $0 { $0 } else { nil } },
        tampered: { command, _ in command }), seed: 38)
  }
}
