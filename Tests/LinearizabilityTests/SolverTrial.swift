import Histories
import Linearizability
import Randomness
import Testing

/// Tries a model's solver on random calls against brute force, which tries every order.
///
/// The calls come from a simulation, so they are linearizable until some are tampered with: points
/// in random order on a line, each with an interval around it.
struct SolverTrial<M: Model> {
  var model: M
  /// A command that is possible in the state, with its result.
  var command: (M.State, inout SeededRandom) -> M.Command
  /// What is left of a command when it crashed; nil if nothing, as of an observer.
  var crashed: (M.Command) -> M.Command?
  /// Another command that may be impossible where the first was possible.
  var tampered: (M.Command, inout SeededRandom) -> M.Command

  var oracle: CallOracle<M> { CallOracle(model: model) }

  /// Compares as many histories as asked for, or as the environment's FAULTLINE_ORACLE_ROUNDS
  /// says. Every order is replayed. Of all histories, `crashes` and `tampering` are percentages of calls.
  func run(
    rounds: Int, seed: UInt64, operations: ClosedRange<Int> = 1...8, crashes: Int = 15,
    tampering: Int = 8
  ) -> CallOracle<M>.Tally {
    var random = SeededRandom(seed: seed)
    var tally = CallOracle<M>.Tally()
    for round in 0..<(oracleRounds ?? rounds) {
      let width = Int.random(in: 1...6, using: &random)
      let calls = calls(
        Int.random(in: operations, using: &random), width: width,
        crashes: round % 3 == 0 ? 0 : crashes, tampering: round % 2 == 0 ? 0 : tampering, &random)
      oracle.compare(calls, &tally) { "seed \(seed), round \(round)" }
    }
    return tally
  }

  /// Random calls, in order of invocation; positions are distinct.
  func calls(
    _ count: Int, width: Int, crashes: Int, tampering: Int, _ random: inout SeededRandom
  ) -> [Call<M.Command>] {
    var state = model.initialState
    var calls: [(begin: Double, end: Double, command: M.Command)] = []
    for index in 0..<count {
      var command = command(state, &random)
      if let next = model.step(state, command) { state = next }
      if Int.random(in: 0..<100, using: &random) < tampering {
        command = tampered(command, &random)
      }
      let point = Double(index)
      let reach = Double(width) / 2
      let begin = point - Double.random(in: 0...reach, using: &random)
      var end = point + Double.random(in: 0...reach, using: &random)
      if Int.random(in: 0..<100, using: &random) < crashes {
        guard let rest = crashed(command) else { continue }
        command = rest
        end = .infinity
      }
      calls.append((begin, end, command))
    }
    calls.sort { $0.begin < $1.begin }
    let instants = calls.flatMap { [$0.begin, $0.end] }.filter { $0.isFinite }.sorted()
    return calls.enumerated().map { index, call in
      Call(
        operation: index, command: call.command,
        invocation: instants.firstIndex(of: call.begin) ?? 0,
        completion: call.end.isFinite ? instants.lastIndex(of: call.end) : nil)
    }
  }
}

/// How many rounds the environment asks for: the long version of the differential tests.
let oracleRounds: Int? = environmentNumber("FAULTLINE_ORACLE_ROUNDS")

/// Gives numbers, each once, or again after as many as the limit says.
final class Numbers {
  private(set) var last: Int64 = 0
  private let limit: Int64

  init(limit: Int64 = .max) { self.limit = limit }

  func next() -> Value {
    last += 1
    return .integer(last % limit)
  }

  func known(_ random: inout SeededRandom) -> Value {
    .integer(Int64.random(in: max(1, last - 4)...max(1, last + 1), using: &random) % limit)
  }
}

/// Both answers come often enough, and the share of histories in percent is decided.
func expectBoth<M>(_ tally: CallOracle<M>.Tally, decided: Int = 90) {
  let rounds = tally.linearizable + tally.impossible + tally.undecided
  #expect(tally.linearizable > rounds / 3 && tally.impossible > rounds / 50, "\(tally)")
  #expect(tally.undecided * 100 <= rounds * (100 - decided), "\(tally)")
}
