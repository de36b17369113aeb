/// Why waiting for the network ended before what was waited for.
enum Interruption: Error {
  case timedOut
  case cancelled
  case disconnected(String)

  /// Whether a new connection may get on where this one did not.
  var mayBeStale: Bool {
    if case .cancelled = self { false } else { true }
  }
}

/// Why a command gave no result.
enum CommandFailure: Error {
  /// The node did not agree to run a command: it was certainly not started.
  case unopened(Interruption)
  /// The node refused to take or to start the command.
  case rejected(String)
  /// It broke after the command had been sent.
  case broken(Interruption)
  /// `sudo` refused to start the command.
  case sudo(String)
}
