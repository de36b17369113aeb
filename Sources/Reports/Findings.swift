public import Checkers
public import Histories
public import Linearizability
internal import Synchronization

/// Everything that is known about one history: what every report is made from.
public struct Findings: Sendable {
  /// The history itself.
  public var history: History
  /// The property: is the history linearizable?
  public var judgement: Judgement
  /// The evidence: did the run see enough? Nil where it was not judged.
  public var evidence: EvidenceJudgement?
  /// Counts, latencies, rates and errors: gathered when they are first asked for.
  public var statistics: Statistics {
    gathered.value.withLock { value in
      let statistics =
        value
        ?? Statistics(history: history, operations: judgement.partitions.lazy.flatMap(\.operations))
      value = statistics
      return statistics
    }
  }
  /// The run that recorded the history, with the harness's judgement; nil for a history alone.
  public var run: RunRecord?
  private let gathered = Gathered()

  private final class Gathered: Sendable {
    let value = Mutex<Statistics?>(nil)
  }

  /// Gathers the findings about a history.
  public init(
    history: History, judgement: Judgement, evidence: EvidenceJudgement? = nil,
    run: RunRecord? = nil
  ) {
    self.history = history
    self.judgement = judgement
    self.evidence = evidence
    self.run = run
  }

  /// The partitions that are violations, the easiest to understand first: a read before anything
  /// else, then those with the fewest possible states, then in order of the keys' first appearance.
  var violations: [(partition: PartitionJudgement, violation: Violation)] {
    let found = judgement.partitions.compactMap { partition in
      if case .violation(let violation) = partition.outcome { (partition, violation) } else { nil }
    }
    let difficulty = found.map { partition, violation in
      let blamed = partition.operations.first(withID: violation.operation)
      return (blamed?.f == "read" ? 0 : 1, violation.possibleStates.count)
    }
    return found.indices.sorted {
      (difficulty[$0].0, difficulty[$0].1, $0) < (difficulty[$1].0, difficulty[$1].1, $1)
    }.map { found[$0] }
  }
}
