import Glibc
import Histories
import Linearizability

/// How much CPU it takes to judge histories that are hard to search, beside exact counts of what was
/// searched, which do not depend on the machine.
struct SearchBenchmark {
  private let rounds: Int
  private let scale: Int
  private let only: String
  private let data: String

  init(flags: Flags) throws(UsageError) {
    rounds = try flags.positive("--rounds", default: 3)
    scale = try flags.positive("--scale", default: 1)
    only = flags.string("--only", default: "")
    data = getenv("FAULTLINE_SHARED_DATA").map { String(cString: $0) } ?? "../shared/data"
  }

  func run() throws {
    try measureOthers()
    for seed in 1...4 {
      for work in [GeneratedHistory.Work.append, .appendFew] {
        let history = generated(work, operations: 200, processes: 50, seed: UInt64(seed))
        let name = "\(work.rawValue), 200 operations, 50 processes, seed \(seed)"
        try measure(name, [history], model: "kv")
        try measure("\(name), a get that lost a piece", [Self.tampered(history)], model: "kv")
      }
    }
    for processes in [5, 10, 20] {
      let operations = max(1_000_000 / scale, 100)
      try measure(
        "cas-register, \(operations) operations, \(processes) processes",
        [generated(.casRegister, operations: operations, processes: processes, seed: 1)],
        model: "cas-register", solverModes: [false])
    }
  }

  /// The logs that Porcupine is measured with.
  private func measureOthers() throws {
    let logs = (0...102)
      .map { number -> String in "\(data)/porcupine/jepsen/etcd_\(Self.digits(number)).log" }
      .filter { access($0, R_OK) == 0 }
    if logs.isEmpty {
      print(
        "no logs of etcd and no stores: there is no \(data)/porcupine; set FAULTLINE_SHARED_DATA")
      return
    }
    let name = "\(logs.count) logs of etcd"
    if name.hasPrefix(only) {
      let spent = try minimum { for log in logs { _ = try History.read(path: log) } }
      print("\(name)\n  read in \(Self.shown(spent))")
    }
    try measure(name, logs.map { try History.read(path: $0) }, model: "cas-register")
    for file in ["c10-ok", "c10-bad"] {
      let history = try History.read(path: "\(data)/porcupine/kv/\(file).txt")
      try measure(
        "store \(file), all keys at once", [history], model: "kv", initial: .string(""),
        partition: false)
    }
  }

  private func measure(
    _ name: String, _ histories: @autoclosure () throws -> [History], model: String,
    initial: Value = .null, partition: Bool = true, solverModes: [Bool] = [true, false]
  ) throws {
    guard name.hasPrefix(only) else { return }
    print(name)
    let histories = try histories()
    let operations = histories.reduce(0) { $0 + $1.events.count / 2 }
    for usesSolvers in solverModes {
      let options = CheckOptions(
        model: model, initial: initial, partition: partition, usesSolvers: usesSolvers, jobs: 1)
      var judgements: [Judgement] = []
      let spent = try minimum {
        judgements = try histories.map { try Linearizability.check($0, options) }
      }
      let explored = judgements.flatMap(\.partitions).reduce(0) { $0 + $1.effort.configurations }
      let verdicts = Set(judgements.map(\.verdict)).sorted().map { verdict in
        "\(judgements.count { $0.verdict == verdict }) \(verdict)"
      }
      print(
        "  \(usesSolvers ? "with solvers" : "search alone"): \(Self.shown(spent)), "
          + "\(Int(Double(operations) / spent)) operations/s, \(explored) configurations: "
          + verdicts.joined(separator: ", "))
    }
  }

  private func generated(
    _ work: GeneratedHistory.Work, operations: Int, processes: Int, seed: UInt64
  ) -> History {
    var events: [Event] = []
    GeneratedHistory(work: work, operations: operations, processes: processes, seed: seed)
      .forEach { events.append($0) }
    return History(source: "\(work.rawValue)", events: events)
  }

  /// The history with a piece taken out of the middle of what a get saw three quarters down.
  private static func tampered(_ history: History) -> History {
    var events = history.events
    for index in events.indices.dropFirst(events.count * 3 / 4) {
      guard events[index].type == .ok, events[index].f == "get",
        case .string(let text)? = events[index].value
      else { continue }
      var pieces = text.split(separator: "y").map { $0 + "y" }
      if pieces.count < 3 { continue }
      pieces.remove(at: pieces.count / 2)
      events[index].value = .string(pieces.joined())
      break
    }
    return History(source: history.source, events: events)
  }

  /// Seconds of CPU of this process, the least of all rounds.
  private func minimum(_ body: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<rounds {
      let start = seconds(CLOCK_PROCESS_CPUTIME_ID)
      try body()
      least = min(least, seconds(CLOCK_PROCESS_CPUTIME_ID) - start)
    }
    return least
  }

  private static func digits(_ number: Int) -> String {
    String(repeating: "0", count: 3 - "\(number)".count) + "\(number)"
  }

  private static func shown(_ seconds: Double) -> String {
    let hundredths = Int((seconds * 100_000).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) ms"
  }
}
