import Glibc
public import Histories

/// Writes a history as it happens.
///
/// Any number of threads record. What each event was and when is decided in one critical section,
/// so that the order of the indices, of the times and of the lines is the same, and the file is at
/// every moment a prefix of that order (with at most the last line cut off, where the machine or
/// the disk gave up).
///
/// An invocation's line has been written (its `write(2)` has returned) before `invoke` returns: a
/// process that is killed at any moment leaves no request in the world whose invocation is not in
/// the file. A completion may wait for the next line that must be written, at most about 5 ms.
///
/// Lines are written in groups: the thread that finds nobody writing takes all that is buffered
/// and writes it with one call, while others add to the next group and wait.
///
/// The first error is kept, and thrown at every later caller. A recorder must be closed: its
/// flushing thread keeps it alive until then.
///
/// `@unchecked Sendable`: every mutable property is used only with the monitor's lock held, except
/// `file` and `spare`, which belong to the thread that set `writing`.
public final class Recorder: @unchecked Sendable {
  /// When an event's line must have been written.
  package enum Promptness: Sendable {
    /// An invocation before its request; a completion soon. What runs use.
    case invocations
    /// Every event before the next step of its process.
    case everyEvent
    /// Soon: the ceiling that benchmarks compare with.
    case nothing
  }

  private let monitor = Monitor()
  private let promptness: Promptness
  private let path: String
  private let start: Int64
  private var file: HistoryFile
  /// Lines that are not yet being written, and how many lines were ever appended.
  private var pending: [UInt8] = []
  private var appended = 0
  /// The group that is being written; empty otherwise.
  private var spare: [UInt8] = []
  private var writing = false
  /// How many lines have been written.
  private var written = 0
  private var waiting = 0
  private var error: RecorderError?
  private var closed = false

  /// Creates the file, which must not exist, and writes its header: `faultline`, then `header`.
  public convenience init(path: String, header: [String: Value]) throws(RecorderError) {
    try self.init(path: path, header: header, promptness: .invocations)
  }

  package init(
    path: String, header: [String: Value], promptness: Promptness
  ) throws(RecorderError) {
    self.path = path
    self.promptness = promptness
    file = try HistoryFile(creating: path)
    var line: [UInt8] = []
    EventEncoder.append(header: header, to: &line)
    try file.append(line)
    start = monotonicNanoseconds()
    try startFlushing()
  }

  /// Nanoseconds since the recorder was made, on the clock that times the events.
  public var now: Int64 { monotonicNanoseconds() - start }

  /// The error that stopped the recording, where one did.
  public var failure: RecorderError? { locked { error } }

  /// How often write(2) was called for events. To be asked when nobody records.
  package var writes: Int { locked { file.writes - 1 } }

  /// Records that a process is about to send a request; returns when the line has been written.
  public func invoke(
    process: Int, f: String, key: Value? = nil, value: Value? = nil, node: String? = nil
  ) throws(RecorderError) {
    try record(
      process: .client(process), type: .invoke, f: f, key: key, value: value, error: nil,
      node: node, wait: promptness != .nothing)
  }

  /// Records how a process's request ended. Call it after the answer arrived.
  ///
  /// The line's value is the result where the outcome is `ok`, and the argument otherwise.
  public func complete(
    process: Int, f: String, key: Value? = nil, argument: Value? = nil, outcome: Outcome,
    error: Value? = nil, node: String? = nil
  ) throws(RecorderError) {
    let (type, value): (EventType, Value?) =
      switch outcome {
      case .ok(let result): (.ok, result)
      case .fail: (.fail, argument)
      case .info: (.info, argument)
      }
    try record(
      process: .client(process), type: type, f: f, key: key, value: value, error: error,
      node: node, wait: promptness == .everyEvent)
  }

  /// Records what the nemesis or another lane did; returns when the line has been written.
  public func annotate(
    process: ProcessID = .nemesis, f: String, value: Value? = nil, error: Value? = nil,
    node: String? = nil, fields: [String: Value] = [:]
  ) throws(RecorderError) {
    try record(
      process: process, type: .info, f: f, key: nil, value: value, error: error, node: node,
      fields: fields, wait: promptness != .nothing)
  }

  /// Writes what is buffered and returns when all is on the disk. Nothing can be recorded
  /// afterwards. Closing again does nothing.
  public func close() throws(RecorderError) {
    monitor.lock()
    defer { monitor.unlock() }
    if closed { return }
    closed = true
    try waitUntilWritten(appended)
    try file.sync()
  }
}

extension Recorder {
  private func locked<Result>(_ body: () -> Result) -> Result {
    monitor.lock()
    defer { monitor.unlock() }
    return body()
  }

  /// Appends an event at the next index and the present time.
  private func record(
    process: ProcessID, type: EventType, f: String, key: Value?, value: Value?, error: Value?,
    node: String?, fields: [String: Value] = [:], wait: Bool
  ) throws(RecorderError) {
    // All that can be formatted before the lock is taken.
    var rest: [UInt8] = []
    rest.reserveCapacity(160)
    EventEncoder.appendRest(
      process: process, type: type, f: f, key: key, value: value, error: error, node: node,
      fields: fields, to: &rest)
    monitor.lock()
    defer { monitor.unlock() }
    if let failed = self.error { throw failed }
    if closed { throw RecorderError(path: path, action: "record", code: EBADF) }
    EventEncoder.appendPosition(index: appended, time: now, to: &pending)
    pending.append(contentsOf: rest)
    appended += 1
    if wait { try waitUntilWritten(appended) }
  }

  /// Returns, with the lock held as before, when the first `count` lines have been written.
  private func waitUntilWritten(_ count: Int) throws(RecorderError) {
    var yields = 0
    while written < count {
      if let error { throw error }
      if !writing {
        writeGroup()
      } else if yields < Self.yieldLimit {
        yields += 1
        monitor.yield()
      } else {
        waiting += 1
        monitor.wait()
        waiting -= 1
      }
    }
  }

  /// How often a thread lets others run before it sleeps until a group is written. A write(2) to
  /// the page cache takes 2 us, putting a thread to sleep and waking it takes more: yielding first
  /// doubles the throughput. A disk that stalls costs no spinning.
  private static let yieldLimit = 4

  /// Writes all that is buffered, without the lock while it does.
  private func writeGroup() {
    writing = true
    swap(&pending, &spare)
    let count = appended
    monitor.unlock()
    var failure: RecorderError?
    do throws(RecorderError) { try file.append(spare) } catch { failure = error }
    spare.removeAll(keepingCapacity: true)
    monitor.lock()
    writing = false
    if let failure { error = failure } else { written = count }
    if waiting > 0 { monitor.broadcast() }
  }

  private func startFlushing() throws(RecorderError) {
    let code = startThread { [self] in
      while flush() { usleep(4_000) }
    }
    if code != 0 { throw RecorderError(path: path, action: "start a thread", code: code) }
  }

  /// Writes what has been left; whether there may be more.
  private func flush() -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    if closed || error != nil { return false }
    if written < appended && !writing { writeGroup() }
    return true
  }
}

private func monotonicNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
