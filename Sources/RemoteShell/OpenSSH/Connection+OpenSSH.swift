internal import Glibc

// What follows runs on the connection's thread.
extension Connection {
  /// What became of a command that was given to a master.
  private enum Attempt {
    case done(CommandResult)
    /// The node takes no more commands through this master; it was not started.
    case noRoom
    case failed(CommandFailure)
  }

  /// Runs a command through a control master.
  ///
  /// A command that waits for its permission to start when its master fails has certainly not been
  /// started: as long as that master had served another before, it may just be stale, and the
  /// command is given to another one.
  func carryOut(_ request: Request, through masters: ControlMasters) -> Outcome {
    while true {
      let master: ControlMasters.Master
      do throws(ShellError) {
        master = try masters.take(for: request, on: self)
      } catch {
        return .failure(error)
      }
      let limit = master.isFresh ? request.deadline : .now + settings.timeouts.connect
      switch attempt(request, master.socket, openUntil: limit) {
      case .done(let result):
        masters.giveBack(master)
        return .success(result)
      case .noRoom:
        guard masters.dropFull(master) else {
          return .failure(explain(.rejected("it allows no session to be opened"), request))
        }
      case .failed(let failure):
        if case .unopened(let why) = failure {
          if case .cancelled = why { masters.giveBack(master) } else { masters.drop(master) }
          if why.mayBeStale, !master.isFresh { continue }
        } else {
          masters.giveBack(master)
        }
        return .failure(explain(failure, request))
      }
    }
  }

  private func attempt(
    _ request: Request, _ socket: String, openUntil limit: ContinuousClock.Instant
  ) -> Attempt {
    let start = ContinuousClock.now
    var command = GuardedCommand(request)
    do {
      // No configuration is read, and without the master there is no way to the node: an `ssh` that
      // loses its master must not run the command through a connection of its own.
      let child = try ChildProcess([
        "ssh", "-F", "none", "-S", OpenSSHLogin.literal(socket), "-o", "ControlMaster=no", "-o",
        "ProxyCommand=false", "-o", "LogLevel=ERROR", "-T", "-e", "none", "--", "node",
        GuardedCommand.text(request.line),
      ])
      let deadline = min(start + request.timeout, request.deadline)
      while true {
        child.drainOutput { command.takeOutput($0) }
        child.drainErrors { command.takeErrors($0) }
        if command.isAllowed { child.feed(&command.input) }
        guard child.output >= 0 || child.errors >= 0 else { break }
        try wait(
          for: [
            pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0),
            pollfd(
              fd: command.isAllowed ? child.input : -1, events: Int16(POLLOUT), revents: 0),
          ], until: command.isAllowed ? deadline : min(deadline, limit))
      }
      let status = try waitForEnd(of: child, until: deadline)
      if command.wasRefused(status) { return .noRoom }
      return .done(try command.result(status, after: .now - start))
    } catch let failure as CommandFailure {
      return .failed(failure)
    } catch let interruption as Interruption {
      return .failed(command.isAllowed ? .broken(interruption) : .unopened(interruption))
    } catch {
      return .failed(.rejected("ssh cannot be started: \(error)"))
    }
  }

  /// Waits until a program that has closed its output has ended.
  func waitForEnd(
    of child: ChildProcess, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> Int32 {
    while true {
      child.drainOutput { _ in }
      if child.output < 0, let status = child.status() { return status }
      // The end of a process wakes nobody, so it is looked for.
      try wait(
        for: [pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)], until: deadline,
        atMost: child.output < 0 ? .milliseconds(2) : nil)
    }
  }
}

/// A command that starts on the node only after it was allowed to: it tells that it is there, and
/// waits for a line of input. What breaks before that has certainly started nothing.
///
/// OpenSSH ends with the command's exit status, and with 255 where it fails itself. A command that
/// ends with 255 therefore says so.
struct GuardedCommand {
  private static let readyMark = Array("\u{1}faultline-ready\u{1}\n".utf8)
  private static let endMark = Array("\u{1}faultline-ended\u{1}\n".utf8)
  /// What a login shell or `sudo` may say on top of what the command may.
  private static let noise = 16 << 10

  /// The line for the login shell.
  static func text(_ line: RemoteLine) -> String {
    "printf '\\001faultline-ready\\001\\n'; IFS= read -r go && [ \"$go\" = go ] || exit 255; "
      + "unset go; ( \(line.text) ); s=$?; "
      + "[ $s -ne 255 ] || printf '\\001faultline-ended\\001\\n' >&2; exit $s"
  }

  /// What is to be fed once it is allowed.
  var input: ArraySlice<UInt8>
  /// Whether it may have been started.
  private(set) var isAllowed = false
  private let request: Connection.Request
  private var before: [UInt8] = []
  private var stdout: BoundedOutput
  private var stderr: BoundedOutput
  private var lastErrors: [UInt8] = []

  init(_ request: Connection.Request) {
    self.request = request
    input = (Array("go\n".utf8) + request.line.preamble + request.input)[...]
    stdout = BoundedOutput(limit: request.outputLimit)
    stderr = BoundedOutput(limit: request.outputLimit + Self.noise)
  }

  mutating func takeOutput(_ bytes: ArraySlice<UInt8>) {
    guard !isAllowed else { return stdout.append(bytes) }
    before = (before + bytes).suffix(Self.noise + bytes.count)
    guard let end = before.endOfFirst(Self.readyMark) else { return }
    isAllowed = true
    stdout.append(before[end...])
  }

  mutating func takeErrors(_ bytes: ArraySlice<UInt8>) {
    stderr.append(bytes)
    lastErrors = (lastErrors + bytes.suffix(Self.endMark.count)).suffix(Self.endMark.count)
  }

  /// Whether the node has refused to open a session for it.
  func wasRefused(_ status: Int32) -> Bool {
    !isAllowed && status == 255
      && String(decoding: stderr.bytes, as: UTF8.self).contains("session request failed")
  }

  /// What the command did, given how `ssh` has ended.
  func result(
    _ status: Int32, after duration: Duration
  ) throws(CommandFailure) -> CommandResult {
    let isMarked = lastErrors == Self.endMark
    guard isAllowed else {
      let said = printable(tail: before + stderr.bytes)
      throw status == 255 ? .unopened(.disconnected(said)) : .rejected(said)
    }
    guard status != 255 || isMarked else {
      throw .broken(.disconnected(printable(tail: stderr.bytes)))
    }
    var whole = stderr
    if status == 255, !whole.isTruncated { whole.bytes.removeLast(Self.endMark.count) }
    let errors = try request.line.ownErrors(whole, limit: request.outputLimit)
    return CommandResult(
      stdout: stdout.bytes, stderr: errors.bytes, stdoutTruncated: stdout.isTruncated,
      stderrTruncated: errors.isTruncated, exit: .status(status), duration: duration)
  }
}
