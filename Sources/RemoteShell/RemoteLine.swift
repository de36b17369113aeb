/// The text that the login shell of a node gets for a command, and what is fed to it first.
struct RemoteLine {
  /// The longest line that fits into the one packet in which libssh2 sends it.
  static let limit = 32_000

  /// One line for the login shell.
  let text: String
  /// What precedes the command's own input: the password for `sudo` and its end mark.
  let preamble: [UInt8]
  /// Whether standard error begins with what `sudo` says, followed by `startMark`.
  let marksStart: Bool

  /// - Throws: a reason where no shell could be given this command.
  init(
    _ command: Command, user: String, sudoPassword: Secret?
  ) throws(ShellError.Reason) {
    let program = try Self.program(command)
    guard command.privileged, user != "root" else {
      text = program
      preamble = []
      marksStart = false
      try Self.checkLength(text)
      return
    }
    marksStart = true
    guard let sudoPassword else {
      text = "exec sudo -n -- /bin/sh -c " + ShellQuote.quote(Self.announce + program)
      preamble = []
      try Self.checkLength(text)
      return
    }
    // Nobody knows beforehand whether sudo will read the password or be content without. So the
    // program, once it runs, throws away whatever is left up to the mark, and the password cannot
    // end up in the command's input.
    let skip = "while IFS= read -r l && [ \"$l\" != \(Self.inputMark) ]; do :; done; unset l; "
    text = "exec sudo -S -p '' -- /bin/sh -c " + ShellQuote.quote(skip + Self.announce + program)
    preamble = Array((sudoPassword.value + "\n" + Self.inputMark + "\n").utf8)
    try Self.checkLength(text)
  }

  /// The line of input after which the command's own begins.
  private static let inputMark = "faultline-input-begins"
  /// What the program below `sudo` says first on standard error: what stands before it is
  /// `sudo`'s own, and where it is missing `sudo` refused and nothing was run.
  static let startMark = Array("\u{1}faultline-started\u{1}\n".utf8)
  private static let announce = "printf '\\001faultline-started\\001\\n' >&2; "

  private static let path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin${PATH:+:$PATH}; "
    + "export PATH; "

  private static func program(_ command: Command) throws(ShellError.Reason) -> String {
    switch command.program {
    case .arguments(let words):
      guard let first = words.first, !first.isEmpty else {
        throw .invalidCommand("it names no program")
      }
      // `exec` would take it for an option, and not every shell's knows `--`.
      guard !first.utf8.starts(with: "-".utf8) else {
        throw .invalidCommand("the program's name begins with a dash: write ./ in front of it")
      }
      try checkNoNUL(words)
      return path + "exec " + ShellQuote.join(words)
    case .script(let script):
      try checkNoNUL([script])
      return "exec /bin/sh -c " + ShellQuote.quote(path + script)
    }
  }

  private static func checkNoNUL(_ texts: [String]) throws(ShellError.Reason) {
    guard texts.contains(where: { $0.utf8.contains(0) }) else { return }
    throw .invalidCommand("it contains a NUL character, which no argument can carry")
  }

  private static func checkLength(_ text: String) throws(ShellError.Reason) {
    guard text.utf8.count > limit else { return }
    throw .invalidCommand(
      "it takes \(text.utf8.count) bytes where \(limit) fit: pass data as input, or upload a "
        + "script and run that")
  }

  /// Standard error without what `sudo` said before it started the command.
  func ownErrors(
    _ stderr: BoundedOutput, limit: Int
  ) throws(CommandFailure) -> BoundedOutput {
    var own = BoundedOutput(limit: limit, isTruncated: stderr.isTruncated)
    guard marksStart else {
      own.append(stderr.bytes[...])
      return own
    }
    guard let start = stderr.bytes.endOfFirst(Self.startMark) else {
      throw .sudo(printable(tail: stderr.bytes))
    }
    own.append(stderr.bytes[start...])
    return own
  }
}

extension [UInt8] {
  /// Where the first occurrence of a mark ends; nil where there is none.
  func endOfFirst(_ mark: [UInt8]) -> Int? {
    indices.dropLast(mark.count - 1).first { self[$0...].starts(with: mark) }
      .map { $0 + mark.count }
  }
}
