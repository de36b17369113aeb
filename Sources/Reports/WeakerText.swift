internal import Histories
internal import Linearizability

/// What still holds of a register that is not linearizable, in words.
struct WeakerText {
  private let weaker: WeakerConditions
  private let partition: PartitionJudgement
  private let history: History

  init?(_ partition: PartitionJudgement, _ violation: Violation, in history: History) {
    guard let weaker = violation.weaker else { return nil }
    self.weaker = weaker
    self.partition = partition
    self.history = history
  }

  /// The strongest that holds, in one sentence.
  var summary: String {
    let names = weaker.strongest.map(Self.name)
    let holding =
      names.isEmpty
      ? "None of the weaker conditions is known to hold"
      : "It still has "
        + (names.dropLast(2) + [names.suffix(2).joined(separator: " and ")])
        .joined(separator: ", ")
    return "\(holding); \(versions); \(staleness)."
  }

  /// One row a condition: its name, and what was found.
  var rows: [(name: String, answer: String)] {
    WeakerConditions.Condition.allCases.compactMap { condition in
      weaker.findings[condition].map { (Self.name(condition), answer($0)) }
    }
  }

  static func name(_ condition: WeakerConditions.Condition) -> String {
    switch condition {
    case .sequential: "sequential consistency"
    case .regular: "a regular register"
    case .safe: "a safe register"
    case .monotonicReads: "monotonic reads"
    case .readYourWrites: "read your writes"
    }
  }

  static func reason(_ reason: WeakerConditions.Reason) -> String {
    switch reason {
    case .repeatedValues: "a value was read that more than one write could have written"
    case .tooHard: "trying it out would take too long"
    case .noTimes: "the events have no times, or not in their order"
    }
  }

  private func answer(_ finding: WeakerConditions.Finding) -> String {
    switch finding {
    case .holds: return "yes"
    case .undecided(let reason): return "not decided: \(Self.reason(reason))"
    case .broken(let operations):
      let shown = operations.compactMap(described)
      return shown.isEmpty ? "no" : "no: " + shown.joined(separator: ", ")
    }
  }

  private func described(_ id: Int) -> String? {
    guard let operation = partition.operations.first(withID: id) else { return nil }
    let place = Words.place(operation.completion ?? operation.invocation, in: history)
    return "\(Words.operation(operation, limit: 30)) (process \(operation.process), \(place))"
  }

  private var versions: String {
    switch weaker.versions {
    case .exactly(let depth): "what was read is one of the last \(Words.count(depth)) versions"
    case .between(let low, let high?):
      "what was read is one of the last \(Words.count(low)) to \(Words.count(high)) versions"
    case .between(let low, nil):
      "what was read is one of the last \(Words.count(low)) versions or older"
    case .never: "something was read that had not been written"
    }
  }

  private var staleness: String {
    switch weaker.staleness {
    case .nanoseconds(0): "it had been overwritten no longer ago than the clock can tell"
    case .nanoseconds(let delta): "it had been overwritten at most \(Words.duration(delta)) before"
    case .never: "no age explains it"
    case .undecided(let reason):
      "how long it had been overwritten is not known, since \(Self.reason(reason))"
    }
  }
}
