import Glibc

extension LocalLab {
  /// A configuration for OpenSSH's client with which `ssh -F <file> n1` works from the host.
  /// - Parameter executable: the program that understands `lab proxy --name NAME HOST PORT`.
  public func sshConfig(executable: String) -> String {
    let program = "'" + executable.replacing("'", with: "'\\''").replacing("%", with: "%%") + "'"
    let hosts = nodes.map { "Host \($0.name)\n  HostName \($0.ip)\n" }.joined()
    return hosts + """
      Host n* 10.77.\(subnet).*
        User root
        ProxyCommand \(program) lab proxy --name \(name) %h %p
        IdentityFile \(sshKeyPath)
        IdentitiesOnly yes
        UserKnownHostsFile \(knownHostsPath)
        StrictHostKeyChecking yes
        KexAlgorithms curve25519-sha256
        LogLevel ERROR

      """
  }

  /// Connects to a node and passes bytes between the connection and two descriptors, until the node has closed its
  /// side. The end of the input closes the sending side only. Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - host: a node's name or an address on the lab's network.
  ///   - port: TCP port.
  ///   - input: what is read for the node, standard input by default.
  ///   - output: where the node's bytes go, standard output by default.
  public func proxy(
    host: String, port: UInt16, input: Int32 = 0, output: Int32 = 1
  ) throws(LabError) {
    let ip = nodes.first { $0.name == host }?.ip ?? host
    let target = "\(quoted(host)) port \(port) in lab \(name)"
    let connection = try withNetwork { startConnecting(to: ip, port: port) }
    guard connection >= 0 else { throw .lastCall("connecting to \(target)") }
    defer { close(connection) }
    var waiting = pollfd(fd: connection, events: Int16(POLLOUT), revents: 0)
    guard poll(&waiting, 1, 10_000) == 1 else {
      throw .system(what: "connecting to \(target)", error: "no answer within ten seconds")
    }
    errno = connectionError(of: connection)
    guard errno == 0 else { throw .lastCall("connecting to \(target)") }
    relay(input: input, output: output, connection: connection)
  }
}

private func relay(input: Int32, output: Int32, connection: Int32) {
  var sending = Relay(from: input, to: connection)
  var receiving = Relay(from: connection, to: output)
  while !receiving.isDone {
    var wanted = [
      sending.wantsInput, sending.wantsOutput, receiving.wantsInput, receiving.wantsOutput,
    ]
    guard poll(&wanted, nfds_t(wanted.count), -1) >= 0 || errno == EINTR else { return }
    let wasDone = sending.isDone
    sending.move(canRead: wanted[0].revents != 0, canWrite: wanted[1].revents != 0)
    if sending.isDone, !wasDone { shutdown(connection, Int32(SHUT_WR)) }
    receiving.move(canRead: wanted[2].revents != 0, canWrite: wanted[3].revents != 0)
  }
}

/// One direction of a connection. It writes at most as much as a descriptor that is ready takes without blocking,
/// because the descriptors are shared with other processes and must not be made non-blocking.
private struct Relay {
  let from: Int32
  let to: Int32
  private var buffer: ArraySlice<UInt8> = []
  private var ended = false

  init(from: Int32, to: Int32) {
    self.from = from
    self.to = to
  }

  var isDone: Bool { ended && buffer.isEmpty }

  /// A negative descriptor is one that poll leaves out.
  var wantsInput: pollfd {
    pollfd(fd: buffer.isEmpty && !ended ? from : -1, events: Int16(POLLIN), revents: 0)
  }

  var wantsOutput: pollfd {
    pollfd(fd: buffer.isEmpty ? -1 : to, events: Int16(POLLOUT), revents: 0)
  }

  mutating func move(canRead: Bool, canWrite: Bool) {
    if canRead {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = read(from, &bytes, bytes.count)
      if count > 0 {
        buffer = bytes[..<count]
      } else if count == 0 || errno != EAGAIN && errno != EINTR {
        ended = true
      }
    }
    if canWrite {
      let piece = Array(buffer.prefix(4096))
      var count = send(to, piece, piece.count, Int32(MSG_NOSIGNAL))
      if count < 0, errno == ENOTSOCK { count = write(to, piece, piece.count) }
      if count > 0 {
        buffer = buffer.dropFirst(count)
      } else if errno != EAGAIN && errno != EINTR {
        buffer = []
        ended = true
      }
    }
  }
}
