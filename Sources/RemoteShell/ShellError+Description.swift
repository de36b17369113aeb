extension ShellError: CustomStringConvertible {
  /// The node, what went wrong, and what to do about it, on one line.
  public var description: String { "\(printable(node)): \(reason)" }
}

extension ShellError.Reason: CustomStringConvertible {
  /// What went wrong and what to do about it, on one line.
  public var description: String {
    switch self {
    case .nameNotFound, .connectionRefused, .unreachable, .connectTimeout, .handshake:
      connectionText
    case .hostKey(let refusal): refusal.description
    case .knownHosts(let path, let detail):
      "known hosts file \(printable(path)): \(printable(detail))"
    case .authentication(let refusal): refusal.description
    case .authenticationTimeout(let user, let time):
      "the login as \(printable(user)) was not answered within \(seconds(time)): is the node "
        + "frozen or overloaded?"
    case .openSSH(let said): "OpenSSH cannot log in: \(said)"
    default: commandText
    }
  }

  private var connectionText: String {
    switch self {
    case .nameNotFound(let host, let detail):
      "no address for the host \(printable(host)) (\(printable(detail))): check the name, or give "
        + "an address"
    case .connectionRefused(let address):
      "\(printable(address)) refused the connection: is sshd running, and on this port?"
    case .unreachable(let address, let detail):
      "\(printable(address)) cannot be reached: \(printable(detail))"
    case .connectTimeout(let address, let time, accepted: false):
      "no connection to \(printable(address)) within \(seconds(time)): is the node up, and is "
        + "there a firewall in between?"
    case .connectTimeout(let address, let time, _):
      "\(printable(address)) took the connection but did not finish the SSH handshake within "
        + "\(seconds(time)): is the node frozen, or does something else listen there?"
    case .handshake(let address, let detail):
      "no SSH with \(printable(address)): \(printable(detail)). It may be no SSH server, have too "
        + "many logins at once, or allow none of aes-ctr, hmac-sha2 and curve25519 or ecdh"
    default: ""
    }
  }

  private var commandText: String {
    switch self {
    case .rejected(let detail):
      "the node does not run commands for this account: \(printable(detail))"
    case .busy(let connections, let time):
      "all \(connections) connections were busy for \(seconds(time)); the command was not started"
    case .commandTimeout(let command, let time, let mayHaveRun):
      "no end of “\(printable(command, limit: 200))” within \(seconds(time)); "
        + Self.trace(mayHaveRun)
        + ". The node may be frozen; a program that stays in the background must redirect its "
        + "output"
    case .connectionLost(let command, let detail, let mayHaveRun):
      "the connection broke during “\(printable(command, limit: 200))” (\(printable(detail))); "
        + Self.trace(mayHaveRun)
    case .cancelled(let command, let mayHaveRun):
      "“\(printable(command, limit: 200))” was cancelled; " + Self.trace(mayHaveRun)
    case .sudo(let user, let message, let passwordGiven):
      "sudo refused \(printable(user)): \(printable(message)). "
        + (passwordGiven
          ? "Check the password and the account's sudo rights"
          : "Give the sudo password, allow NOPASSWD in sudoers, or log in as root")
    case .invalidCommand(let detail): "this command cannot be sent: \(printable(detail))"
    case .failed(let command, let result):
      "“\(printable(command, limit: 200))” \(result.ending)"
    case .tooLarge(let path, let limit):
      "\(printable(path)) is larger than the \(limit) bytes allowed"
    case .resources(let detail): "this machine is short of resources: \(printable(detail))"
    default: "the shell was closed"
    }
  }

  private static func trace(_ mayHaveRun: Bool) -> String {
    mayHaveRun ? "it may have run" : "it was not started"
  }
}

extension CommandResult {
  /// How it ended and the last it said, for an error.
  fileprivate var ending: String {
    let end =
      switch exit {
      case .status(let status): "exited with status \(status)"
      case .signal(let name): "was ended by the signal \(printable(name))"
      }
    let said = stderr.isEmpty ? stdout : stderr
    return said.isEmpty ? end + " and said nothing" : end + ": " + printable(tail: said)
  }
}

extension HostKeyRefusal: CustomStringConvertible {
  /// What is wrong with the key, its fingerprint, and the line that would make it known.
  public var description: String {
    let places = files.map { printable($0) }.joined(separator: ", ")
    switch problem {
    case .unknown:
      return
        "its host key \(fingerprint) is not in \(places). If the fingerprint is right, add "
        + "the line “\(line)”, or allow new host keys (--accept-new-host-keys)"
    case .changed:
      return "its host key is now \(fingerprint), which is not the one in \(places): it was "
        + "reinstalled, or this is another machine. If it is right, replace the host's line by "
        + "“\(line)”"
    case .otherTypes(let types):
      return "its host key \(fingerprint) is of another type than those in \(places) "
        + "(\(types.joined(separator: ", "))). If the fingerprint is right, add the line “\(line)”"
    case .revoked:
      return "its host key \(fingerprint) is marked as revoked in \(places)"
    }
  }
}

extension AuthenticationRefusal: CustomStringConvertible {
  /// What was tried, why each did not work, and what the node offers.
  public var description: String {
    let tried = attempts.map { "\(printable($0.method)): \($0.problem)" }
    let methods = offered.map { printable($0, limit: 40) }.joined(separator: ", ")
    return "the login as \(printable(user)) was refused. "
      + (tried.isEmpty ? "Nothing to try was given" : tried.joined(separator: "; "))
      + ". The node offers \(methods.isEmpty ? "nothing" : methods)"
  }
}

extension AuthenticationRefusal.Problem: CustomStringConvertible {
  /// Why it did not work and what to do.
  public var description: String {
    switch self {
    case .refused: "the node does not accept it"
    case .notOffered: "not tried, as the node does not offer it"
    case .unreadable(let detail): "cannot be read (\(printable(detail)))"
    case .notAKey(let detail): "is no private key that can be used (\(printable(detail)))"
    case .passphraseMissing: "needs a passphrase; give it, or add the key to an agent"
    case .passphraseWrong: "does not open with this passphrase"
    case .rsa:
      "an RSA key, which this libssh2 can sign with by SHA-1 only and OpenSSH 8.8 and later "
        + "refuse; make another with “ssh-keygen -t ed25519”, or let OpenSSH log in (--ssh openssh)"
    case .agent(let detail): printable(detail)
    }
  }
}
