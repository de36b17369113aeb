/// How a command of Faultline ended; the raw value is the process's exit status.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Everything that was judged is linearizable, with enough evidence.
  case linearizable = 0
  /// Something cannot be.
  case violation = 1
  /// No violation was found, but not everything could be decided, or the evidence is too thin.
  case unknown = 2
  /// The command line is wrong.
  case usage = 64
  /// An input cannot be understood.
  case malformedInput = 65
  /// An input does not exist or cannot be read.
  case noInput = 66
  /// The test could not be carried out or cleaned up.
  case harnessFailure = 69
  /// A bug in Faultline.
  case bug = 70
  /// An output cannot be written.
  case outputFailure = 73
  /// Interrupted by SIGINT, after healing.
  case interrupted = 130
  /// Terminated by SIGTERM, after healing.
  case terminated = 143

  /// What it means, for people.
  public var words: String {
    switch self {
    case .linearizable: "linearizable"
    case .violation: "violation"
    case .unknown: "unknown"
    case .usage: "wrong usage"
    case .malformedInput: "malformed input"
    case .noInput: "no such input"
    case .harnessFailure: "the test could not be carried out"
    case .bug: "a bug in Faultline"
    case .outputFailure: "output not writable"
    case .interrupted, .terminated: "interrupted"
    }
  }

  /// From what matters most to what matters least: over several things judged at once, the first of
  /// these that applies is reported, so that nothing ever hides a violation.
  static let ranking: [ExitStatus] = [
    .violation, .bug, .outputFailure, .harnessFailure, .usage, .malformedInput, .noInput,
    .interrupted, .terminated, .unknown, .linearizable,
  ]

  /// The one of these that matters most; `unknown` where there is none.
  public static func merged(_ statuses: some Sequence<ExitStatus>) -> ExitStatus {
    let present = Set(statuses)
    return ranking.first { present.contains($0) } ?? .unknown
  }
}
