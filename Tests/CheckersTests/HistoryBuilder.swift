import Histories

/// Writes down histories by hand: each call adds one event a millisecond later.
struct HistoryBuilder {
  private(set) var events: [Event] = []

  var history: History { History(source: "test.jsonl", events: events) }

  mutating func add(
    _ process: ProcessID, _ type: EventType, _ f: String, value: Value? = nil,
    error: Value? = nil, node: String? = nil, fields: [String: Value] = [:]
  ) {
    events.append(
      Event(
        index: events.count, time: Int64(events.count) * 1_000_000, process: process, type: type,
        f: f, value: value, error: error, node: node, fields: fields))
  }

  /// Adds `count` operations, one after the other.
  mutating func run(
    _ count: Int, _ f: String, on node: String? = "n2", ending type: EventType = .ok,
    error: Value? = nil
  ) {
    for _ in 0..<count {
      add(.client(1), .invoke, f, value: .integer(1), node: node)
      add(.client(1), type, f, value: .integer(1), error: error, node: node)
    }
  }

  mutating func fault(
    _ id: Int64, _ phase: String, _ targets: [String] = ["n1"], error: Value? = nil
  ) {
    add(
      .nemesis, .info, "partition", error: error,
      fields: [
        "fault": .integer(id), "phase": .string(phase),
        "targets": .array(targets.map(Value.string)),
      ])
  }
}
