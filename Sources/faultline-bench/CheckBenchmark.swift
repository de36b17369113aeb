import Glibc
import Histories
import Linearizability

/// How long it takes to read and to judge histories, in this process and in others.
struct CheckBenchmark {
  private struct Row {
    let work: GeneratedHistory.Work
    var operations: Int
    let processes: Int
    var crashes = 0
    var hasStaleRead = false
    var isShuffled = false

    var name: String {
      "\(work.rawValue), \(operations) operations, \(processes) processes"
        + (crashes == 0 ? "" : ", \(crashes / 10_000) % crashed")
        + (hasStaleRead ? ", one read stale" : "") + (isShuffled ? ", members in any order" : "")
    }
  }

  private static let rows = [
    Row(work: .register, operations: 1_000_000, processes: 10),
    Row(work: .register, operations: 1_000_000, processes: 10, crashes: 10_000),
    Row(work: .register, operations: 1_000_000, processes: 10, isShuffled: true),
    Row(work: .register, operations: 1_000_000, processes: 10, hasStaleRead: true),
    Row(work: .queue, operations: 1_000_000, processes: 10),
    Row(work: .set, operations: 1_000_000, processes: 10),
    Row(work: .priorityQueue, operations: 100_000, processes: 10),
    Row(work: .stack, operations: 100_000, processes: 10),
    Row(work: .casRegister, operations: 1_000_000, processes: 5),
    Row(work: .casRegister, operations: 1_000_000, processes: 10),
    Row(work: .casRegister, operations: 1_000_000, processes: 20),
    Row(work: .append, operations: 200, processes: 50),
    // Hardly more than starting and ending a process.
    Row(work: .register, operations: 80, processes: 5),
  ]

  private let rounds: Int
  private let scale: Int
  private let only: String
  private let program: String
  private let peer: String
  private let directory: String

  init(flags: Flags) throws(UsageError) {
    rounds = try flags.positive("--rounds", default: 3)
    scale = try flags.positive("--scale", default: 1)
    only = flags.string("--only", default: "")
    program = flags.string("--program", default: "")
    peer = flags.string("--peer", default: "")
    directory = flags.string("--directory", default: "/tmp")
  }

  func run() throws {
    for row in Self.rows where row.name.hasPrefix(only) {
      var row = row
      row.operations = max(row.operations / scale, min(row.operations, 100))
      try measure(row)
    }
  }

  private func measure(_ row: Row) throws {
    let path = "\(directory)/faultline-bench-\(getpid()).jsonl"
    defer { unlink(path) }
    try GeneratedHistory(
      work: row.work, operations: row.operations, processes: row.processes, crashes: row.crashes,
      seed: 1, hasStaleRead: row.hasStaleRead, isShuffled: row.isShuffled
    ).write(to: path)
    print(row.name)
    var (reading, judging): ([Double], [Double]) = ([], [])
    var judged: Judgement?
    for _ in 0..<rounds {
      var history: History?
      reading.append(try cpu { history = try History.read(path: path) })
      guard let history else { continue }
      judging.append(
        try cpu {
          judged = try Linearizability.check(history, CheckOptions(model: row.work.model, jobs: 1))
        })
    }
    guard let judged else { return }
    let configurations = judged.partitions.reduce(0) { $0 + $1.effort.configurations }
    let (read, judge) = (median(reading), median(judging))
    print(
      "  read \(shown(read)) (\(Int(Double(size(of: path)) / read / 1e6)) MB/s), judged in "
        + "\(shown(judge)) (\(Int(Double(row.operations) / judge)) operations/s): "
        + "\(judged.verdict), \(configurations) configurations")
    var own: Double?
    for (name, command) in [
      ("faultline", program.isEmpty ? "" : "\(program) check --model {model} {file}"),
      ("peer", peer),
    ] where !command.isEmpty {
      let whole = try (0..<rounds).map { _ in
        try ProcessCost.measure(
          command.replacing("{model}", with: row.work.model).replacing("{file}", with: path))
      }
      let (wall, used) = (median(whole.map(\.wall)), median(whole.map(\.processor)))
      let memory = median(whole.map(\.memory)) - Double(size(of: path))
      let ratio = own.map { ", \(rounded(wall / $0)) times faultline's" } ?? ""
      own = own ?? wall
      print(
        "  whole process of \(name): \(shown(wall)), \(shown(used)) of CPU, \(Int(memory / 1e6)) MB "
          + "beside the file\(ratio)")
    }
  }

  /// Seconds of CPU of this process.
  private func cpu(_ body: () throws -> Void) rethrows -> Double {
    let start = seconds(CLOCK_PROCESS_CPUTIME_ID)
    try body()
    return seconds(CLOCK_PROCESS_CPUTIME_ID) - start
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  private func shown(_ seconds: Double) -> String {
    seconds < 0.1 ? "\(rounded(seconds * 1000)) ms" : "\(rounded(seconds)) s"
  }

  private func rounded(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
