internal import Histories

/// Decides sequential consistency by trying orders, within bounds: for many processes it is
/// NP-complete, even where values are unique (P. Gibbons and E. Korach, "Testing shared memories",
/// 1997).
///
/// What matters of an order is how far each process is and what the register holds; such a position
/// from which no way led on is not tried again. A read whose turn it is and that fits is taken at
/// once: that changes nothing for the others, and was to come anyway. First the search is confined
/// to some values: leaving out all calls on others keeps an order an order.
struct SequentialConsistency {
  /// How many positions are tried.
  private static var mostPositions: Int { 50_000 }
  /// How many processes times positions are remembered.
  private static var mostRemembered: Int { 8_000_000 }

  private let calls: [Call<Register.Command>]
  /// What each call has to find, and what it puts there, as numbers; -1 where it is nothing.
  private let observed: [Int32]
  private let installed: [Int32]
  /// What each call must not find, likewise.
  private let denied: [Int32]
  /// The calls of each process in its order.
  private let sequences: [[Int]]
  private var deadEnds: Set<Position> = []
  private var tried = 0

  private struct Position: Hashable {
    var next: [Int32]
    var value: Int32

    func advanced(_ process: Int, to value: Int32) -> Self {
      var position = Position(next: next, value: value)
      position.next[process] += 1
      return position
    }
  }

  /// A position with the ways on that were not tried yet.
  private struct Branch {
    var position: Position
    var choices: [Int]
  }

  /// Decides a history of which the given operations cannot be linearized.
  static func finding(
    _ history: RegisterHistory, impossible: Set<Int>
  ) -> WeakerConditions.Finding {
    if let groups = Register(initialState: history.initial).independentGroups(history.calls) {
      let kept = Set(
        zip(history.calls, groups).filter { impossible.contains($0.0.operation) }.map(\.1))
      let part = history.calls.indices.filter { groups[$0] < 0 || kept.contains(groups[$0]) }
      if part.count < history.calls.count, decide(part, of: history) == false {
        return .broken([])
      }
    }
    return switch decide(Array(history.calls.indices), of: history) {
    case true?: .holds
    case false?: .broken([])
    case nil: .undecided(.tooHard)
    }
  }

  private static func decide(_ part: [Int], of history: RegisterHistory) -> Bool? {
    var search = SequentialConsistency(part, of: history)
    return search.run()
  }

  private init(_ part: [Int], of history: RegisterHistory) {
    var sequences: [Int: [Int]] = [:]
    for call in part { sequences[history.processes[call], default: []].append(call) }
    calls = history.calls
    self.sequences = sequences.sorted { $0.key < $1.key }.map(\.value)
    var numbers: [Value: Int32] = [history.initial: 0]
    func number(_ value: Value?) -> Int32 {
      guard let value else { return -1 }
      let next = Int32(numbers.count)
      if let number = numbers[value] { return number }
      numbers[value] = next
      return next
    }
    observed = history.calls.map { number($0.command.observed) }
    installed = history.calls.map { number($0.command.installed) }
    denied = history.calls.map { call in
      if case .failedCAS(let expected) = call.command { number(expected) } else { -1 }
    }
  }

  private mutating func run() -> Bool? {
    let start = Position(
      next: Array(repeating: 0, count: sequences.count), value: 0)
    var branches: [Branch] = []
    func open(_ position: Position) -> Branch {
      let settled = settled(position)
      return Branch(position: settled, choices: choices(settled))
    }
    branches.append(open(start))
    while let branch = branches.last {
      if isEnd(branch.position) { return true }
      guard let choice = branch.choices.last else {
        deadEnds.insert(branch.position)
        branches.removeLast()
        continue
      }
      branches[branches.count - 1].choices.removeLast()
      tried += 1
      if tried > Self.mostPositions || tried * sequences.count > Self.mostRemembered { return nil }
      let next = open(
        branch.position.advanced(
          choice, to: front(choice, branch.position).map { installed[$0] } ?? 0))
      if !deadEnds.contains(next.position) { branches.append(next) }
    }
    return false
  }

  /// Takes all reads that fit.
  private func settled(_ position: Position) -> Position {
    var position = position
    for process in sequences.indices {
      while let call = front(process, position),
        installed[call] < 0, isPossible(call, position)
      {
        position.next[process] += 1
      }
    }
    return position
  }

  /// The processes whose next call changes the register and is possible; tried from the last: first
  /// what others wait for, then what was invoked first.
  private func choices(_ position: Position) -> [Int] {
    let wanted = sequences.indices.compactMap { front($0, position).map { observed[$0] } }
    func rank(_ process: Int) -> (Int, Int) {
      guard let call = front(process, position) else { return (0, 0) }
      return (wanted.contains(installed[call]) ? 1 : 0, -calls[call].invocation)
    }
    return sequences.indices.filter { process in
      front(process, position).map { installed[$0] >= 0 && isPossible($0, position) } ?? false
    }.sorted { rank($0) < rank($1) }
  }

  private func front(_ process: Int, _ position: Position) -> Int? {
    let next = Int(position.next[process])
    return next < sequences[process].count ? sequences[process][next] : nil
  }

  private func isPossible(_ call: Int, _ position: Position) -> Bool {
    (observed[call] < 0 || observed[call] == position.value) && denied[call] != position.value
  }

  /// Whether nothing is left but what crashed, which may never have taken effect.
  private func isEnd(_ position: Position) -> Bool {
    sequences.indices.allSatisfy { process in
      front(process, position).map { calls[$0].isCrashed } ?? true
    }
  }
}
