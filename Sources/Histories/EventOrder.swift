/// Puts events in order that were written late or by several recorders.
enum EventOrder {
  /// The events by index where all have one; else by time where all have one and the lines are not
  /// in order of time already; else as they are. Throws if an index occurs twice.
  ///
  /// Complexity: O(n log n), or O(n) if they are in order.
  static func arranged(
    _ events: [Event], isIndexed: Bool, source: String
  ) throws(HistoryError) -> [Event] {
    isIndexed ? try byIndex(events, source) : byTime(events)
  }

  private static func byIndex(
    _ events: [Event], _ source: String
  ) throws(HistoryError) -> [Event] {
    if zip(events, events.dropFirst()).allSatisfy({ $0.index < $1.index }) { return events }
    let sorted = events.sorted { ($0.index, $0.line ?? 0) < ($1.index, $1.line ?? 0) }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.index == second.index {
      throw HistoryError(
        file: source, line: second.line,
        message: "index \(second.index) was already used"
          + (first.line.map { " in line \($0)" } ?? ""))
    }
    return sorted
  }

  /// Events of the same time on different processes are concurrent, so that invocations go ahead of
  /// completions. Where the lines of a process make sense in their order, they keep it whatever
  /// their times: a clock that runs backwards is then found when they are paired.
  private static func byTime(_ events: [Event]) -> [Event] {
    var times: [Int64] = []
    for event in events {
      guard let time = event.time else { return events }
      times.append(time)
    }
    if zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) { return events }
    if linesAlternate(events) { delay(&times, events) }
    let order = events.indices.sorted { (times[$0], $0) < (times[$1], $1) }
    var arranged: [Event] = []
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, times[order[end]] == times[order[start]] { end += 1 }
      arranged += simultaneous(order[start..<end].map { events[$0] })
      start = end
    }
    return arranged.enumerated().map { position, event in
      var event = event
      event.index = position
      return event
    }
  }

  /// Whether the lines of each client process are an invocation, a completion, and so on.
  private static func linesAlternate(_ events: [Event]) -> Bool {
    var open: Set<ProcessID> = []
    for event in events {
      guard case .client = event.process else { continue }
      let fits =
        event.type == .invoke
        ? open.insert(event.process).inserted : open.remove(event.process) != nil
      if !fits { return false }
    }
    return true
  }

  /// Makes no time of a process smaller than one on an earlier line of it.
  private static func delay(_ times: inout [Int64], _ events: [Event]) {
    var latest: [ProcessID: Int64] = [:]
    for (position, event) in events.enumerated() {
      times[position] = max(times[position], latest[event.process] ?? .min)
      latest[event.process] = times[position]
    }
  }

  /// First whatever invocation may go, then a completion that holds up another event of its process,
  /// and so on; all other completions at the end, so that they are concurrent with all of it.
  private static func simultaneous(_ events: [Event]) -> [Event] {
    if events.count == 1 { return events }
    var queues: [ProcessID: [Event]] = [:]
    var processes: [ProcessID] = []
    for event in events {
      if queues[event.process] == nil { processes.append(event.process) }
      queues[event.process, default: []].append(event)
    }
    var arranged: [Event] = []
    func take(_ isNext: ([Event]) -> Bool) -> Bool {
      guard let process = processes.first(where: { isNext(queues[$0] ?? []) }) else { return false }
      if let event = queues[process]?.removeFirst() { arranged.append(event) }
      return true
    }
    while take({ $0.first?.type == .invoke }) || take({ $0.count > 1 }) || take({ !$0.isEmpty }) {}
    return arranged
  }
}
