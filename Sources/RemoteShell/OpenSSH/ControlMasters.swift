internal import Glibc
internal import Synchronization

/// The connections of OpenSSH to one node, which its commands share.
///
/// A control master is an `ssh` in the background that has logged in. Commands are further `ssh`s
/// that reach it by its socket. It ends when it is told to, or by itself where nobody has used it
/// for a while, so that none outlives this program for long, however that ends.
final class ControlMasters: Sendable {
  /// A master that a command may use until it gives it back.
  struct Master: Sendable {
    fileprivate let number: Int
    /// Its socket's path.
    let socket: String
    /// Whether no command has been started through it yet.
    let isFresh: Bool
  }

  private enum Phase {
    case starting
    case ready
    /// Takes no more commands, and ends with the last of those it has.
    case retired
  }

  private struct Entry {
    let number: Int
    let socket: String
    var phase = Phase.starting
    var users = 1
    var hasServed = false
  }

  private struct State {
    var folder: PrivateFolder?
    var entries: [Entry] = []
    var started = 0
    /// What became of the last one that could not be started.
    var failure: (number: Int, error: ShellError)?
    /// How many commands a master takes at once: sshd's default, until a node refuses one.
    var capacity = 10
    var waiting: [Connection] = []
  }

  private enum Step {
    case use(Master)
    case start(number: Int, PrivateFolder)
    case wait(for: Int)
  }

  let ssh: OpenSSH
  private let state = Mutex(State())

  init(_ ssh: OpenSSH) { self.ssh = ssh }

  deinit {
    let (folder, sockets) = state.withLock { ($0.folder, $0.entries.map(\.socket)) }
    guard !sockets.isEmpty else { return }
    _ = startThread("ssh exit") {
      for socket in sockets { end(master: socket) }
      withExtendedLifetime(folder) {}
    }
  }

  /// Ends all masters, and with them what still runs through them.
  func close() async {
    await withCheckedContinuation { continuation in
      let isStarted = startThread("ssh exit") {
        self.endAll()
        continuation.resume()
      }
      // Then they end by themselves.
      if !isStarted { continuation.resume() }
    }
  }

  private func endAll() {
    let (folder, sockets) = state.withLock { state in
      let result = (state.folder, state.entries.map(\.socket))
      state.folder = nil
      state.entries = []
      return result
    }
    for socket in sockets { end(master: socket) }
    withExtendedLifetime(folder) {}
  }

  /// A master with room for a command, started where there is none.
  func take(
    for request: Connection.Request, on connection: Connection
  ) throws(ShellError) -> Master {
    let timeouts = connection.settings.timeouts
    let deadline = min(.now + timeouts.connect + timeouts.authenticate, request.deadline)
    while true {
      switch try next(connection) {
      case .use(let master): return master
      case .start(let number, let folder):
        let result = start(number, in: folder, for: request, on: connection, until: deadline)
        return try settle(number, in: folder, result).get()
      case .wait(let number):
        do throws(Interruption) {
          try connection.wait(for: 0, on: -1, until: deadline)
        } catch {
          throw ShellError(
            connection.settings.endpoint.name, request.reason(error, mayHaveRun: false))
        }
        if let failure = state.withLock({ $0.failure }), failure.number == number {
          throw failure.error
        }
      }
    }
  }

  /// Ends the use of a master for a command that was started.
  func giveBack(_ master: Master) {
    leave(master) { $0.hasServed = true }
  }

  /// Ends the use of a master, and gives it to nobody again.
  func drop(_ master: Master) {
    leave(master) { $0.phase = .retired }
  }

  /// The same for one to which the node has refused one more command.
  ///
  /// - Returns: whether it has ever taken one.
  func dropFull(_ master: Master) -> Bool {
    let hasTaken = state.withLock { state in
      guard let entry = state.entries.first(where: { $0.number == master.number }) else {
        return true
      }
      state.capacity = max(1, min(state.capacity, entry.users - 1))
      return entry.hasServed || entry.users > 1
    }
    drop(master)
    return hasTaken
  }

  private func leave(_ master: Master, _ change: (inout Entry) -> Void) {
    let over: String? = state.withLock { state in
      guard let index = state.entries.firstIndex(where: { $0.number == master.number }) else {
        return nil
      }
      change(&state.entries[index])
      state.entries[index].users -= 1
      guard case .retired = state.entries[index].phase, state.entries[index].users == 0 else {
        return nil
      }
      return state.entries.remove(at: index).socket
    }
    if let over { end(master: over) }
  }

  private func next(_ connection: Connection) throws(ShellError) -> Step {
    do {
      return try state.withLock { state in
        let free = state.entries.firstIndex { entry in
          guard case .ready = entry.phase else { return false }
          return entry.users < state.capacity
        }
        if let free {
          state.entries[free].users += 1
          let entry = state.entries[free]
          return .use(
            Master(number: entry.number, socket: entry.socket, isFresh: !entry.hasServed))
        }
        let starting = state.entries.first { entry in
          if case .starting = entry.phase { true } else { false }
        }
        if let starting {
          state.waiting.append(connection)
          return .wait(for: starting.number)
        }
        let folder = try state.folder ?? PrivateFolder()
        state.folder = folder
        state.started += 1
        state.entries.append(
          Entry(number: state.started, socket: "\(folder.path)/\(state.started)"))
        return .start(number: state.started, folder)
      }
    } catch {
      throw ShellError(
        connection.settings.endpoint.name,
        .resources("no folder for OpenSSH's control socket: \((error as? SystemError)?.text ?? "")")
      )
    }
  }

  /// Tells those who wait what became of a start.
  private func settle(
    _ number: Int, in folder: PrivateFolder, _ result: Result<Void, ShellError>
  ) -> Result<Master, ShellError> {
    let waiting = state.withLock { state in
      let index = state.entries.firstIndex { $0.number == number }
      switch result {
      case .success:
        if let index { state.entries[index].phase = .ready }
      case .failure(let error):
        if let index { state.entries.remove(at: index) }
        // Who was not cancelled tries by itself.
        if case .cancelled = error.reason {} else { state.failure = (number, error) }
      }
      defer { state.waiting = [] }
      return state.waiting
    }
    for connection in waiting { connection.wake() }
    let socket = "\(folder.path)/\(number)"
    // It may have gone to the background at the very moment when it was given up.
    if case .failure = result, access(socket, F_OK) == 0 { end(master: socket) }
    return result.map { Master(number: number, socket: socket, isFresh: true) }
  }

  /// Logs in; the master stays in the background.
  private func start(
    _ number: Int, in folder: PrivateFolder, for request: Connection.Request,
    on connection: Connection, until deadline: ContinuousClock.Instant
  ) -> Result<Void, ShellError> {
    let log = "\(folder.path)/\(number).log"
    let node = connection.settings.endpoint.name
    do {
      let login = try OpenSSHLogin(connection.settings, ssh, folder)
      let child = try ChildProcess(
        login.arguments(socket: "\(folder.path)/\(number)"), variables: login.variables,
        errors: .file(log))
      let status = try connection.waitForEnd(of: child, until: deadline)
      if status == 0 { return .success(()) }
    } catch let error as Interruption {
      if case .timedOut = error {
        return .failure(
          ShellError(node, .openSSH(said(log, or: "ssh did not finish logging in in time"))))
      }
      return .failure(ShellError(node, request.reason(error, mayHaveRun: false)))
    } catch let error as SystemError {
      return .failure(ShellError(node, .openSSH("ssh cannot be started: \(error.text)")))
    } catch {
      return .failure(ShellError(node, .openSSH("\(error)")))
    }
    return .failure(ShellError(node, .openSSH(said(log, or: "ssh did not say why"))))
  }

  /// What a master said before it failed. What its way says, OpenSSH shows only to people.
  private func said(_ log: String, or nothing: String) -> String {
    let bytes = (try? readFile(log, limit: 64 << 10)) ?? []
    let said = bytes.isEmpty ? nothing : printable(tail: bytes)
    guard ssh.isProxied else { return said }
    let command = ShellQuote.join(["ssh"] + ssh.arguments)
    return said + ". It goes through a proxy, of which “\(command)” may tell more"
  }
}

/// Has a master end, whatever the network does.
private func end(master socket: String) {
  guard
    let child = try? ChildProcess(
      ["ssh", "-F", "none", "-S", OpenSSHLogin.literal(socket), "-O", "exit", "--", "node"])
  else { return }
  // It asks the master, which is on this machine, and waits for its answer.
  for _ in 0..<500 where child.status() == nil { usleep(4_000) }
  unlink(socket)
}
