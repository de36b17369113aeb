internal import Checkers
internal import Histories
internal import Linearizability

/// How quantities, operations and verdicts are put into words, the same in every report.
enum Words {
  /// A duration with a unit that suits its size: `850 µs`, `12.3 ms`, `1.204 s`.
  static func duration(_ nanoseconds: Int64) -> String {
    let magnitude = nanoseconds.magnitude
    switch magnitude {
    case 0: return "0 s"
    case ..<1000: return "\(nanoseconds) ns"
    case ..<1_000_000: return decimal(Double(nanoseconds) / 1e3, digits: 0) + " µs"
    case ..<10_000_000: return decimal(Double(nanoseconds) / 1e6, digits: 2) + " ms"
    case ..<1_000_000_000: return decimal(Double(nanoseconds) / 1e6, digits: 1) + " ms"
    case ..<600_000_000_000: return decimal(Double(nanoseconds) / 1e9, digits: 2) + " s"
    default: return decimal(Double(nanoseconds) / 6e10, digits: 1) + " min"
    }
  }

  static func duration(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if attoseconds == 0, seconds > 0 { return "\(seconds) s" }
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return self.duration(overflow ? .max : product + attoseconds / 1_000_000_000)
  }

  /// A moment of the run: `12.304 s`.
  static func time(_ nanoseconds: Int64) -> String {
    decimal(Double(nanoseconds) / 1e9, digits: 3) + " s"
  }

  /// Times in seconds, to the microsecond where two that follow each other are the same to the
  /// millisecond.
  static func times(_ nanoseconds: [Int64]) -> [String] {
    let short = nanoseconds.map(time)
    guard zip(short, short.dropFirst()).contains(where: ==) else { return short }
    return nanoseconds.map { decimal(Double($0) / 1e9, digits: 6) + " s" }
  }

  /// A round number of nanoseconds, as axes have them: `50 ms`, `5 s`.
  static func round(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case 0: "0 s"
    case ..<1e3: decimal(nanoseconds, digits: 0) + " ns"
    case ..<1e6: decimal(nanoseconds / 1e3, digits: 0) + " µs"
    case ..<1e9: decimal(nanoseconds / 1e6, digits: 0) + " ms"
    default: decimal(nanoseconds / 1e9, digits: 0) + " s"
    }
  }

  /// A number of things with the thousands set apart: `4,012`.
  static func count(_ number: Int) -> String {
    var groups: [String] = []
    var rest = String(number.magnitude)[...]
    while rest.count > 3 {
      groups.insert(String(rest.suffix(3)), at: 0)
      rest = rest.dropLast(3)
    }
    return (number < 0 ? "-" : "") + ([String(rest)] + groups).joined(separator: ",")
  }

  /// `1 key`, `5 keys`.
  static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    count(number) + " " + (number == 1 ? singular : plural ?? singular + "s")
  }

  /// `7 of 18 situations, 3 pairs of faults in force together`.
  static func coverage(_ coverage: FaultCoverage) -> String {
    "\(count(coverage.tried)) of \(count(coverage.situations.count, "situation")), "
      + "\(count(coverage.pairs.count, "pair")) of faults in force together"
  }

  static func bytes(_ number: Int) -> String {
    switch number {
    case 1_000_000_000...: decimal(Double(number) / 1e9, digits: 1) + " GB"
    case 1_000_000...: decimal(Double(number) / 1e6, digits: 1) + " MB"
    default: count(number) + " bytes"
    }
  }

  /// `number` with a fixed number of decimals.
  static func decimal(_ number: Double, digits: Int) -> String {
    guard number.isFinite, number.magnitude < 1e15 else { return String(number) }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int64((number.magnitude * scale).rounded())
    let sign = number < 0 && scaled != 0 ? "-" : ""
    guard digits > 0 else { return sign + String(scaled) }
    let text = String(scaled)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  /// An operation in a few characters: `write 12`, `read → 7`, `cas 3→4`, `write 5 → ?`.
  static func operation(_ operation: Operation, limit: Int) -> String {
    let f = operation.f.shown(limit: limit)
    let argument = argumentText(operation, limit: limit)
    let call = argument.isEmpty ? f : "\(f) \(argument)"
    switch operation.outcome {
    case .fail: return "\(call) → failed"
    case .info: return "\(call) → ?"
    case .ok(let result):
      guard let result, result != operation.argument else { return call }
      return "\(call) → \(result.shown(limit: limit))"
    }
  }

  private static func argumentText(_ operation: Operation, limit: Int) -> String {
    guard let argument = operation.argument else { return "" }
    if case .array(let pair) = argument, operation.f == "cas", pair.count == 2 {
      return "\(pair[0].shown(limit: limit / 2))→\(pair[1].shown(limit: limit / 2))"
    }
    // A read that was invoked with null asks for nothing.
    return argument == .null && operation.f == "read" ? "" : argument.shown(limit: limit)
  }

  /// Where an event stands: `line 1043`, or `event 1042` where it was not read from a file.
  static func place(_ position: Int, in history: History) -> String {
    let event = history.events[position]
    return event.line.map { "line \($0)" } ?? "event \(event.index)"
  }

  /// What the partition is about: `key "k3"`, or `the history` where it was not partitioned.
  static func subject(_ key: Value?) -> String {
    key.map { "key \($0.shown(limit: 60))" } ?? "the history"
  }

  /// An engine's sentence: it quotes values of the history, so it is bounded and escaped.
  static func sentence(_ text: String) -> String {
    text.shown(limit: 800)
  }

  /// The verdict in words.
  static func headline(_ judgement: Judgement) -> String {
    switch judgement.verdict {
    case .violation: "Not linearizable"
    case .unknown: "Undecided"
    case .linearizable: "Linearizable"
    }
  }

  /// Why a search stopped.
  static func reason(_ reason: UnknownReason) -> String {
    switch reason {
    case .timeLimit(let limit): "the search reached its time limit of \(duration(limit))"
    case .memoryLimit(let limit): "the search reached its memory limit of \(bytes(limit))"
    case .empty: "no operation succeeded, so the history proves nothing"
    }
  }

  /// What a user can do about an undecided history.
  static func advice(_ reason: UnknownReason, duringRun: Bool) -> String {
    let prefix = duringRun ? "--check-" : "--"
    let easier =
      "record histories that are easier to judge: values that are written once "
      + "each, more keys, fewer operations a key, fewer clients at once."
    return switch reason {
    case .timeLimit: "Raise \(prefix)time-limit, or \(easier)"
    case .memoryLimit: "Raise \(prefix)memory-limit, or \(easier)"
    case .empty:
      "Look at the errors of the operations; --allow-empty accepts such a history as it is."
    }
  }

  /// How far a search got before it stopped.
  static func progress(
    _ partition: PartitionJudgement, reached: Int, in history: History
  ) -> String {
    let ends = partition.operations.flatMap { [$0.invocation] + [$0.completion].compactMap { $0 } }
    let done = ends.count { $0 <= reached }
    guard history.events.indices.contains(reached) else { return "It could not begin." }
    let moment = history.events[reached].time.map { ", \(time($0)) into the run" } ?? ""
    let share = decimal(100 * Double(done) / Double(max(1, ends.count)), digits: 0)
    return "It had explained \(count(done)) of \(count(ends.count, "event")) (\(share) %), up to "
      + "\(place(reached, in: history))\(moment), and had visited "
      + "\(count(partition.effort.configurations, "configuration"))."
  }

  /// The states that were possible, as a list for a sentence.
  static func states(_ states: [String], limit: Int = 16) -> String {
    let shown = states.prefix(limit).map { $0.shown(limit: 60) }
    guard let last = shown.last else { return "none" }
    guard states.count <= limit else { return shown.joined(separator: ", ") + ", …" }
    return shown.count == 1 ? last : shown.dropLast().joined(separator: ", ") + " or " + last
  }
}
