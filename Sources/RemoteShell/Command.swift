/// A command to run on a node.
///
/// The program sees a `PATH` that begins with the usual directories, those of the administrator
/// included, because a command over SSH does not get the login's. The account's login shell must
/// be a POSIX one.
///
/// A program that goes on in the background must redirect its three streams and leave the session
/// (`setsid`), or the command ends only with it. Giving up on a command, by a timeout or by
/// cancelling, does not stop it on the node.
public struct Command: Sendable, Hashable {
  /// What is run.
  public enum Program: Sendable, Hashable {
    /// A program and its arguments, each passed exactly as it is.
    case arguments([String])
    /// A script for `/bin/sh`.
    case script(String)
  }

  /// What is run.
  public var program: Program
  /// What the program reads from its standard input, which ends after it.
  public var input: [UInt8] = []
  /// How long it may take; `Timeouts.command` where nil.
  public var timeout: Duration?
  /// Whether it is run as root, with `sudo` where the account is not root.
  public var privileged = false
  /// Whether it may use a connection beyond the usual number, so that commands that hang cannot
  /// delay it: for healing.
  public var urgent = false
  /// How many bytes of each output stream are kept; what exceeds it is read and thrown away.
  public var outputLimit = 4 << 20

  /// A program and its arguments.
  public init(
    _ arguments: [String], input: [UInt8] = [], timeout: Duration? = nil, privileged: Bool = false
  ) {
    self.program = .arguments(arguments)
    self.input = input
    self.timeout = timeout
    self.privileged = privileged
  }

  /// A script for `/bin/sh`.
  public static func script(
    _ text: String, input: [UInt8] = [], timeout: Duration? = nil, privileged: Bool = false
  ) -> Command {
    var command = Command([], input: input, timeout: timeout, privileged: privileged)
    command.program = .script(text)
    return command
  }
}

extension Command: CustomStringConvertible {
  /// What a person would type to do the same; input and passwords are not shown.
  public var description: String {
    let text =
      switch program {
      case .arguments(let words): ShellQuote.join(words)
      case .script(let script) where privileged: "sh -c " + ShellQuote.quote(script)
      case .script(let script): script
      }
    return privileged ? "sudo " + text : text
  }
}

/// What a command did.
public struct CommandResult: Sendable, Hashable {
  /// How a command ended.
  public enum Exit: Sendable, Hashable {
    /// It exited with this status.
    case status(Int32)
    /// It was ended by this signal, such as `KILL`. A process that a signal ends below a shell
    /// shows as status 128 plus the signal's number instead.
    case signal(String)
  }

  /// What it wrote to standard output, up to the command's limit.
  public let stdout: [UInt8]
  /// What it wrote to standard error, up to the command's limit.
  public let stderr: [UInt8]
  /// Whether it wrote more to standard output than was kept.
  public let stdoutTruncated: Bool
  /// Whether it wrote more to standard error than was kept.
  public let stderrTruncated: Bool
  /// How it ended.
  public let exit: Exit
  /// From the request on an open connection to the answer.
  public let duration: Duration

  /// Whether it exited with status 0.
  public var succeeded: Bool { exit == .status(0) }
  /// Standard output as text, with replacement characters where it is not UTF-8.
  public var stdoutText: String { String(decoding: stdout, as: UTF8.self) }
  /// Standard error as text, with replacement characters where it is not UTF-8.
  public var stderrText: String { String(decoding: stderr, as: UTF8.self) }
}
