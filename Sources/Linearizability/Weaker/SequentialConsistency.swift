internal import Histories

/// Decides sequential consistency by trying orders, within bounds: for many processes it is
/// NP-complete, even where values are unique (P. Gibbons and E. Korach, "Testing shared memories",
/// 1997).
///
/// What matters of an order is how far each process is and what the register holds; such a position
/// is entered once. A read whose turn it is and that fits is taken at once: that changes nothing for
/// the others, and was to come anyway. A position is given up where a call that completed waits for a
/// value that nobody puts there any more. First the search is confined to some values: leaving out
/// all calls on others keeps an order an order.
struct SequentialConsistency {
  /// How many positions are entered where nothing quicker decides.
  private static var mostPositions: Int { 2_000 }
  /// How many are entered at first: an order is mostly found at once or not at all.
  private static var fewPositions: Int { 500 }
  /// How many are entered to find none among some of the calls.
  private static var partPositions: Int { 1_000 }
  /// How many processes times positions are remembered.
  private static var mostRemembered: Int { 4_000_000 }

  /// A call by the numbers of the values that it has to find, must not find, and puts there; -1 for
  /// none.
  private struct Step {
    var observed: Int32
    var denied: Int32
    var installed: Int32
    /// `Int.max` for one that crashed, the last of its process, which may never have taken effect.
    var completion: Int

    func isPossible(_ value: Int32) -> Bool {
      (observed < 0 || observed == value) && denied != value
    }
  }

  /// A position on the path and the processes whose next step was not tried yet: those of `choices`
  /// from `firstChoice` on.
  private struct Branch {
    var position: Int
    var firstChoice: Int
    /// What was put there to come here.
    var installed: Int32
  }

  /// The steps of each process in its order, one process after the other.
  private var steps: [Step] = []
  /// Where those of each process end.
  private var ends: [Int] = []
  /// How many steps that were not taken yet on the path put each value there.
  private var remaining: [Int32]
  private var positions: PositionTable
  private var path: [Branch] = []
  private var choices: [Int] = []

  /// Decides a history of which the given operations cannot be linearized.
  static func finding(
    _ history: RegisterHistory, impossible: Set<Int>
  ) -> WeakerConditions.Finding {
    var search = SequentialConsistency(Array(history.calls.indices), of: history)
    let found =
      search.run(within: fewPositions)
      ?? refute(impossible, of: history)
      ?? search.run(within: mostPositions)
    return switch found {
    case true?: .holds
    case false?: .broken([])
    case nil: .undecided(.tooHard)
    }
  }

  /// Whether it fails already with no other values than those that concern the given operations; nil
  /// if not, or if that would be all.
  private static func refute(_ impossible: Set<Int>, of history: RegisterHistory) -> Bool? {
    let accesses = history.calls.lazy.map { $0.command }
    guard let groups = linkedGroups(accesses, valueCount: history.valueCount) else { return nil }
    let kept = Set(
      zip(history.calls, groups).filter { impossible.contains($0.0.operation) }.map(\.1))
    let part = history.calls.indices.filter { groups[$0] < 0 || kept.contains(groups[$0]) }
    guard part.count < history.calls.count else { return nil }
    var search = SequentialConsistency(part, of: history)
    return search.run(within: partPositions) == false ? false : nil
  }

  private init(_ part: [Int], of history: RegisterHistory) {
    var sequences: [Int: [Int]] = [:]
    for call in part { sequences[history.processes[call], default: []].append(call) }
    var starts: [Int32] = []
    for (_, sequence) in sequences.sorted(by: { $0.key < $1.key }) {
      starts.append(Int32(steps.count))
      for call in sequence {
        let access = history.calls[call].command
        steps.append(
          Step(
            observed: access.observed ?? -1, denied: access.denied ?? -1,
            installed: access.installed ?? -1, completion: history.end(call)))
      }
      ends.append(steps.count)
    }
    remaining = Array(repeating: 0, count: history.valueCount)
    for step in steps where step.installed >= 0 { remaining[Int(step.installed)] += 1 }
    positions = PositionTable(start: starts + [RegisterHistory.initial])
    settle()
    positions.insertLast()
    open(installed: -1)
  }

  /// Depth first; nil where a bound was reached, from where it can go on.
  private mutating func run(within limit: Int) -> Bool? {
    if isEnd { return true }
    while let branch = path.last {
      guard choices.count > branch.firstChoice else {
        path.removeLast()
        if branch.installed >= 0 { remaining[Int(branch.installed)] += 1 }
        continue
      }
      if positions.count >= limit || positions.count * ends.count > Self.mostRemembered {
        return nil
      }
      let process = choices.removeLast()
      positions.copyToLast(branch.position)
      let installed = steps[Int(positions.last(process))].installed
      positions.setLast(process, positions.last(process) + 1)
      positions.setLast(ends.count, installed)
      settle()
      if isEnd { return true }
      remaining[Int(installed)] -= 1
      if isHopeless || !positions.insertLast() {
        positions.removeLast()
        remaining[Int(installed)] += 1
      } else {
        open(installed: installed)
      }
    }
    return false
  }

  /// The next step of a process at the newest position.
  private func front(_ process: Int) -> Step? {
    let next = Int(positions.last(process))
    return next < ends[process] ? steps[next] : nil
  }

  private var value: Int32 { positions.last(ends.count) }

  /// Takes all reads that fit.
  private mutating func settle() {
    let value = value
    for process in ends.indices {
      while let step = front(process), step.installed < 0, step.isPossible(value) {
        positions.setLast(process, positions.last(process) + 1)
      }
    }
  }

  /// Whether nothing is left but what crashed.
  private var isEnd: Bool { ends.indices.allSatisfy { front($0)?.completion ?? .max == .max } }

  private var isHopeless: Bool {
    let value = value
    return ends.indices.contains { process in
      guard let step = front(process), step.completion < .max else { return false }
      return step.observed >= 0 && step.observed != value && remaining[Int(step.observed)] == 0
    }
  }

  /// Goes on from the newest position. First comes what is due first: by its own completion, or by that of
  /// a call that waits for the value. So what crashed is taken only when it is needed.
  private mutating func open(installed: Int32) {
    path.append(
      Branch(position: positions.count - 1, firstChoice: choices.count, installed: installed))
    let value = value
    let possible = ends.indices.filter { process in
      front(process).map { $0.installed >= 0 && $0.isPossible(value) } ?? false
    }
    let ranked = possible.map { (due: due($0), process: $0) }.sorted { $0.due > $1.due }
    choices.append(contentsOf: ranked.map(\.process))
  }

  private func due(_ process: Int) -> Int {
    guard let step = front(process) else { return .max }
    var due = step.completion
    for other in ends.indices {
      guard let waiting = front(other), waiting.observed == step.installed else { continue }
      due = min(due, waiting.completion)
    }
    return due
  }
}
