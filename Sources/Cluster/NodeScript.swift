public import RemoteShell

/// A POSIX shell script that runs on a node as root, and what it is for.
///
/// Everything that Faultline does on a node is one of these, built by pure functions, so that
/// `--dry-run` prints exactly what a run executes.
public struct NodeScript: Sendable, Hashable {
  /// What it does, for messages: `start etcd`.
  public var purpose: String
  /// The script.
  public var body: String
  /// How long it may take.
  public var timeout: Duration
  /// Whether it must not wait behind commands that hang: for healing.
  public var isUrgent: Bool

  /// Makes a script.
  public init(
    _ purpose: String, timeout: Duration = .seconds(15), isUrgent: Bool = false, body: String
  ) {
    self.purpose = purpose
    self.timeout = timeout
    self.isUrgent = isUrgent
    self.body = body
  }
}

/// What a script answered.
public struct ScriptOutput: Sendable {
  /// The exit status, or the signal that ended it.
  public var exit: CommandResult.Exit
  /// Standard output as text, bounded.
  public var output: String
  /// Standard error as text, bounded.
  public var errors: String

  init(_ result: CommandResult) {
    exit = result.exit
    output = result.stdoutText
    errors = result.stderrText
  }

  /// Whether the exit status was 0.
  public var succeeded: Bool { exit == .status(0) }

  /// Both streams together, trimmed, for messages.
  public var text: String {
    [errors, output].map(trimmed).filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

/// The text without white space at its ends.
public func trimmed(_ text: String) -> String {
  let kept = text.drop(while: \.isWhitespace)
  guard let last = kept.lastIndex(where: { !$0.isWhitespace }) else { return "" }
  return String(kept[...last])
}
