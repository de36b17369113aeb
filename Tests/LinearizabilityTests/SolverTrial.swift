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

  /// How often each answer was given, so that a test can tell that it saw all.
  struct Tally: CustomStringConvertible {
    var linearizable = 0
    var impossible = 0
    var undecided = 0

    var description: String {
      "\(linearizable) linearizable, \(impossible) impossible, \(undecided) undecided"
    }
  }

  /// Compares as many histories as asked for, or as the environment's FAULTLINE_ORACLE_ROUNDS
  /// says. Every order is replayed. Of all histories, `crashes` and `tampering` are percentages of calls.
  func run(
    rounds: Int, seed: UInt64, operations: ClosedRange<Int> = 1...8, crashes: Int = 15,
    tampering: Int = 8
  ) -> Tally {
    var random = SeededRandom(seed: seed)
    var tally = Tally()
    for round in 0..<(oracleRounds ?? rounds) {
      let width = Int.random(in: 1...6, using: &random)
      let calls = calls(
        Int.random(in: operations, using: &random), width: width,
        crashes: round % 3 == 0 ? 0 : crashes, tampering: round % 2 == 0 ? 0 : tampering, &random)
      compare(calls, &tally) { "seed \(seed), round \(round)" }
    }
    return tally
  }

  /// Compares one history.
  func compare(_ calls: [Call<M.Command>], _ tally: inout Tally, _ place: () -> String) {
    switch model.solve(calls) {
    case .undecided: tally.undecided += 1
    case .linearizable(let order):
      tally.linearizable += 1
      if let wrong = flaw(in: order, of: calls) {
        Issue.record("\(place()): \(wrong)\n\(order)\n\(dump(calls))")
      }
    case .impossible(let core):
      tally.impossible += 1
      if isLinearizable(calls) { Issue.record("\(place()): linearizable\n\(dump(calls))") }
      if core.isEmpty || !core.allSatisfy(calls.indices.contains) {
        Issue.record("\(place()): core \(core)\n\(dump(calls))")
      }
    }
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

  private struct Position: Hashable {
    var done: UInt64
    var state: M.State
  }

  /// Whether some order exists, by trying all.
  func isLinearizable(_ calls: [Call<M.Command>]) -> Bool {
    var failed: Set<Position> = []
    func search(_ done: UInt64, _ state: M.State) -> Bool {
      let open = calls.indices.filter { done & (1 << UInt64($0)) == 0 }
      if open.allSatisfy({ calls[$0].isCrashed }) { return true }
      if failed.contains(Position(done: done, state: state)) { return false }
      let firstEnd = open.compactMap { calls[$0].completion }.min() ?? .max
      for call in open where calls[call].invocation < firstEnd {
        if let next = model.step(state, calls[call].command),
          search(done | (1 << UInt64(call)), next)
        {
          return true
        }
      }
      failed.insert(Position(done: done, state: state))
      return false
    }
    return search(0, model.initialState)
  }

  /// What is wrong with an order; nil if it is a linearization.
  func flaw(in order: [Int], of calls: [Call<M.Command>]) -> String? {
    var state = model.initialState
    var latest = -1
    var placed: Set<Int> = []
    for call in order {
      guard calls.indices.contains(call), placed.insert(call).inserted else {
        return "call \(call) occurs twice, or does not exist"
      }
      if calls[call].completion ?? .max < latest { return "call \(call) comes too late" }
      latest = max(latest, calls[call].invocation)
      guard let next = model.step(state, calls[call].command) else {
        return "call \(call) is not possible where it stands"
      }
      state = next
    }
    let missing = calls.indices.first { !calls[$0].isCrashed && !placed.contains($0) }
    return missing.map { "call \($0) is missing" }
  }

  func dump(_ calls: [Call<M.Command>]) -> String {
    calls.enumerated().map { index, call in
      "\(index): [\(call.invocation), \(call.completion.map(String.init) ?? "-")] \(call.command)"
    }.joined(separator: "\n")
  }
}

/// How many rounds the environment asks for: the long version of the differential tests.
let oracleRounds: Int? = environmentNumber("FAULTLINE_ORACLE_ROUNDS")
