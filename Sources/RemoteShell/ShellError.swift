/// Why a node could not be used, or a command on it not carried out. Its description names the
/// node, what went wrong, and what to do about it.
public struct ShellError: Error, Sendable, Hashable {
  /// The node's name.
  public let node: String
  /// What went wrong.
  public let reason: Reason

  /// What went wrong.
  public enum Reason: Error, Sendable, Hashable {
    /// No address belongs to the host's name.
    case nameNotFound(host: String, detail: String)
    /// Nothing listens at the address.
    case connectionRefused(address: String)
    /// The address cannot be reached.
    case unreachable(address: String, detail: String)
    /// The node did not finish the TCP connection or the key exchange in time.
    case connectTimeout(address: String, after: Duration, accepted: Bool)
    /// Something answered that does not agree with this program on SSH.
    case handshake(address: String, detail: String)
    /// The node's key is not one that the policy believes.
    case hostKey(HostKeyRefusal)
    /// A file with known hosts could not be read or written.
    case knownHosts(path: String, detail: String)
    /// No way to log in worked.
    case authentication(AuthenticationRefusal)
    /// Logging in was not finished in time.
    case authenticationTimeout(user: String, after: Duration)
    /// The system's OpenSSH could not log in; what it said.
    case openSSH(String)
    /// The node lets this account not run commands; the command has not run.
    case rejected(detail: String)
    /// Every connection was in use by another command until the time was over; it has not run.
    case busy(connections: Int, after: Duration)
    /// The command did not end in time.
    case commandTimeout(command: String, after: Duration, mayHaveRun: Bool)
    /// The connection broke while the command was carried out.
    case connectionLost(command: String, detail: String, mayHaveRun: Bool)
    /// The task that waited for the command was cancelled.
    case cancelled(command: String, mayHaveRun: Bool)
    /// `sudo` refused; the command has not run.
    case sudo(user: String, message: String, passwordGiven: Bool)
    /// No shell could be given this command.
    case invalidCommand(String)
    /// The command ran and did not succeed, where only success will do.
    case failed(command: String, CommandResult)
    /// A file is larger than the caller allowed.
    case tooLarge(path: String, limit: Int)
    /// `RemoteShell.close` was called before.
    case closed
    /// This machine could not provide a thread or a descriptor.
    case resources(String)
  }

  /// Whether the command may have been run, wholly or in part. False means it certainly was not.
  public var mayHaveRun: Bool {
    switch reason {
    case .commandTimeout(_, _, let mayHaveRun), .connectionLost(_, _, let mayHaveRun),
      .cancelled(_, let mayHaveRun):
      mayHaveRun
    case .failed: true
    default: false
    }
  }

  init(_ node: String, _ reason: Reason) {
    self.node = node
    self.reason = reason
  }
}

/// A host key that was not believed.
public struct HostKeyRefusal: Sendable, Hashable {
  /// What is wrong with it.
  public enum Problem: Sendable, Hashable {
    /// No file knows the host.
    case unknown
    /// A file knows another key of the host.
    case changed
    /// Files know the host's keys of these types only, and the node has shown another.
    case otherTypes([String])
    /// A file marks the key as revoked.
    case revoked
  }

  /// What is wrong with it.
  public let problem: Problem
  /// As `ssh-keygen -l` shows it: `SHA256:` and 43 characters.
  public let fingerprint: String
  /// What to add to a file so that the key is believed.
  public let line: String
  /// The files that were read.
  public let files: [String]
}

/// A login that was refused.
public struct AuthenticationRefusal: Sendable, Hashable {
  /// One way to log in that did not work.
  public struct Attempt: Sendable, Hashable {
    /// What was tried, such as a key file's path.
    public let method: String
    /// Why it did not work.
    public let problem: Problem
  }

  /// Why a way to log in did not work.
  public enum Problem: Sendable, Hashable {
    /// The node does not take it.
    case refused
    /// The node takes no logins of this kind.
    case notOffered
    /// The file does not exist or cannot be read.
    case unreadable(String)
    /// The file is no private key that libssh2 understands.
    case notAKey(String)
    /// The key needs a passphrase and none was given.
    case passphraseMissing
    /// The key does not open with the passphrase.
    case passphraseWrong
    /// The key is an RSA key. libssh2 signs with it by SHA-1 only, which OpenSSH 8.8 and later
    /// do not take.
    case rsa
    /// The agent cannot be asked, or has no key that could be tried.
    case agent(String)
  }

  /// The account.
  public let user: String
  /// The methods that the node offers.
  public let offered: [String]
  /// What was tried, in order.
  public let attempts: [Attempt]
}
