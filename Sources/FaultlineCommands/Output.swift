import Glibc
import Reports

/// Writes to the terminal or where it is redirected: results on stdout, everything else on stderr.
enum Output {
  static func result(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
  static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  static func write(_ text: String, to file: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // A reader that has gone away has seen what it wanted.
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Whether colour may be used on a stream: a terminal that can, and nobody asked not to.
  static func usesColour(_ file: Int32) -> Bool {
    isatty(file) == 1 && environment("NO_COLOR") == nil && environment("TERM") != "dumb"
  }
}

extension Output {
  /// How text on a stream is drawn.
  static func style(_ file: Int32) -> Style { usesColour(file) ? .coloured : .plain }
}

/// A variable of the environment; nil where it is not set or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

/// A failure of a command: its exit status and what to tell.
struct Failure: Error {
  var status: ExitStatus
  var message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  func print() { Output.error(message.contains("error: ") ? message : "error: \(message)") }
}
