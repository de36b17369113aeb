import Clients
import Glibc
import Histories
import Recording

/// How many operations a second the recorder takes from client processes that answer at once.
struct RecordBenchmark {
  let operations: Int
  let threads: Int
  let rounds: Int
  let directory: String

  init(flags: Flags) throws(UsageError) {
    operations = try flags.positive("--operations", default: 300_000)
    threads = try flags.positive("--threads", default: 10)
    rounds = try flags.positive("--rounds", default: 3)
    directory = flags.string("--directory", default: "/tmp")
  }

  func run() throws {
    print("recording with \(threads) processes and the noop client; load \(loadAverage())")
    for _ in 0..<rounds {
      try measure("invocation written before its request", .invocations)
      try measure("every event written before the next step", .everyEvent)
      try measure("buffered only (ceiling)", .nothing)
    }
  }

  private func measure(_ name: String, _ promptness: Recorder.Promptness) throws {
    let path = "\(directory)/faultline-bench-\(getpid()).jsonl"
    unlink(path)
    defer { unlink(path) }
    let recorder = try Recorder(path: path, header: [:], promptness: promptness)
    let each = operations / threads
    let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    runThreads(threads) { process in
      do { try record(each, by: process, into: recorder) } catch { fail(error) }
    }
    let took = seconds(CLOCK_MONOTONIC) - wall
    let used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu
    try recorder.close()
    let count = Double(each * threads)
    print(
      "\(name): \(Int(count)) operations, \(recorder.writes) write(2)s,",
      "\(Int(count / took)) operations/s, \(Int(used / count * 1e9)) ns of CPU an operation")
  }

  /// What one client process does, the recording of it included.
  private func record(_ count: Int, by process: Int, into recorder: Recorder) throws {
    let client = try ClientKind.named("noop").open(address: "")
    defer { client.close() }
    let keys = (0..<10).map { Value.string("k\($0)") }
    for n in 0..<count {
      let isRead = n % 2 == 0
      let f = isRead ? "read" : "write"
      let value: Value? = isRead ? nil : .integer(Int64(n * threads + process))
      let key = keys[n / 2 % keys.count]
      try recorder.invoke(process: process, f: f, key: key, value: value, node: "n1")
      let request = ClientRequest(f: f, key: key, value: value)
      let response = client.invoke(request, timeout: .seconds(1))
      try recorder.complete(
        process: process, f: f, key: key, argument: value, outcome: response.outcome,
        error: response.error, node: "n1")
    }
  }
}

/// Records from ten threads until the process is killed. Every value that was written is printed
/// after its invocation was recorded and before its completion: what a cluster would have seen.
func recordForever(path: String) throws {
  let recorder = try Recorder(path: path, header: ["model": .string("register")])
  runThreads(10) { process in
    do {
      for n in 0... {
        let value = n * 10 + process
        try recorder.invoke(process: process, f: "write", value: .integer(Int64(value)))
        let line = "\(value)\n"
        // One write(2) of less than PIPE_BUF bytes, so that threads do not mix their lines.
        if write(STDOUT_FILENO, line, line.utf8.count) < 0 { exit(0) }
        try recorder.complete(
          process: process, f: "write", outcome: .ok(.integer(Int64(value))))
      }
    } catch {
      fail(error)
    }
  }
}

/// Runs `body` in `count` threads and waits for them.
func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  final class Start: Sendable {
    let number: Int
    let body: @Sendable (Int) -> Void
    init(_ number: Int, _ body: @escaping @Sendable (Int) -> Void) {
      (self.number, self.body) = (number, body)
    }
  }
  let threads = (0..<count).map { number in
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        start.body(start.number)
        return nil
      }, Unmanaged.passRetained(Start(number, body)).toOpaque())
    return thread
  }
  for thread in threads { pthread_join(thread, nil) }
}

func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func loadAverage() -> String {
  var loads = [0.0]
  return getloadavg(&loads, 1) == 1 ? String(loads[0]) : "unknown"
}
