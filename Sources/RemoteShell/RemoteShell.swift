/// Runs commands on one node over SSH.
///
/// Any number of commands may be run at once; each has a connection of its own, up to
/// `maximumConnections`, which are opened when needed and used again. No call blocks a thread of
/// Swift's pool, and every call ends in time, whatever the node does: a call takes at most the
/// connection's and the login's timeouts and the command's own, and at most the command's own
/// again while it waits for a connection.
///
/// A command that may have been started is never started again behind the caller's back; see
/// `ShellError.mayHaveRun`.
///
/// There are two ways: libssh2, in this process, and the system's OpenSSH, which knows the user's
/// configuration and every kind of key. There the commands of a node share one login, by a control
/// master.
///
/// With Debian 12's libssh2 1.10 and OpenSSH 9.2 this is what is agreed on: curve25519-sha256 for
/// the key exchange, an ed25519 host key (or ECDSA, where that is the one known), aes128-ctr, and
/// hmac-sha2-256. It knows no ChaCha20, no AES-GCM and no RSA with SHA-2, so a server that allows
/// nothing else cannot be used; user keys are ed25519 or ECDSA.
public actor RemoteShell {
  /// How many commands run at once on a node unless they are urgent. sshd begins to refuse logins
  /// when ten are in progress.
  public static let maximumConnections = 6

  /// The node.
  public nonisolated let endpoint: Endpoint
  private nonisolated let settings: Connection.Settings

  private var connections: [Connection] = []
  /// Told to stop, and perhaps still saying goodbye.
  private var ending: [Connection] = []
  private var idle: [Connection] = []
  private var waiting: [(ticket: Int, continuation: CheckedContinuation<Connection?, Never>)] = []
  private var tickets = 0
  private var isClosed = false

  /// Does not connect yet: the first command does.
  ///
  /// - Parameter ssh: how the system's OpenSSH reaches the node; libssh2 connects to the endpoint
  ///   where nil.
  public init(
    _ endpoint: Endpoint, credentials: Credentials, hostKeys: HostKeyPolicy = .strict,
    timeouts: Timeouts = Timeouts(), through ssh: OpenSSH? = nil
  ) {
    self.endpoint = endpoint
    settings = Connection.Settings(
      endpoint: endpoint, credentials: credentials, hostKeys: hostKeys, timeouts: timeouts,
      masters: ssh.map { ControlMasters($0) })
  }

  deinit {
    for connection in connections { connection.stop() }
  }

  /// Runs a command and waits for its end, whatever its exit status.
  ///
  /// - Throws: where there is no answer, or the node refused. A command that timed out or was
  ///   cancelled goes on at the node.
  public func run(_ command: Command) async throws(ShellError) -> CommandResult {
    let line: RemoteLine
    do {
      line = try RemoteLine(
        command, user: endpoint.user, sudoPassword: settings.credentials.sudoPassword)
    } catch {
      throw ShellError(endpoint.name, error)
    }
    let timeouts = settings.timeouts
    let limit = command.timeout ?? timeouts.command
    let connection = try await acquire(for: command, within: limit)
    let request = Connection.Request(
      line: line, input: command.input, outputLimit: command.outputLimit, timeout: limit,
      deadline: .now + timeouts.connect + timeouts.authenticate + limit,
      description: command.description)
    let outcome = await connection.perform(request)
    release(connection)
    return try outcome.get()
  }

  /// Runs a command that must exit with status 0.
  ///
  /// - Throws: as `run`, and `ShellError.Reason.failed` for any other end.
  @discardableResult
  public func runSuccessfully(_ command: Command) async throws(ShellError) -> CommandResult {
    let result = try await run(command)
    guard result.succeeded else {
      throw ShellError(endpoint.name, .failed(command: command.description, result))
    }
    return result
  }

  /// Ends all commands with an error and closes all connections; afterwards nothing of this shell
  /// is left on this machine. Programs on the node are not ended.
  public func close() async {
    isClosed = true
    let open = connections + ending
    connections = []
    ending = []
    idle = []
    for waiter in waiting { waiter.continuation.resume(returning: nil) }
    waiting = []
    for connection in open { connection.stop() }
    for connection in open { await connection.ended() }
    if let masters = settings.masters { await masters.close() }
  }

  /// A connection for the caller alone, until `release`.
  private func acquire(
    for command: Command, within limit: Duration
  ) async throws(ShellError) -> Connection {
    if isClosed { throw ShellError(endpoint.name, .closed) }
    if let connection = idle.popLast() { return connection }
    if command.urgent || connections.count < Self.maximumConnections {
      let connection = try Connection(settings)
      connections.append(connection)
      return connection
    }
    if let connection = await nextReleased(within: limit) { return connection }
    if isClosed { throw ShellError(endpoint.name, .closed) }
    throw ShellError(
      endpoint.name,
      Task.isCancelled
        ? .cancelled(command: command.description, mayHaveRun: false)
        : .busy(connections: connections.count, after: limit))
  }

  /// Queues for a connection; nil when time is up, the task is cancelled or the shell closed.
  private func nextReleased(within limit: Duration) async -> Connection? {
    tickets += 1
    let ticket = tickets
    let timer = Task { [weak self] in
      try? await Task.sleep(for: limit)
      await self?.giveUp(ticket)
    }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiting.append((ticket, $0)) }
    } onCancel: {
      timer.cancel()
    }
  }

  private func giveUp(_ ticket: Int) {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    waiting.remove(at: index).continuation.resume(returning: nil)
  }

  private func release(_ connection: Connection) {
    if isClosed { return }
    if !waiting.isEmpty {
      waiting.removeFirst().continuation.resume(returning: connection)
    } else if connections.count > Self.maximumConnections {
      connections.removeAll { $0 === connection }
      ending.removeAll(where: \.hasEnded)
      ending.append(connection)
      connection.stop()
    } else {
      idle.append(connection)
    }
  }
}
