internal import Histories

/// Finds the smallest time by which the beginning of every read has to be moved back for a register
/// to be linearizable (W. Golab, X. Li and M. Shah, 2011). For each such time the usual solver or a
/// bounded search decides; more time only widens intervals, so the smallest is found by bisection.
///
/// Only reads are moved. A cas is a write too, and stays. What happened at the same time is
/// concurrent. Any time that is the smallest lies between the beginning of a read and an earlier
/// event, so whole nanoseconds suffice.
struct DeltaAtomicity {
  /// How many calls are decided in all.
  private static var mostCalls: Int { 200_000 }

  private let register = RegisterHistory.register
  private let calls: [Call<Register.Command>]
  /// The positions of the calls' events, and their times.
  private let positions: [Int]
  private let times: [Int64]

  /// For a history that is not linearizable. `time` gives the time of the event at a position.
  static func staleness(
    _ history: RegisterHistory, time: (Int) -> Int64?
  ) -> WeakerConditions.Staleness {
    if history.calls.indices.contains(where: history.isUnexplained) { return .never }
    guard history.calls.count <= mostCalls else { return .undecided(.tooHard) }
    let positions =
      (history.calls.map(\.invocation) + history.calls.compactMap(\.completion)).sorted()
    var times: [Int64] = []
    for position in positions {
      guard let time = time(position), time >= times.last ?? .min else {
        return .undecided(.noTimes)
      }
      times.append(time)
    }
    return DeltaAtomicity(calls: history.registerCalls, positions: positions, times: times)
      .staleness()
  }

  private init(calls: [Call<Register.Command>], positions: [Int], times: [Int64]) {
    self.calls = calls
    self.positions = positions
    self.times = times
  }

  private func staleness() -> WeakerConditions.Staleness {
    let (whole, overflows) = (times.last ?? 0).subtractingReportingOverflow(times.first ?? 0)
    if overflows { return .undecided(.tooHard) }
    // The more time, the more calls are concurrent and the harder it is to decide, so little is tried first: a
    // millisecond, then eight times as much each time.
    var (tooLittle, enough): (Int64, Int64) = (-1, min(whole, 1_000_000))
    while true {
      guard let answer = isLinearizable(enough) else { return .undecided(.tooHard) }
      if answer { break }
      if enough == whole { return .never }
      tooLittle = enough
      enough = enough > whole / 8 ? whole : enough * 8
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
    switch register.solveAndInsert(calls) {
    case .linearizable: return true
    case .impossible: return false
    case .undecided: break
    }
    return boundedSearch(calls, under: register, usefulUntil: Register.usefulUntil(calls))
  }

  /// A call's begin or end: where it was, or right before the event where it is moved to.
  private struct Mark {
    var rank: Int
    var isMoved: Bool
    var call: Int
    var isEnd: Bool
  }

  /// The calls with reads begun earlier, in order of invocation.
  private func moved(_ delta: Int64) -> [Call<Register.Command>] {
    var marks: [Mark] = []
    for (index, call) in calls.enumerated() {
      let begin = rank(call.invocation)
      let moved = register.isObserver(call.command) ? firstRank(before: begin, by: delta) : begin
      marks.append(Mark(rank: moved, isMoved: moved < begin, call: index, isEnd: false))
      guard let end = call.completion else { continue }
      marks.append(Mark(rank: rank(end), isMoved: false, call: index, isEnd: true))
    }
    marks.sort { ($0.rank, $0.isMoved ? 0 : 1, $0.call) < ($1.rank, $1.isMoved ? 0 : 1, $1.call) }
    var calls = calls
    for (place, mark) in marks.enumerated() {
      if mark.isEnd {
        calls[mark.call].completion = place
      } else {
        calls[mark.call].invocation = place
      }
    }
    return calls.sorted { $0.invocation < $1.invocation }
  }

  private func rank(_ position: Int) -> Int { positions.partitioningIndex { $0 >= position } }

  /// The first event that is not earlier than that, at most the event itself.
  private func firstRank(before rank: Int, by delta: Int64) -> Int {
    let (time, overflows) = times[rank].subtractingReportingOverflow(delta)
    if overflows { return 0 }
    var (low, high) = (0, rank)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] >= time { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
