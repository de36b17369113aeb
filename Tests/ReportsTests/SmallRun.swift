import Checkers
import Histories
import Linearizability
import Reports

/// A stale read small enough to write down: 1 is written, then 2, then 1 is read.
struct SmallRun {
  var history: History
  var operations: [Operation]

  /// Every string that a history controls is `text`, and the values are those given.
  init(
    key: Value? = nil, first: Value = .integer(1), second: Value = .integer(2),
    text: String = "n1"
  ) {
    var events: [Event] = []
    func add(
      _ process: ProcessID, _ type: EventType, _ f: String, _ value: Value? = nil,
      error: Value? = nil, fields: [String: Value] = [:]
    ) {
      let isClient = process != .nemesis
      events.append(
        Event(
          index: events.count, time: Int64(events.count) * 1_500_000, process: process, type: type,
          f: f, key: isClient ? key : nil, value: value, error: error,
          node: isClient ? text : nil, fields: fields, line: events.count + 1))
    }
    func phase(_ name: String) -> [String: Value] {
      ["fault": .integer(1), "phase": .string(name), "targets": .array([.string(text)])]
    }
    add(.client(0), .invoke, "write", first)
    add(.client(0), .ok, "write", first)
    add(.nemesis, .info, "partition", fields: phase("inject"))
    add(.client(3), .invoke, "write", .integer(3))
    add(.client(1), .invoke, "write", second)
    add(.client(1), .ok, "write", second)
    add(.nemesis, .info, "partition", fields: phase("verified"))
    add(.client(2), .invoke, "read")
    add(.client(2), .ok, "read", first)
    add(.client(3), .info, "write", .integer(3), error: .string(text))
    history = History(source: "small.jsonl", events: events)
    operations = [
      Operation(
        id: 0, process: 0, f: "write", key: key, argument: first, outcome: .ok(first),
        invocation: 0, completion: 1),
      Operation(
        id: 1, process: 3, f: "write", key: key, argument: .integer(3), outcome: .info,
        invocation: 3, completion: 9),
      Operation(
        id: 2, process: 1, f: "write", key: key, argument: second, outcome: .ok(second),
        invocation: 4, completion: 5),
      Operation(
        id: 3, process: 2, f: "read", key: key, argument: nil, outcome: .ok(first),
        invocation: 7, completion: 8),
    ]
  }

  func violation(explanation: String = "It read 1, but only 2 or 3 are possible.") -> Violation {
    Violation(
      operation: 3,
      linearization: [
        LinearizationPoint(operation: 0, stateAfter: "1"),
        LinearizationPoint(operation: 2, stateAfter: "2"),
      ], possibleStates: ["2", "3"], explanation: [explanation])
  }

  func findings(
    _ outcome: PartitionOutcome? = nil, run: RunRecord? = nil, evidence: Bool = false
  ) -> Findings {
    let partition = PartitionJudgement(
      key: operations[0].key, outcome: outcome ?? .violation(violation()),
      operations: Operations(operations),
      effort: SearchEffort(configurations: 12))
    return Findings(
      history: history,
      judgement: Judgement(
        model: "register", partitions: [partition], duration: .microseconds(850)),
      evidence: evidence ? EvidenceJudgement(history: history) : nil, run: run)
  }
}
