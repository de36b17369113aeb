internal import Glibc
internal import Synchronization

/// One thread and the SSH session that it alone uses, for one command at a time; where commands go
/// through OpenSSH, the thread that drives the `ssh` of a command.
///
/// libssh2's sessions must not be shared between threads, and its calls, like name look-up, take
/// as long as they take: on a thread of their own they hold up nobody. The session is opened by
/// the first command and by any command after it was lost, so a connection never becomes useless.
final class Connection: Sendable {
  /// Everything a connection needs to know about its node.
  struct Settings: Sendable {
    let endpoint: Endpoint
    let credentials: Credentials
    let hostKeys: HostKeyPolicy
    let timeouts: Timeouts
    /// Where commands go through OpenSSH: what they share.
    let masters: ControlMasters?
  }

  /// A command as the thread gets it.
  struct Request: Sendable {
    let line: RemoteLine
    let input: [UInt8]
    let outputLimit: Int
    let timeout: Duration
    /// Bounds the whole call, opening a session included.
    let deadline: ContinuousClock.Instant
    /// The command for messages.
    let description: String

    /// What ended the wait for it, in the caller's terms.
    func reason(_ interruption: Interruption, mayHaveRun: Bool) -> ShellError.Reason {
      switch interruption {
      case .timedOut:
        .commandTimeout(command: description, after: timeout, mayHaveRun: mayHaveRun)
      case .cancelled: .cancelled(command: description, mayHaveRun: mayHaveRun)
      case .disconnected(let detail):
        .connectionLost(command: description, detail: detail, mayHaveRun: mayHaveRun)
      }
    }
  }

  typealias Outcome = Result<CommandResult, ShellError>

  private struct Job: Sendable {
    let number: Int
    let request: Request
    let finish: @Sendable (Outcome) -> Void
  }

  private struct State {
    var job: Job?
    var jobs = 0
    var cancelled: Int?
    var isStopping = false
    var hasEnded = false
    var onEnd: [CheckedContinuation<Void, Never>] = []
  }

  let settings: Settings
  private let wakeup: Wakeup
  private let state = Mutex(State())

  /// Starts the thread; the session follows with the first command.
  init(_ settings: Settings) throws(ShellError) {
    self.settings = settings
    guard let wakeup = Wakeup() else {
      throw ShellError(settings.endpoint.name, .resources("no file descriptor is free"))
    }
    self.wakeup = wakeup
    guard startThread("ssh " + settings.endpoint.name, { self.serve() }) else {
      throw ShellError(settings.endpoint.name, .resources("no thread could be started"))
    }
  }

  /// Has the thread carry out a command. There must be no other at the time.
  func perform(_ request: Request) async -> Outcome {
    let number = state.withLock { state in
      state.jobs += 1
      return state.jobs
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(Job(number: number, request: request) { continuation.resume(returning: $0) })
      }
    } onCancel: {
      state.withLock { $0.cancelled = number }
      wakeup.signal()
    }
  }

  /// Ends the thread, and with an error the command that it is carrying out.
  func stop() {
    state.withLock { $0.isStopping = true }
    wakeup.signal()
  }

  /// Whether the thread has closed its session after `stop`.
  var hasEnded: Bool { state.withLock(\.hasEnded) }

  /// Returns when the thread has closed its session after `stop`.
  func ended() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.onEnd.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  private func submit(_ job: Job) {
    let isOver = state.withLock { state in
      if !state.hasEnded { state.job = job }
      return state.hasEnded
    }
    if isOver { job.finish(.failure(ShellError(settings.endpoint.name, .closed))) }
    wakeup.signal()
  }
}

// What follows runs on the connection's thread.
extension Connection {
  private func serve() {
    var session: Session?
    while let job = nextJob(&session) {
      let outcome = carryOut(job.request, &session)
      state.withLock { $0.job = nil }
      job.finish(outcome)
    }
    session = nil
    let (job, waiting) = state.withLock { state in
      state.hasEnded = true
      return (state.job, state.onEnd)
    }
    job?.finish(.failure(ShellError(settings.endpoint.name, .closed)))
    for continuation in waiting { continuation.resume() }
  }

  /// Waits for a command, and meanwhile closes the session if the node does.
  private func nextJob(_ session: inout Session?) -> Job? {
    var isQuiet = true
    while true {
      let (job, isStopping) = state.withLock { ($0.job, $0.isStopping) }
      if isStopping { return nil }
      if let job { return job }
      // What an idle node says is left for the next command to read. Only its end matters now.
      pollOnce(
        [pollfd(fd: session?.socket ?? -1, events: Int16(isQuiet ? POLLIN : 0), revents: 0)],
        until: .now + .seconds(3600))
      if let open = session {
        switch open.incoming() {
        case .nothing: break
        case .data: isQuiet = false
        case .end: session = nil
        }
      }
    }
  }

  private func carryOut(_ request: Request, _ session: inout Session?) -> Outcome {
    if let masters = settings.masters { return carryOut(request, through: masters) }
    if let open = session {
      do throws(CommandFailure) {
        // A node that does not even open a channel in the time in which it has to take a new
        // connection gets a new connection.
        let limit = ContinuousClock.now + settings.timeouts.connect
        return .success(try execute(request, in: open, openUntil: limit, &session))
      } catch {
        // An idle session can die unnoticed. As long as the node has not agreed to open a channel
        // the command cannot have been started, so a second attempt is no repetition.
        guard case .unopened(let why) = error, why.mayBeStale else {
          return .failure(explain(error, request))
        }
      }
    }
    let fresh: Session
    do throws(ShellError) {
      fresh = try Session.open(self, for: request)
    } catch {
      return .failure(error)
    }
    do throws(CommandFailure) {
      return .success(
        try execute(request, in: fresh, openUntil: request.deadline, &session))
    } catch {
      return .failure(explain(error, request))
    }
  }

  /// A failure in the caller's terms.
  func explain(_ failure: CommandFailure, _ request: Request) -> ShellError {
    let reason: ShellError.Reason =
      switch failure {
      case .unopened(let interruption): request.reason(interruption, mayHaveRun: false)
      case .broken(let interruption): request.reason(interruption, mayHaveRun: true)
      case .rejected(let detail): .rejected(detail: detail)
      case .sudo(let message):
        .sudo(
          user: settings.endpoint.user, message: message,
          passwordGiven: settings.credentials.sudoPassword != nil)
      }
    return ShellError(settings.endpoint.name, reason)
  }

  /// Keeps the session for the next command if this one got a result.
  private func execute(
    _ request: Request, in open: Session, openUntil limit: ContinuousClock.Instant,
    _ session: inout Session?
  ) throws(CommandFailure) -> CommandResult {
    session = nil
    let result = try open.execute(request, openUntil: limit)
    session = open
    return result
  }

  /// Waits until the socket may be used in the way that `events` says, or something else happens:
  /// the caller tries again and finds out.
  func wait(
    for events: Int32, on socket: Int32, until deadline: ContinuousClock.Instant
  ) throws(Interruption) {
    try wait(
      for: [pollfd(fd: socket, events: Int16(events), revents: 0)], until: deadline)
  }

  /// The same for several descriptors, of which negative ones are left out.
  ///
  /// - Parameter limit: when to come back although nothing has happened.
  func wait(
    for descriptors: [pollfd], until deadline: ContinuousClock.Instant,
    atMost limit: Duration? = nil
  ) throws(Interruption) {
    try checkCancellation()
    guard ContinuousClock.now < deadline else { throw .timedOut }
    pollOnce(descriptors, until: limit.map { min(deadline, .now + $0) } ?? deadline)
    try checkCancellation()
  }

  private func checkCancellation() throws(Interruption) {
    let isOver = state.withLock { state in
      state.isStopping || (state.job != nil && state.cancelled == state.job?.number)
    }
    if isOver { throw .cancelled }
  }

  private func pollOnce(_ descriptors: [pollfd], until deadline: ContinuousClock.Instant) {
    let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
    var polled =
      descriptors + [pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)]
    _ = poll(&polled, nfds_t(polled.count), Int32(clamping: Int64(max(left, 0).rounded(.up))))
    if polled[descriptors.count].revents != 0 { wakeup.clear() }
  }

  /// Wakes the thread from a helper of its own.
  func wake() { wakeup.signal() }
}
