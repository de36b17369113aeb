internal import CSSH2
internal import Glibc

extension Session {
  /// Tries the credentials in order until one is taken.
  func authenticate(
    for request: Connection.Request, until deadline: ContinuousClock.Instant
  ) throws(ShellError.Reason) {
    let settings = connection.settings
    let user = settings.endpoint.user
    var attempts: [AuthenticationRefusal.Attempt] = []
    var offered: [String] = []
    do throws(Interruption) {
      guard let methods = try offeredMethods(user, until: deadline) else { return }
      offered = methods
      for method in settings.credentials.methods {
        let failed = try attempt(method, user, offered, until: deadline)
        if failed.isEmpty { return }
        attempts += failed
      }
    } catch {
      switch error {
      case .timedOut:
        throw .authenticationTimeout(user: user, after: settings.timeouts.authenticate)
      case .cancelled: throw .cancelled(command: request.description, mayHaveRun: false)
      case .disconnected(let detail):
        guard !attempts.isEmpty else {
          throw .handshake(
            address: settings.endpoint.address, detail: "hung up during the login: " + detail)
        }
      // A server that has seen enough attempts hangs up.
      }
    }
    throw .authentication(
      AuthenticationRefusal(user: user, offered: offered, attempts: attempts))
  }

  /// What the node offers; nil where it asks for nothing and the login is done.
  private func offeredMethods(
    _ user: String, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> [String]? {
    let list = try drivePointer(until: deadline) {
      libssh2_userauth_list(handle, user, UInt32(user.utf8.count))
    }
    guard let list else { return libssh2_userauth_authenticated(handle) == 1 ? nil : [] }
    return String(cString: list).split(separator: ",").map(String.init)
  }

  /// Tries one method; what it could not do, which is nothing after success.
  private func attempt(
    _ method: Credentials.Method, _ user: String, _ offered: [String],
    until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> [AuthenticationRefusal.Attempt] {
    switch method {
    case .keyFile(let path, let passphrase):
      let problem =
        offered.contains("publickey")
        ? try tryKeyFile(path, passphrase, user, until: deadline) : .notOffered
      return problem.map { [.init(method: path, problem: $0)] } ?? []
    case .agent(let socket):
      guard offered.contains("publickey") else {
        return [.init(method: "agent", problem: .notOffered)]
      }
      return try tryAgent(socket, user, until: deadline)
    case .password(let password):
      let problem =
        offered.contains("password")
        ? try tryPassword(password, user, until: deadline) : .notOffered
      return problem.map { [.init(method: "password", problem: $0)] } ?? []
    }
  }

  private func tryKeyFile(
    _ path: String, _ passphrase: Secret?, _ user: String, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> AuthenticationRefusal.Problem? {
    let file: PrivateKeyFile
    do {
      file = PrivateKeyFile(try readFile(path, limit: 1 << 20))
    } catch {
      return .unreadable(error.text)
    }
    if file.isEncrypted, passphrase == nil { return .passphraseMissing }
    // Without any passphrase the cryptographic library would ask for one at the terminal.
    let secret = passphrase?.value ?? ""
    // libssh2 1.10 looks for a zero after the key although it is told the length.
    let terminated = file.bytes + [0]
    let code = try drive(until: deadline) {
      terminated.withUnsafeBytes { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          libssh2_userauth_publickey_frommemory(
            handle, user, user.utf8.count, nil, 0, $0.baseAddress, $0.count - 1, secret)
        }
      }
    }
    switch code {
    case 0: return nil
    case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
      return file.isRSA ? .rsa : .refused
    default: return file.isEncrypted ? .passphraseWrong : .notAKey(lastError)
    }
  }

  /// Tries the agent's keys, those that this libssh2 can hardly use last.
  private func tryAgent(
    _ path: String?, _ user: String, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> [AuthenticationRefusal.Attempt] {
    let agent: Agent
    let blobs: [[UInt8]]
    do throws(Agent.Failure) {
      agent = try Agent(path, connection, until: deadline)
      blobs = try agent.identities()
      if blobs.isEmpty { throw Agent.Failure(text: "the agent has no keys") }
    } catch {
      return [.init(method: "agent", problem: .agent(error.text))]
    }
    return try tryKeys(blobs, of: agent, user, until: deadline)
  }

  private func tryKeys(
    _ blobs: [[UInt8]], of agent: Agent, _ user: String, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> [AuthenticationRefusal.Attempt] {
    let isRSA = { keyType(ofPublicKey: $0) == "ssh-rsa" }
    var attempts: [AuthenticationRefusal.Attempt] = []
    for blob in blobs.filter({ !isRSA($0) }) + blobs.filter(isRSA) {
      let signer = Signer(agent, blob)
      let code = try drive(until: deadline) { publicKey(signer, user) }
      if code == 0 { return [] }
      let problem: AuthenticationRefusal.Problem =
        signer.failure.map { .agent($0.text) } ?? (isRSA(blob) ? .rsa : .refused)
      attempts.append(
        .init(method: "agent's \(keyType(ofPublicKey: blob)) key", problem: problem))
    }
    return attempts
  }

  private func publicKey(_ signer: Signer, _ user: String) -> Int32 {
    // libssh2 hands the address of this variable to the callback. Both the variable and the
    // signer outlive the call, and the callback is only called within it.
    var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(signer).toOpaque()
    return withExtendedLifetime(signer) {
      libssh2_userauth_publickey(
        handle, user, signer.blob, signer.blob.count,
        { _, signature, size, data, count, context in
          guard let signature, let size, let signer = context?.pointee else { return -1 }
          let bytes = Array(UnsafeBufferPointer(start: data, count: count))
          return Unmanaged<Signer>.fromOpaque(signer).takeUnretainedValue()
            .sign(bytes, signature, size)
        }, &context)
    }
  }

  private func tryPassword(
    _ password: Secret, _ user: String, until deadline: ContinuousClock.Instant
  ) throws(Interruption) -> AuthenticationRefusal.Problem? {
    let code = try drive(until: deadline) {
      libssh2_userauth_password_ex(
        handle, user, UInt32(user.utf8.count), password.value,
        UInt32(password.value.utf8.count), nil)
    }
    return code == 0 ? nil : .refused
  }
}
