extension History {
  /// The operations of the clients, in order of invocation: each invocation with its completion.
  ///
  /// The argument of a `read` is nil, since what it read is its result. Of a `write` or `cas` that
  /// is ok, the completion's value wins over the invocation's, unless it is absent or null: the
  /// client may only have known then what it did. Every other function keeps the invocation's
  /// value as argument, and what it returned is in the outcome.
  ///
  /// Throws for a completion without invocation, for a process that invokes while its last
  /// operation is open or goes on after `info`, for a completion of another function or key, for
  /// one that lies before its invocation in time, and for more functions than a thousand. Complexity: O(events), or O(1) for a history
  /// that was read from JSON lines.
  public func operations() throws(HistoryError) -> Operations {
    Operations(of: try operationTable())
  }

  /// The same operations as a table.
  public func operationTable() throws(HistoryError) -> OperationTable {
    if let table = events.table { return table }
    var pairing = Pairing()
    for (position, event) in events.enumerated() {
      guard let step = pairing.step(for: event) else { continue }
      if let problem = pairing.add(step, at: position) {
        throw error(problem, atEvent: position, pairing.table)
      }
    }
    return pairing.table
  }

  /// What `operations()` would throw, for every event that it could throw for; at most `limit`.
  func pairingProblems(limit: Int) -> [HistoryError] {
    if events.table != nil { return [] }
    var pairing = Pairing()
    var problems: [HistoryError] = []
    for (position, event) in events.enumerated() where problems.count < limit {
      guard let step = pairing.step(for: event), let problem = pairing.add(step, at: position)
      else { continue }
      problems.append(error(problem, atEvent: position, pairing.table))
      pairing.recover(step, at: position)
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

  private func error(
    _ problem: PairingProblem, atEvent position: Int, _ table: OperationTable
  ) -> HistoryError {
    let event = events[position]
    guard case .client(let process) = event.process else { preconditionFailure("no client's") }
    func name(_ f: String) -> String { f.shown(limit: 40) }
    func place(_ id: Int) -> String { self.place(ofEvent: Int(table.rows[id].invocation)) }
    let message: String
    switch problem {
    case .stillOpen(let id):
      message =
        "process \(process) invoked \(name(event.f)) while its \(name(table[id].f)) "
        + "(\(place(id))) is still open; a process does one thing at a time"
    case .afterInfo(let id):
      message =
        "process \(process) invoked \(name(event.f)) after its \(name(table[id].f)) ended as info "
        + "(\(self.place(ofEvent: table[id].completion ?? 0))); nobody knows whether that is over, "
        + "so the client must go on as a new process"
    case .nothingOpen:
      message =
        "process \(process) completed \(name(event.f)) as \(event.type.rawValue), "
        + "but it has no operation open"
    case .otherFunction(let id):
      message =
        "process \(process) completed \(name(event.f)), "
        + "but what it has open is \(name(table[id].f)) (\(place(id)))"
    case .otherKey(let id):
      let invoked = table.key(of: id).map { "key \($0.shown())" } ?? "no key"
      message =
        "\(name(event.f)) was completed with key \(event.key?.shown() ?? ""), "
        + "but invoked with \(invoked) (\(place(id)))"
    case .earlierTime(let id):
      let begin = events[Int(table.rows[id].invocation)].time ?? 0
      message =
        "\(name(event.f)) completed at time \(event.time ?? 0), before its invocation at \(begin) "
        + "(\(place(id)))"
    case .tooManyFunctions:
      message =
        "\(name(event.f)) is one function more than the limit of \(Pairing.functionLimit); what differs from "
        + "operation to operation belongs into \"value\" or \"key\", not into \"f\""
    }
    return error(atEvent: position, message)
  }
}

extension Pairing {
  /// The parts of a client's event as numbers; nil for other events.
  mutating func step(for event: Event) -> Step? {
    guard case .client(let process) = event.process else { return nil }
    return Step(
      process: process, type: event.type, function: function(named: event.f),
      key: event.key.map { table.keyValues.add($0) } ?? OperationTable.none,
      value: event.value.map { table.values.add($0) } ?? OperationTable.none,
      time: event.time ?? .min)
  }
}
