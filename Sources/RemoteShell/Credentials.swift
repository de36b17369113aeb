/// A password or passphrase that does not show itself when it is printed, interpolated or dumped.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The secret itself, for the one place that needs it.
  let value: String

  /// Hides the value from here on.
  public init(_ value: String) { self.value = value }

  /// Always the same mask.
  public var description: String { "<secret>" }
  /// Always the same mask.
  public var debugDescription: String { description }
  /// No children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The ways to log in, in the order in which they are tried.
public struct Credentials: Sendable, Hashable {
  /// One way to log in.
  public enum Method: Sendable, Hashable {
    /// A private key in OpenSSH's or PEM form; the public half is computed from it.
    case keyFile(path: String, passphrase: Secret? = nil)
    /// The keys of an SSH agent; the socket is the one in `SSH_AUTH_SOCK` where not given.
    case agent(socket: String? = nil)
    /// The account's password.
    case password(Secret)
  }

  /// Tried from first to last.
  public let methods: [Method]
  /// The password that `sudo` asks for; without it `sudo` must not ask.
  public let sudoPassword: Secret?

  /// - Parameter sudoPassword: needed where the account is not root and `sudo` asks.
  public init(_ methods: [Method], sudoPassword: Secret? = nil) {
    self.methods = methods
    self.sudoPassword = sudoPassword
  }
}
