import Histories
import Randomness
import Testing

@testable import Linearizability

/// What is known of crashed calls on containers: until when they help, and what that saves.
@Suite struct CrashedRemovalTests {
  /// Few elements, so that they come twice.
  private func element(_ random: inout SeededRandom) -> Value {
    .integer(Int64.random(in: 1...3, using: &random))
  }

  /// Whether calls that the model says to be of no use can be left out, asked of brute force: after the
  /// event until which they help, and for ever. Also removals that completed without a result.
  private func expectUseless<M: Model>(_ trial: SolverTrial<M>, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var (linearizable, impossible, useless) = (0, 0, 0)
    for round in 0..<(oracleRounds ?? 4_000) {
      let calls = trial.calls(
        Int.random(in: 1...9, using: &random), width: Int.random(in: 1...7, using: &random),
        crashes: [15, 30, 60][round % 3], tampering: round % 2 * 12, &random)
      let useful = trial.model.usefulUntil(calls)
      let place = { Comment("seed \(seed), round \(round):\n\(trial.oracle.dump(calls))") }
      let expected = trial.oracle.isLinearizable(calls)
      if expected { linearizable += 1 } else { impossible += 1 }
      let kept = zip(calls, useful).filter { !$0.isCrashed || $1 > $0.invocation }.map(\.0)
      useless += calls.count - kept.count
      #expect(trial.oracle.isLinearizable(kept) == expected, place())
      let (result, _) = search(
        calls, under: trial.model, usefulUntil: useful, budget: SearchBudget())
      switch result {
      case .linearizable(let order):
        #expect(expected && trial.oracle.flaw(in: order, of: calls) == nil, place())
      case .impossible: #expect(!expected, place())
      case .unknown: Issue.record(place())
      }
    }
    #expect(linearizable > 1_000 && impossible > 50 && useless > 1_000, "\(impossible), \(useless)")
  }

  private func queue(_ state: [Value], _ random: inout SeededRandom) -> FIFOQueue.Command {
    switch Int.random(in: 0..<8, using: &random) {
    case 0..<3: .enqueue(element(&random))
    case 3: .peek(state.first ?? .null)
    case 4: .dequeueUnknown
    default: .dequeue(state.first ?? .null)
    }
  }

  @Test func queues() {
    expectUseless(
      SolverTrial(
        model: FIFOQueue(initialState: [.integer(1)]), command: queue,
        crashed: \.crashed,
        tampered: { command, random in
          if case .enqueue = command { command } else { .dequeue(element(&random)) }
        }), seed: 501)
  }

  @Test func stacks() {
    expectUseless(
      SolverTrial(
        model: Stack(initialState: [.integer(1)]),
        command: { state, random -> Stack.Command in
          switch Int.random(in: 0..<8, using: &random) {
          case 0..<3: .push(element(&random))
          case 3: .peek(state.last ?? .null)
          case 4: .popUnknown
          default: .pop(state.last ?? .null)
          }
        },
        crashed: \.crashed,
        tampered: { command, random in
          if case .push = command { command } else { .pop(element(&random)) }
        }), seed: 502)
  }

  /// Elements of two priorities, two of each.
  private func named(_ random: inout SeededRandom) -> Value {
    let name = ["a", "b"].randomElement(using: &random) ?? "a"
    return .array([.integer(Int64.random(in: 1...2, using: &random)), .string(name)])
  }

  @Test func priorityQueues() {
    expectUseless(
      SolverTrial(
        model: PriorityQueue([]),
        command: { state, random -> PriorityQueue.Command in
          switch Int.random(in: 0..<8, using: &random) {
          case 0..<3: .insert(named(&random))
          case 3: .peek(state.first?.elements.possible.first ?? .null)
          case 4: .pollUnknown
          default: .poll(state.first?.elements.possible.first ?? .null)
          }
        },
        crashed: \.crashed,
        tampered: { command, random in
          if case .insert = command { command } else { .poll(named(&random)) }
        }), seed: 503)
  }

  @Test func bags() {
    expectUseless(
      SolverTrial(
        model: Bag(initialState: UnorderedElements([.integer(1): 1])),
        command: { state, random -> Bag.Command in
          let some = state.possible.first
          switch Int.random(in: 0..<7, using: &random) {
          case 0..<3: return .add(element(&random))
          case 3: return .takeUnknown
          default: return .take(some ?? .null)
          }
        },
        crashed: { if case .add = $0 { $0 } else { .takeUnknown } },
        tampered: { command, random in
          if case .add = command { command } else { .take(element(&random)) }
        }), seed: 504)
  }

  /// Elements that come twice, half of all removals crashed, and removals that found nothing: what a solver
  /// leaves to the search.
  private func configurations<M: Model>(
    _ model: M, insert: (Value) -> M.Command, remove: (Value) -> M.Command, crashed: M.Command
  ) -> Int {
    var random = SeededRandom(seed: 505)
    var calls: [Call<M.Command>] = []
    func call(_ command: M.Command, isCrashed: Bool = false) {
      let position = 2 * calls.count
      calls.append(
        Call(
          operation: calls.count, command: command, invocation: position,
          completion: isCrashed ? nil : position + 1))
    }
    for _ in 0..<40 {
      let value = element(&random)
      call(insert(value))
      call(crashed, isCrashed: true)
      call(remove(value))
      call(remove(.null))
    }
    let (result, effort) = search(
      calls, under: model, usefulUntil: model.usefulUntil(calls), budget: SearchBudget())
    guard case .linearizable = result else {
      Issue.record("not linearizable")
      return 0
    }
    return effort.configurations
  }

  @Test func whatFoundNothingCostsNothing() {
    let bags = configurations(
      Bag(initialState: UnorderedElements()), insert: { .add($0) }, remove: { .take($0) },
      crashed: .takeUnknown)
    let queues = configurations(
      PriorityQueue([]), insert: { .insert($0) }, remove: { .poll($0) },
      crashed: .pollUnknown)
    #expect(bags < 400 && queues < 400, "\(bags), \(queues)")
  }
}
