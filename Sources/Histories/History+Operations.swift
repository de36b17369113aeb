extension History {
  /// The operations of the clients, in order of invocation: each invocation with its completion.
  ///
  /// The argument of a `read` is nil, since what it read is its result. Of a `write` or `cas` that
  /// is ok, the completion's value wins over the invocation's, unless it is absent or null: the
  /// client may only have known then what it did. Every other function keeps the invocation's
  /// value as argument, and what it returned is in the outcome.
  ///
  /// Throws for a completion without invocation, for a process that invokes while its last
  /// operation is open or goes on after `info`, for a completion of another function or key, and
  /// for one that lies before its invocation in time. Complexity: O(events).
  public func operations() throws(HistoryError) -> [Operation] {
    var pairing = Pairing(history: self)
    for position in events.indices {
      try pairing.add(position)
    }
    return pairing.operations
  }

  /// What `operations()` would throw, for every event that it could throw for; at most `limit`.
  func pairingProblems(limit: Int) -> [HistoryError] {
    var pairing = Pairing(history: self)
    var problems: [HistoryError] = []
    for position in events.indices where problems.count < limit {
      do throws(HistoryError) {
        try pairing.add(position)
      } catch {
        problems.append(error)
        pairing.recover(at: position)
      }
    }
    return problems
  }

  /// Where an event stands, for messages: `line 12`, or `index 12` where lines do not tell events
  /// apart.
  public func place(ofEvent position: Int) -> String {
    let event = events[position]
    let neighbours = [position - 1, position + 1].filter(events.indices.contains)
    if let line = event.line, neighbours.allSatisfy({ events[$0].line != line }) {
      return "line \(line)"
    }
    return "index \(event.index)"
  }

  /// An error about an event of this history.
  public func error(atEvent position: Int, _ message: String) -> HistoryError {
    let line = events[position].line
    let suffix = place(ofEvent: position).hasPrefix("line") ? "" : " (\(place(ofEvent: position)))"
    return HistoryError(file: source, line: line, message: message + suffix)
  }
}

/// Pairs invocations with completions, process by process.
private struct Pairing {
  let history: History
  var operations: [Operation] = []
  /// The operation that each process invoked last, unless it completed as ok or fail.
  private var last: [Int: Int] = [:]

  init(history: History) {
    self.history = history
    operations.reserveCapacity(history.events.count / 2)
  }

  mutating func add(_ position: Int) throws(HistoryError) {
    let event = history.events[position]
    guard case .client(let process) = event.process else { return }
    if event.type == .invoke {
      try invoke(event, process, at: position)
    } else {
      try complete(event, process, at: position)
    }
  }

  /// Goes on after a problem with an event: an invocation counts as the process's operation from now
  /// on, a completion as the end of whatever it had open.
  mutating func recover(at position: Int) {
    let event = history.events[position]
    guard case .client(let process) = event.process else { return }
    last[process] = nil
    if event.type == .invoke { try? add(position) }
  }

  private mutating func invoke(
    _ event: Event, _ process: Int, at position: Int
  ) throws(HistoryError) {
    if let previous = last[process] {
      let operation = operations[previous]
      let what = "process \(process) invoked \(name(event.f)) "
      if let completion = operation.completion {
        throw history.error(
          atEvent: position,
          what + "after its \(name(operation.f)) ended as info "
            + "(\(history.place(ofEvent: completion))); nobody knows whether that is over, "
            + "so the client must go on as a new process")
      }
      throw history.error(
        atEvent: position,
        what + "while its \(name(operation.f)) "
          + "(\(history.place(ofEvent: operation.invocation))) is still open; "
          + "a process does one thing at a time")
    }
    last[process] = operations.count
    operations.append(
      Operation(
        id: operations.count, process: process, f: event.f, key: event.key,
        argument: event.f == "read" ? nil : event.value, outcome: .info,
        invocation: position, completion: nil))
  }

  private mutating func complete(
    _ event: Event, _ process: Int, at position: Int
  ) throws(HistoryError) {
    guard let id = last[process], operations[id].completion == nil else {
      throw history.error(
        atEvent: position,
        "process \(process) completed \(name(event.f)) as \(event.type.rawValue), "
          + "but it has no operation open")
    }
    try checkMatch(event, operations[id], at: position)
    operations[id].completion = position
    switch event.type {
    case .ok:
      operations[id].outcome = .ok(event.value)
      if event.f == "write" || event.f == "cas", let value = event.value, value != .null {
        operations[id].argument = value
      }
    case .fail: operations[id].outcome = .fail
    case .info, .invoke: return
    }
    last[process] = nil
  }

  private func checkMatch(
    _ event: Event, _ operation: Operation, at position: Int
  ) throws(HistoryError) {
    let invocation = history.events[operation.invocation]
    let place = history.place(ofEvent: operation.invocation)
    if event.f != operation.f {
      throw history.error(
        atEvent: position,
        "process \(operation.process) completed \(name(event.f)), "
          + "but what it has open is \(name(operation.f)) (\(place))")
    }
    if let key = event.key, key != operation.key {
      let invoked = operation.key.map { "key \($0.shown())" } ?? "no key"
      throw history.error(
        atEvent: position,
        "\(name(event.f)) was completed with key \(key.shown()), "
          + "but invoked with \(invoked) (\(place))")
    }
    if let end = event.time, let begin = invocation.time, end < begin {
      throw history.error(
        atEvent: position,
        "\(name(event.f)) completed at time \(end), before its invocation at \(begin) (\(place))")
    }
  }

  private func name(_ f: String) -> String { f.shown(limit: 40) }
}
