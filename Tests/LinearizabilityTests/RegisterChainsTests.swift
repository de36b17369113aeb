import Histories
import Randomness
import Testing

@testable import Linearizability

/// The solver for registers whose values are unique, against brute force.
@Suite struct RegisterChainsTests {
  private func trial(initial: Value) -> SolverTrial<Register> {
    let counter = Counter()
    return SolverTrial(
      model: Register(CheckOptions(model: "cas-register", initial: initial)),
      command: { state, random in
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: .read(Int.random(in: 0..<10, using: &random) == 0 ? nil : state)
        case 4..<7: .write(counter.next())
        case 7: .cas(expected: state, new: state)
        default: .cas(expected: state, new: counter.next())
        }
      },
      crashed: { command in if case .read = command { nil } else { command } },
      tampered: { command, random in
        let value = counter.recent(&random)
        return switch command {
        case .read: .read(value)
        case .cas(_, let new): .cas(expected: value, new: new)
        case .write, .failedCAS: command
        }
      })
  }

  /// Gives each value once.
  private final class Counter {
    private var last: Int64 = 0
    func next() -> Value {
      last += 1
      return .integer(last)
    }
    func recent(_ random: inout SeededRandom) -> Value {
      .integer(last - Int64.random(in: -1...3, using: &random))
    }
  }

  @Test func agreesWithBruteForce() {
    let tally = trial(initial: .null).run(rounds: 4_000, seed: 1)
    #expect(tally.linearizable > 1_500 && tally.impossible > 200, "\(tally)")
  }

  @Test func agreesWhereManyCrash() {
    let tally = trial(initial: .null).run(rounds: 3_000, seed: 2, crashes: 40, tampering: 15)
    #expect(tally.linearizable > 1_000 && tally.impossible > 200, "\(tally)")
  }

  @Test func repeatedValuesAreLeftToTheSearch() {
    let model = Register(CheckOptions(model: "register"))
    let twice = [0, 2].map {
      Call(
        operation: $0, command: Register.Command.write(.integer(1)), invocation: $0,
        completion: $0 + 1)
    }
    #expect(model.solve(twice) == .undecided)
    let initial = [
      Call(operation: 0, command: Register.Command.write(.null), invocation: 0, completion: 1)
    ]
    #expect(model.solve(initial) == .undecided)
  }

  @Test func cyclesOfCompareAndSetAreImpossible() {
    let pairs: [(Int64, Int64)] = [(1, 2), (2, 1)]
    let calls = pairs.enumerated().map { index, pair in
      Call(
        operation: index,
        command: Register.Command.cas(expected: .integer(pair.0), new: .integer(pair.1)),
        invocation: index, completion: index + 2)
    }
    let answer = Register(CheckOptions(model: "cas-register")).solve(calls)
    #expect(answer == .impossible([0, 1]) || answer == .impossible([1, 0]))
  }
}
