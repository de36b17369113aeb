import Glibc
import Recording

/// `faultline-bench`: the measurements that `make bench` prints.
@main
struct Bench {
  static let usage = """
    usage: faultline-bench record [--operations N] [--threads N] [--rounds N] [--directory DIR]
           faultline-bench record-forever FILE
           faultline-bench generate WORK FILE [--operations N] [--processes N] [--crashes N] [--seed N]
           faultline-bench search [--rounds N] [--scale N] [--only TEXT]
           faultline-bench check [--rounds N] [--scale N] [--only TEXT] [--program FILE] [--peer COMMAND]
           faultline-bench solvers [--operations N] [--processes N] [--rounds N]
           faultline-bench partition [--rounds N]

    record          operations a second through the recorder, with clients that answer at once
    record-forever  records into FILE until it is killed, and prints each value that it sent
    generate        a linearizable history; crashes are per million operations. WORK is one of
                    \(GeneratedHistory.Work.allCases.map(\.rawValue).joined(separator: ", "))
    search          how much CPU it takes to judge histories that are hard, with solvers and without
                    them; other checkers' histories are read from $FAULTLINE_SHARED_DATA
    check           how long it takes to read and to judge generated histories; the whole process of
                    FILE and of COMMAND, in which {file} and {model} are replaced, beside it
    solvers         operations a second through the solvers alone, and their memory
    partition       how long it takes until a partition of five real nodes is in force, and healed;
                    on a lab of its own, as root

    """

  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      fail(error)
    }
  }

  private static func run(_ arguments: [String]) async throws {
    switch arguments.first {
    case "record":
      try RecordBenchmark(flags: Flags(arguments.dropFirst())).run()
    case "record-forever" where arguments.count == 2:
      try recordForever(path: arguments[1])
    case "generate" where arguments.count >= 3:
      try generate(arguments[1], to: arguments[2], Flags(arguments.dropFirst(3)))
    case "search":
      try SearchBenchmark(flags: Flags(arguments.dropFirst())).run()
    case "check":
      try CheckBenchmark(flags: Flags(arguments.dropFirst())).run()
    case "cost" where arguments.count == 2:
      try ProcessCost.printCost(of: arguments[1])
    case "solvers":
      try SolverBenchmark(flags: Flags(arguments.dropFirst())).run()
    case "partition":
      try await PartitionBenchmark(flags: Flags(arguments.dropFirst())).run()
    default:
      throw UsageError(description: "expected a command\n" + usage)
    }
  }
}

func generate(_ name: String, to path: String, _ flags: Flags) throws {
  guard let work = GeneratedHistory.Work(rawValue: name) else {
    throw UsageError(description: "there is no work '\(name)'\n" + Bench.usage)
  }
  try GeneratedHistory(
    work: work, operations: try flags.positive("--operations", default: 1000),
    processes: try flags.positive("--processes", default: 5),
    crashes: try flags.positive("--crashes", default: 0),
    seed: UInt64(try flags.positive("--seed", default: 1))
  ).write(to: path)
}

/// Says what went wrong and ends the process, from whichever thread.
func fail(_ error: any Error) -> Never {
  let line = "faultline-bench: \(error)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
  switch error {
  case is UsageError: exit(64)
  case is RecorderError: exit(73)
  default: exit(70)
  }
}

/// A wrong command line.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// `--name value` pairs.
struct Flags {
  private var values: [String: String] = [:]

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    var rest = arguments
    while let name = rest.popFirst() {
      guard name.hasPrefix("--"), let value = rest.popFirst() else {
        throw UsageError(description: "'\(name)' is not a flag with a value")
      }
      values[name] = value
    }
  }

  func string(_ name: String, default other: String) -> String { values[name] ?? other }

  func positive(_ name: String, default other: Int) throws(UsageError) -> Int {
    guard let text = values[name] else { return other }
    guard let number = Int(text), number > 0 || other == 0 else {
      throw UsageError(description: "\(name) must be a positive number, not '\(text)'")
    }
    return number
  }
}
