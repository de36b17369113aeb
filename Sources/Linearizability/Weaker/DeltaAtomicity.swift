internal import Histories

/// Finds the smallest time by which the beginning of every read has to be moved back for a register
/// to be linearizable (W. Golab, X. Li and M. Shah, 2011). For each such time the usual solver or a
/// bounded search decides; more time only widens intervals, so the smallest is found by bisection.
///
/// Chunks are judged one by one, where the history has them (`conflictingChunks`): most need no more than what
/// others are known to need, which is one decision.
///
/// Only reads are moved. A cas is a write too, and stays. What happened at the same time is
/// concurrent. Any time that is the smallest lies between the beginning of a read and an earlier
/// event, so whole nanoseconds suffice.
struct DeltaAtomicity {
  /// How many calls are decided together.
  private static var mostCalls: Int { 200_000 }

  private let calls: [Call<RegisterHistory.Access>]
  private let valueCount: Int
  /// The events of the calls in their order, and the time of each.
  private let events: [Event]
  private let times: [Int64]
  /// The place of each call's invocation among them.
  private let begins: [Int]

  private struct Event {
    var position: Int
    var call: Int32
    var isEnd: Bool
  }

  /// For a history that is not linearizable. `time` gives the time of the event at a position.
  static func staleness(
    _ history: RegisterHistory, time: (Int) -> Int64?
  ) -> WeakerConditions.Staleness {
    if history.calls.indices.contains(where: history.isUnexplained) { return .never }
    var most: Int64 = -1
    for part in history.conflictingChunks()?.map(history.part) ?? [history] {
      switch staleness(ofPart: part, from: most, time) {
      case .nanoseconds(let delta): most = delta
      case let found: return found
      }
    }
    return .nanoseconds(max(most, 0))
  }

  /// What a part needs if that is more than a time that others need; -1 if there are none.
  private static func staleness(
    ofPart history: RegisterHistory, from least: Int64, _ time: (Int) -> Int64?
  ) -> WeakerConditions.Staleness {
    guard history.calls.count <= mostCalls else { return .undecided(.tooHard) }
    let events = events(of: history.calls)
    var times: [Int64] = []
    for event in events {
      guard let time = time(event.position), time >= times.last ?? .min else {
        return .undecided(.noTimes)
      }
      times.append(time)
    }
    return DeltaAtomicity(history, events: events, times: times).staleness(from: least)
  }

  private static func events(of calls: [Call<RegisterHistory.Access>]) -> [Event] {
    var events: [Event] = []
    for (index, call) in calls.enumerated() {
      events.append(Event(position: call.invocation, call: Int32(index), isEnd: false))
      guard let end = call.completion else { continue }
      events.append(Event(position: end, call: Int32(index), isEnd: true))
    }
    return events.sorted { $0.position < $1.position }
  }

  private init(_ history: RegisterHistory, events: [Event], times: [Int64]) {
    calls = history.calls
    valueCount = history.valueCount
    self.events = events
    self.times = times
    begins = events.indices.filter { !events[$0].isEnd }
  }

  private func staleness(from least: Int64) -> WeakerConditions.Staleness {
    let (whole, overflows) = (times.last ?? 0).subtractingReportingOverflow(times.first ?? 0)
    if overflows { return .undecided(.tooHard) }
    if least >= 0 {
      guard let isEnough = isLinearizable(least) else { return .undecided(.tooHard) }
      if isEnough { return .nanoseconds(least) }
    }
    // The more time, the more calls are concurrent and the harder it is to decide, so little is tried first: a
    // millisecond more, then eight times as much more each time.
    var (tooLittle, enough, more): (Int64, Int64, Int64) = (least, least, 1_000_000)
    while true {
      if enough >= whole { return .never }
      tooLittle = enough
      enough = enough > whole - more ? whole : enough + more
      more = min(more, .max / 8) * 8
      guard let isEnough = isLinearizable(enough) else { return .undecided(.tooHard) }
      if isEnough { break }
    }
    while enough - tooLittle > 1 {
      let middle = tooLittle + (enough - tooLittle) / 2
      guard let answer = isLinearizable(middle) else { return .undecided(.tooHard) }
      if answer { enough = middle } else { tooLittle = middle }
    }
    return .nanoseconds(enough)
  }

  private func isLinearizable(_ delta: Int64) -> Bool? {
    let calls = moved(delta)
    switch solve(calls) {
    case .linearizable: return true
    case .impossible: return false
    case .undecided:
      return boundedSearch(
        calls, under: AccessedRegister(initialState: RegisterHistory.initial),
        usefulUntil: RegisterHistory.Access.usefulUntil(calls))
    }
  }

  /// What the solver says, of columns if they are all that it needs.
  private func solve(_ calls: [Call<RegisterHistory.Access>]) -> Decision {
    if calls.contains(where: { $0.command.denied != nil }) {
      switch RegisterHistory.register.solveAndInsert(RegisterHistory.registerCalls(calls)) {
      case .linearizable: return .linearizable
      case .impossible(let core): return .impossible(core)
      case .undecided: return .undecided
      }
    }
    let columns = CallColumns(calls, valueCount: { valueCount }) { CallColumns.Entry($1) }
    return columns.map {
      RegisterChains($0, initial: UInt32(RegisterHistory.initial)).decision()
    } ?? .undecided
  }

  /// The calls with reads begun earlier, in order of invocation. Complexity: O(n).
  private func moved(_ delta: Int64) -> [Call<RegisterHistory.Access>] {
    let begins = movedBegins(delta)
    var moved: [Call<RegisterHistory.Access>] = []
    moved.reserveCapacity(calls.count)
    // Where each call is among those that are moved, and which comes next of those that begin earlier: they
    // begin in the order in which they did, for the order of times is kept.
    var places = Array(repeating: 0, count: calls.count)
    var observers = calls.indices.filter { isMoved($0) }[...]
    var position = 0
    func begin(_ call: Int) {
      places[call] = moved.count
      moved.append(calls[call])
      moved[moved.count - 1].invocation = position
      moved[moved.count - 1].completion = nil
      position += 1
    }
    for (place, event) in events.enumerated() {
      while let next = observers.first, begins[next] <= place {
        begin(next)
        observers.removeFirst()
      }
      let call = Int(event.call)
      if event.isEnd {
        moved[places[call]].completion = position
        position += 1
      } else if !isMoved(call) {
        begin(call)
      }
    }
    return moved
  }

  private func isMoved(_ call: Int) -> Bool { calls[call].command.installed == nil }

  /// For each call the first event that is not earlier than that before it begins, if it is one that is
  /// moved: at most the beginning itself.
  private func movedBegins(_ delta: Int64) -> [Int] {
    var earliest = 0
    return begins.indices.map { call in
      let begin = begins[call]
      guard isMoved(call) else { return begin }
      let (time, overflows) = times[begin].subtractingReportingOverflow(delta)
      while !overflows, times[earliest] < time { earliest += 1 }
      return overflows ? 0 : min(begin, earliest)
    }
  }
}
