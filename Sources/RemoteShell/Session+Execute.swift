internal import CSSH2
internal import Glibc

extension Session {
  /// How much output the node may send before it must wait: libssh2's default, a macro that is
  /// not imported.
  private static let window: UInt32 = 2 << 20

  /// Runs one command in a channel of its own. After any failure the session must be dropped.
  ///
  /// - Parameter limit: when to give up opening the channel, if that comes before the command's
  ///   deadline.
  func execute(
    _ request: Connection.Request, openUntil limit: ContinuousClock.Instant
  ) throws(CommandFailure) -> CommandResult {
    let start = ContinuousClock.now
    let deadline = min(start + request.timeout, request.deadline)
    let channel = try openChannel(until: min(deadline, limit))
    var stdout = BoundedOutput(limit: request.outputLimit)
    // What sudo says comes on top of what the command may say.
    let extra = request.line.marksStart ? 4096 : 0
    var stderr = BoundedOutput(limit: request.outputLimit + extra)
    let code = try broken { () throws(Interruption) in
      let text = request.line.text
      return try drive(until: deadline) {
        libssh2_channel_process_startup(channel, "exec", 4, text, UInt32(text.utf8.count))
      }
    }
    guard code == 0 else { throw .rejected(lastError) }
    let exit = try broken { () throws(Interruption) in
      try converse(
        channel, input: request.line.preamble + request.input, &stdout, &stderr, until: deadline)
      return try finish(channel, until: deadline)
    }
    let said = try request.line.ownErrors(stderr, limit: request.outputLimit)
    return CommandResult(
      stdout: stdout.bytes, stderr: said.bytes, stdoutTruncated: stdout.isTruncated,
      stderrTruncated: said.isTruncated, exit: exit, duration: .now - start)
  }

  private func openChannel(
    until deadline: ContinuousClock.Instant
  ) throws(CommandFailure) -> OpaquePointer {
    let channel: OpaquePointer?
    do {
      channel = try drivePointer(until: deadline) {
        libssh2_channel_open_ex(
          handle, "session", 7, Self.window, UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT),
          nil, 0)
      }
    } catch {
      throw .unopened(error)
    }
    guard let channel else { throw .rejected(lastError) }
    return channel
  }

  /// Calls what happens once the command may have been started.
  private func broken<Value>(
    _ body: () throws(Interruption) -> Value
  ) throws(CommandFailure) -> Value {
    do { return try body() } catch { throw .broken(error) }
  }

  /// Feeds the command and reads both of its streams until it has closed them.
  ///
  /// Input and output are served in turn, so that neither side can fill up while the other waits.
  private func converse(
    _ channel: OpaquePointer, input: [UInt8], _ stdout: inout BoundedOutput,
    _ stderr: inout BoundedOutput, until deadline: ContinuousClock.Instant
  ) throws(Interruption) {
    var rest = input[...]
    var inputIsOpen = true
    var buffer = [UInt8](repeating: 0, count: 32 << 10)
    while true {
      var hasMoved = false
      if inputIsOpen {
        hasMoved = try feed(channel, &rest, &inputIsOpen, until: deadline)
      }
      hasMoved = try drain(channel, 0, into: &stdout, &buffer, until: deadline) || hasMoved
      hasMoved =
        try drain(channel, SSH_EXTENDED_DATA_STDERR, into: &stderr, &buffer, until: deadline)
        || hasMoved
      // A command may close its output and go on reading, but not after its channel is closed.
      if libssh2_channel_eof(channel) == 1,
        !inputIsOpen || libssh2_channel_wait_closed(channel) != LIBSSH2_ERROR_EAGAIN
      {
        return
      }
      // Looking for one stream may have taken what belongs to the other from the socket, which will
      // then have no more to say.
      if !hasMoved, libssh2_poll_channel_read(channel, 0) == 0 { try wait(until: deadline) }
    }
  }

  /// Sends as much input as the node takes now, then its end. Whether any was sent.
  private func feed(
    _ channel: OpaquePointer, _ rest: inout ArraySlice<UInt8>, _ isOpen: inout Bool,
    until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> Bool {
    guard !rest.isEmpty else {
      let code = try settle(until: deadline) { Int(libssh2_channel_send_eof(channel)) }
      isOpen = code == LIBSSH2_ERROR_EAGAIN
      return !isOpen
    }
    let count = try settle(until: deadline) {
      rest.withUnsafeBytes { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          libssh2_channel_write_ex(channel, 0, $0.baseAddress, $0.count)
        }
      }
    }
    if count > 0 { rest.removeFirst(count) }
    // Any error but a full window means that the command reads no more, which is its own affair.
    if count < 0, count != LIBSSH2_ERROR_EAGAIN { isOpen = false }
    return count > 0
  }

  /// Reads all that has arrived on a stream. Whether there was any.
  private func drain(
    _ channel: OpaquePointer, _ stream: Int32, into output: inout BoundedOutput,
    _ buffer: inout [UInt8], until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> Bool {
    var hasMoved = false
    while true {
      let count = try settle(until: deadline) {
        buffer.withUnsafeMutableBytes { bytes in
          bytes.withMemoryRebound(to: CChar.self) {
            libssh2_channel_read_ex(channel, stream, $0.baseAddress, $0.count)
          }
        }
      }
      guard count > 0 else {
        if count < 0, count != LIBSSH2_ERROR_EAGAIN { throw .disconnected(lastError) }
        return hasMoved
      }
      output.append(buffer[..<count])
      hasMoved = true
      guard ContinuousClock.now < deadline else { throw .timedOut }
    }
  }

  /// Closes the channel from both sides and asks how the command ended.
  ///
  /// sshd sends status or signal before it closes the channel, so only a channel that it closed
  /// has a status that means anything.
  private func finish(
    _ channel: OpaquePointer, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> CommandResult.Exit {
    let closed = try drive(until: deadline) { libssh2_channel_close(channel) }
    let confirmed = try drive(until: deadline) { libssh2_channel_wait_closed(channel) }
    guard closed == 0, confirmed == 0 else { throw .disconnected(lastError) }
    defer { _ = libssh2_channel_free(channel) }
    var name: UnsafeMutablePointer<CChar>?
    libssh2_channel_get_exit_signal(channel, &name, nil, nil, nil, nil, nil)
    // With a signal the status reads 0, so the signal is looked at first.
    guard let name else { return .status(libssh2_channel_get_exit_status(channel)) }
    defer { libssh2_free(handle, name) }
    return .signal(String(cString: name))
  }
}
