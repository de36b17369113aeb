import Checkers
import Histories
import Linearizability
import Randomness
import Reports

/// A run as a real one would look: ten processes on five registers through eight faults, and,
/// if wanted, one stale read. The clients' operations take effect at known moments, so that the
/// linearization is known without an engine.
struct SyntheticRun {
  private(set) var findings: Findings

  private struct Planned {
    var process: Int
    var f: String
    var key: Int
    var argument: Value?
    var outcome: Outcome
    var error: Value?
    var node: String
    var start: Int64
    var point: Int64
    var end: Int64
    var stateAfter: Int64 = 0
  }

  private struct PlannedFault {
    var name: String
    var targets: [String]
    var start: Int64
    var end: Int64
  }

  private static let ms: Int64 = 1_000_000
  private static let faults: [PlannedFault] = [
    ("partition", ["n1"], 4.0, 6.5), ("kill", ["n3"], 7.0, 8.2), ("pause", ["n2"], 9.0, 11.0),
    ("partition", ["n4", "n5"], 12.0, 15.0), ("disk-full", ["n1"], 13.5, 16.5),
    ("kill", ["n5"], 17.2, 18.0), ("partition", ["n2"], 19.0, 22.0), ("pause", ["n4"], 22.5, 24.5),
  ].map { name, targets, start, end in
    PlannedFault(
      name: name, targets: targets, start: Int64(start * 1e9), end: Int64(end * 1e9))
  }

  init(seed: UInt64 = 7, stale: Bool, run: Bool = true) {
    var random = SeededRandom(seed: seed)
    var plan = (0..<10).flatMap { Self.operations(of: $0, &random) }
    plan.sort { $0.point < $1.point }
    Self.apply(&plan)
    let culprit = stale ? Self.makeStale(&plan) : nil
    let (history, operations) = Self.record(plan)
    let judgement = Self.judge(plan, operations, culprit: culprit)
    findings = Findings(
      history: history, judgement: judgement,
      evidence: run ? EvidenceJudgement(history: history) : nil,
      run: run ? Self.record() : nil)
  }

  private static func operations(of process: Int, _ random: inout SeededRandom) -> [Planned] {
    var plan: [Planned] = []
    var time = Int64.random(in: 0..<30 * ms, using: &random)
    while time < 29_500 * ms {
      let node = "n\((process + plan.count / 40) % 5 + 1)"
      let isHit = faults.contains {
        $0.targets.contains(node) && ($0.start...$0.end).contains(time)
      }
      var latency = Int64.random(in: 2 * ms...9 * ms, using: &random)
      if Int.random(in: 0..<12, using: &random) == 0 { latency *= 6 }
      if isHit { latency = Int64.random(in: 300 * ms...900 * ms, using: &random) }
      let f = ["read", "read", "write", "cas"][Int.random(in: 0..<4, using: &random)]
      let fate = Int.random(in: 0..<10, using: &random)
      let outcome: Outcome = isHit && fate < 4 ? (fate < 2 ? .info : .fail) : .ok(nil)
      plan.append(
        Planned(
          process: process, f: f, key: Int.random(in: 0..<5, using: &random), argument: nil,
          outcome: outcome,
          error: outcome == .ok(nil)
            ? nil : .string(outcome == .fail ? "connection refused" : "timed out after 900 ms"),
          node: node, start: time, point: time + latency * 2 / 5, end: time + latency))
      time += latency + Int64.random(in: 10 * ms...100 * ms, using: &random)
    }
    return plan
  }

  /// Fills in arguments and results in the order in which the operations take effect.
  private static func apply(_ plan: inout [Planned]) {
    var states = [Int64](repeating: 0, count: 5)
    for i in plan.indices {
      let key = plan[i].key
      let next = states[key] % 97 + 1
      switch plan[i].f {
      case "write":
        plan[i].argument = .integer(next)
        if plan[i].outcome != .fail { states[key] = next }
      case "cas":
        plan[i].argument = .array([.integer(states[key]), .integer(next)])
        if plan[i].outcome != .fail { states[key] = next }
      default: break
      }
      if plan[i].outcome == .ok(nil) {
        plan[i].outcome = .ok(plan[i].f == "read" ? .integer(states[key]) : plan[i].argument)
      }
      plan[i].stateAfter = states[key]
    }
  }

  /// Lets the first read of key k3 during the seventh fault see a value of two writes ago.
  private static func makeStale(_ plan: inout [Planned]) -> Int? {
    guard
      let place = plan.indices.first(where: { i in
        guard case .ok = plan[i].outcome else { return false }
        return plan[i].f == "read" && plan[i].key == 3 && plan[i].start > 20_200 * ms
          && plan[i].start < 21_800 * ms
      })
    else { return nil }
    plan[place].node = "n2"
    plan[place].outcome = .ok(.integer((plan[place].stateAfter - 3 + 97) % 97 + 1))
    return place
  }

  private static func record(_ plan: [Planned]) -> (History, [Operation]) {
    var moments: [(time: Int64, make: (inout [Event], inout [Operation]) -> Void)] = []
    for (i, item) in plan.enumerated() {
      moments.append((item.start, { events, operations in invoke(item, i, &events, &operations) }))
      moments.append((item.end, { events, operations in complete(item, i, &events, &operations) }))
    }
    for (i, fault) in faults.enumerated() {
      let steps = [
        ("inject", fault.start), ("verified", fault.start + 120 * ms),
        ("heal", fault.end - 150 * ms),
        ("healed", fault.end),
      ]
      for (phase, time) in steps {
        moments.append(
          (
            time,
            { events, _ in
              events.append(
                Event(
                  index: events.count, time: time, process: .nemesis, type: .info, f: fault.name,
                  fields: [
                    "fault": .integer(Int64(i + 1)), "phase": .string(phase),
                    "targets": .array(fault.targets.map(Value.string)),
                  ], line: events.count + 2))
            }
          ))
      }
    }
    moments.sort { $0.time < $1.time }
    var events: [Event] = []
    var operations: [Operation] = []
    for moment in moments { moment.make(&events, &operations) }
    operations = operations.enumerated().map { place, operation in
      var operation = operation
      operation.id = place
      return operation
    }
    return (History(source: "runs/etcd-register/history.jsonl", events: events), operations)
  }

  private static func invoke(
    _ item: Planned, _ tag: Int, _ events: inout [Event], _ operations: inout [Operation]
  ) {
    operations.append(
      Operation(
        id: tag, process: item.process, f: item.f, key: .string("k\(item.key)"),
        argument: item.argument, outcome: item.outcome, invocation: events.count, completion: nil))
    events.append(
      Event(
        index: events.count, time: item.start, process: .client(item.process), type: .invoke,
        f: item.f, key: .string("k\(item.key)"), value: item.argument, node: item.node,
        line: events.count + 2))
  }

  private static func complete(
    _ item: Planned, _ tag: Int, _ events: inout [Event], _ operations: inout [Operation]
  ) {
    guard let place = operations.lastIndex(where: { $0.id == tag }) else { return }
    operations[place].completion = events.count
    var value = item.argument
    var type = EventType.info
    switch item.outcome {
    case .ok(let result): (type, value) = (.ok, result)
    case .fail: type = .fail
    case .info: break
    }
    events.append(
      Event(
        index: events.count, time: item.end, process: .client(item.process), type: type, f: item.f,
        key: .string("k\(item.key)"), value: value, error: item.error, node: item.node,
        line: events.count + 2))
  }

  private static func judge(
    _ plan: [Planned], _ operations: [Operation], culprit: Int?
  ) -> Judgement {
    // Recording sorted the operations by start; this finds each plan item's operation again.
    var byStart: [String: Int] = [:]
    for (i, item) in plan.enumerated() { byStart["\(item.process) \(item.start)"] = i }
    var perProcess: [Int: [Planned]] = [:]
    for item in plan { perProcess[item.process, default: []].append(item) }
    for process in perProcess.keys { perProcess[process]?.sort { $0.start < $1.start } }
    var taken: [Int: Int] = [:]
    var ids = [Int](repeating: 0, count: plan.count)
    for operation in operations {
      let place = taken[operation.process, default: 0]
      taken[operation.process] = place + 1
      guard let item = perProcess[operation.process]?[place],
        let index = byStart["\(item.process) \(item.start)"]
      else { continue }
      ids[index] = operation.id
    }
    let partitions = (0..<5).map { key in
      partition(key, plan, ids, operations, culprit: culprit)
    }
    return Judgement(model: "cas-register", partitions: partitions, duration: .milliseconds(182))
  }

  private static func partition(
    _ key: Int, _ plan: [Planned], _ ids: [Int], _ operations: [Operation], culprit: Int?
  ) -> PartitionJudgement {
    let own = operations.filter { $0.key == .string("k\(key)") }
    let guilty = culprit.flatMap { plan[$0].key == key ? $0 : nil }
    let points = plan.indices.filter { i in
      plan[i].key == key && plan[i].outcome != .fail && i != guilty
        && guilty.map { plan[i].point < plan[$0].end } ?? true
    }.map { LinearizationPoint(operation: ids[$0], stateAfter: "\(plan[$0].stateAfter)") }
    guard let guilty, case .ok(let seen?) = plan[guilty].outcome else {
      return PartitionJudgement(
        key: .string("k\(key)"), outcome: .linearizable(points.map(\.operation)),
        operations: Operations(own),
        effort: SearchEffort(configurations: own.count * 3))
    }
    let state = points.last?.stateAfter ?? "0"
    let violation = Violation(
      operation: ids[guilty], linearization: points, possibleStates: [state],
      explanation: [
        "Process \(plan[guilty].process) read \(text(seen)) from key \"k3\", but when that read "
          + "returned the register can only have held \(state).",
        "\(text(seen)) had been overwritten before the read was invoked, so no order of the "
          + "operations that respects real time explains it: the read was stale.",
      ])
    return PartitionJudgement(
      key: .string("k\(key)"), outcome: .violation(violation), operations: Operations(own),
      effort: SearchEffort(configurations: 48_210))
  }

  private static func text(_ value: Value) -> String {
    if case .integer(let number) = value { return "\(number)" }
    return "?"
  }

  private static func record() -> RunRecord {
    RunRecord(
      name: "etcd-register", started: "2026-11-22T20:14:05Z", duration: 41_300 * ms,
      seed: "0x5eed", target: "etcd 3.4.23, five members", client: "etcd v3, serializable reads",
      nodes: (1...5).map {
        RunRecord.Node(
          name: "n\($0)", address: "10.64.0.1\($0):22", logs: ["nodes/n\($0)/var/log/etcd.log"])
      },
      phases: [
        .init(name: "warm up", start: 0, end: 3_500 * ms),
        .init(name: "faults", start: 3_500 * ms, end: 25_000 * ms),
        .init(name: "recover", start: 25_000 * ms, end: 27_000 * ms),
        .init(name: "final reads", start: 27_000 * ms, end: 30_000 * ms),
      ],
      steps: [
        .init(name: "install", duration: 1_204 * ms), .init(name: "configure", duration: 310 * ms),
        .init(name: "start", duration: 2_410 * ms),
        .init(name: "collect logs", node: "n3", duration: 95 * ms),
      ],
      configuration: """
        model = "cas-register"
        seed = "0x5eed"
        time-limit = "30s"

        [client]
        kind = "etcd"
        reads = "serializable"
        concurrency = "2n"
        """,
      repeatCommand:
        "faultline run workloads/etcd-register.toml --lab 5 --seed 0x5eed --time-limit 30s",
      nextCommands: [
        "faultline show runs/latest/history.jsonl | less -R",
        "faultline check runs/latest --model cas-register",
      ])
  }
}
