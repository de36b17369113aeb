import Histories
import Randomness
import Testing

@testable import Linearizability

/// The solvers for containers, against brute force: with elements that are unique and some that are not, and with
/// crashed calls of which nobody knows what they took.
@Suite struct ContainerSolverTests {
  private func queues(_ numbers: Numbers, peeks: Int, empties: Bool) -> SolverTrial<FIFOQueue> {
    SolverTrial(
      model: FIFOQueue(initialState: []),
      command: { state, random -> FIFOQueue.Command in
        if !empties, state.isEmpty { return .enqueue(numbers.next()) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: return .enqueue(numbers.next())
        case 5..<(5 + peeks):
          return Bool.random(using: &random) ? .peek(state.first ?? .null) : .peekUnknown
        default: return .dequeue(state.first ?? .null)
        }
      },
      crashed: \.crashed,
      tampered: { command, random in
        switch command {
        case .dequeue: .dequeue(numbers.known(&random))
        case .peek: .peek(numbers.known(&random))
        default: command
        }
      })
  }

  private func stacks(_ numbers: Numbers, peeks: Int) -> SolverTrial<Stack> {
    SolverTrial(
      model: Stack(initialState: []),
      command: { state, random -> Stack.Command in
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: .push(numbers.next())
        case 5..<(5 + peeks):
          Bool.random(using: &random) ? .peek(state.last ?? .null) : .peekUnknown
        default: .pop(state.last ?? .null)
        }
      },
      crashed: \.crashed,
      tampered: { command, random in
        switch command {
        case .push, .peekUnknown, .popUnknown: command
        case .pop: .pop(Bool.random(using: &random) ? .null : numbers.known(&random))
        case .peek: .peek(Bool.random(using: &random) ? .null : numbers.known(&random))
        }
      })
  }

  private func priorityQueues(
    _ numbers: Numbers, peeks: Int, priorities: Int64
  ) -> SolverTrial<PriorityQueue> {
    SolverTrial(
      model: PriorityQueue([]),
      command: { state, random -> PriorityQueue.Command in
        let first = state.first?.elements.possible.randomElement(using: &random) ?? .null
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
          let priority = Int64.random(in: 1...priorities, using: &random)
          return .insert(.array([.integer(priority), numbers.next()]))
        case 5..<(5 + peeks): return Bool.random(using: &random) ? .peek(first) : .peekUnknown
        default: return .poll(first)
        }
      },
      crashed: \.crashed,
      tampered: { command, random in
        switch command {
        case .poll(.array(let pair)):
          Bool.random(using: &random) ? .poll(.null) : .peek(.array(pair))
        case .peek(.array(let pair)):
          Bool.random(using: &random) ? .peek(.null) : .poll(.array(pair))
        default: command
        }
      })
  }

  private func bags(_ numbers: Numbers) -> SolverTrial<Bag> {
    SolverTrial(
      model: Bag(initialState: UnorderedElements()),
      command: { state, random -> Bag.Command in
        let element = state.possible.randomElement(using: &random)
        return Bool.random(using: &random) ? .add(numbers.next()) : .take(element ?? .null)
      },
      crashed: { if case .add = $0 { $0 } else { .takeUnknown } },
      tampered: { command, random in
        if case .add = command { return command }
        return .take(Bool.random(using: &random) ? .null : numbers.known(&random))
      })
  }

  // MARK: Small histories

  @Test(arguments: [0, 2], [false, true])
  func queues(peeks: Int, empties: Bool) {
    expectBoth(
      queues(Numbers(), peeks: peeks, empties: empties)
        .run(rounds: 2_000, seed: 20, operations: 1...9, crashes: 25),
      decided: peeks > 0 || empties ? 97 : 100)
  }

  @Test(arguments: [0, 2, 4])
  func stacks(peeks: Int) {
    expectBoth(
      stacks(Numbers(), peeks: peeks)
        .run(rounds: 3_000, seed: 21, operations: 1...10, crashes: 25, tampering: 12), decided: 97)
  }

  @Test(arguments: [0, 2, 4], [3, 1_000_000])
  func priorityQueues(peeks: Int, priorities: Int64) {
    expectBoth(
      priorityQueues(Numbers(), peeks: peeks, priorities: priorities)
        .run(rounds: 3_000, seed: 22, operations: 1...10, crashes: 25, tampering: 20), decided: 97)
  }

  @Test func bags() {
    expectBoth(
      bags(Numbers())
        .run(rounds: 3_000, seed: 23, operations: 1...9, crashes: 25, tampering: 15), decided: 97)
  }

  @Test func elementsThatComeAgain() {
    func numbers() -> Numbers { Numbers(limit: 4) }
    expectBoth(
      queues(numbers(), peeks: 2, empties: true)
        .run(rounds: 3_000, seed: 24, operations: 1...10, crashes: 20), decided: 80)
    expectBoth(
      stacks(numbers(), peeks: 2)
        .run(rounds: 3_000, seed: 25, operations: 1...10, crashes: 20, tampering: 12), decided: 80)
    expectBoth(
      priorityQueues(numbers(), peeks: 2, priorities: 2)
        .run(rounds: 3_000, seed: 26, operations: 1...10, crashes: 20, tampering: 20), decided: 80)
    expectBoth(
      bags(numbers())
        .run(rounds: 3_000, seed: 27, operations: 1...9, crashes: 20, tampering: 15), decided: 80)
  }

  // MARK: Large histories

  /// Too many calls for any search, some of them crashed.
  private func expectDecided<M: Model>(_ trial: SolverTrial<M>, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for round in 0..<10 {
      let calls = trial.calls(1_000, width: 6, crashes: 2, tampering: 0, &random)
      guard case .linearizable(let order) = trial.model.solve(calls) else {
        Issue.record("\(M.self), round \(round): \(trial.model.solve(calls))")
        continue
      }
      #expect(trial.oracle.flaw(in: order, of: calls) == nil, "\(M.self), round \(round)")
    }
  }

  /// Each element comes again now and then, but seldom while it is there.
  @Test(arguments: [Int64.max, 200])
  func crashedRemovalsAmongManyElements(limit: Int64) {
    func numbers() -> Numbers { Numbers(limit: limit) }
    expectDecided(queues(numbers(), peeks: 0, empties: true), seed: 31)
    expectDecided(stacks(numbers(), peeks: 0), seed: 32)
    expectDecided(priorityQueues(numbers(), peeks: 0, priorities: 50), seed: 33)
    expectDecided(bags(numbers()), seed: 34)
  }
}
