public import Histories

/// The three answers. Over several things judged at once, violation outranks unknown, and
/// unknown outranks linearizable.
public enum Verdict: String, Sendable, Comparable {
  case linearizable, unknown, violation

  /// Orders by rank, so that `max()` merges verdicts.
  public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .linearizable: 0
    case .unknown: 1
    case .violation: 2
    }
  }
}

/// One operation placed in a linearization.
public struct LinearizationPoint: Hashable, Sendable {
  /// `Operation.id`.
  public var operation: Int
  /// The model's state right after it, in words; nil where it is long and far before the violation.
  public var stateAfter: String?

  /// Makes a point.
  public init(operation: Int, stateAfter: String?) {
    self.operation = operation
    self.stateAfter = stateAfter
  }
}

/// Why a partition's history is impossible.
public struct Violation: Sendable {
  /// `Operation.id` of the first impossible operation: the one whose completion is the first
  /// event at which no linearization of the history so far exists; or one of those that make it so, or a later one,
  /// where no first one was found, as the explanation says then.
  public var operation: Int
  /// A longest linearization of what came before that completion.
  public var linearization: [LinearizationPoint]
  /// The states that the object could have been in when the impossible operation returned,
  /// over all linearizations of what came before it, in words; at most 16. Where they are too many
  /// to search for, values of crashed operations that nothing observed may be missing. Empty where
  /// they are not known.
  public var possibleStates: [String]
  /// For people: which operation cannot be, what it saw, what it could have seen, and why.
  public var explanation: [String]
  /// A small part of the history that is impossible itself; nil where it would take too long to
  /// find.
  public var core: Core?
  /// What still holds of a register; nil where that has no meaning, or there was no time to find out.
  public var weaker: WeakerConditions?

  /// Makes a violation.
  public init(
    operation: Int, linearization: [LinearizationPoint], possibleStates: [String],
    explanation: [String], core: Core? = nil, weaker: WeakerConditions? = nil
  ) {
    self.operation = operation
    self.linearization = linearization
    self.possibleStates = possibleStates
    self.explanation = explanation
    self.core = core
    self.weaker = weaker
  }
}

/// Why the search stopped without an answer.
public enum UnknownReason: Sendable, Hashable {
  /// The time limit was reached.
  case timeLimit(Duration)
  /// The memory limit, in bytes, was reached.
  case memoryLimit(Int)
  /// The history has no operation that succeeded, so it proves nothing.
  case empty
}

/// What was decided about one partition.
public enum PartitionOutcome: Sendable {
  /// The operations that took effect, in order, as `Operation.id`s.
  case linearizable([Int])
  case violation(Violation)
  /// With the position in `History.events` of the deepest event that was reached.
  case unknown(UnknownReason, reached: Int)
}

/// The judgement of the operations on one key.
public struct PartitionJudgement: Sendable {
  /// The key; nil where the history was not partitioned.
  public var key: Value?
  /// What was decided.
  public var outcome: PartitionOutcome
  /// The operations of this partition, `fail` and all, in order of invocation.
  public var operations: Operations
  /// What the search took.
  public var effort: SearchEffort

  /// Makes a judgement.
  public init(
    key: Value?, outcome: PartitionOutcome, operations: Operations,
    effort: SearchEffort = SearchEffort()
  ) {
    self.key = key
    self.outcome = outcome
    self.operations = operations
    self.effort = effort
  }

  /// The verdict on this partition alone.
  public var verdict: Verdict {
    switch outcome {
    case .linearizable: .linearizable
    case .violation: .violation
    case .unknown: .unknown
    }
  }
}

/// The judgement of a whole history against one model.
public struct Judgement: Sendable {
  /// The model's name, as on the command line.
  public var model: String
  /// One a key, in order of the keys' first appearance.
  public var partitions: [PartitionJudgement]
  /// How long the search took.
  public var duration: Duration

  /// Makes a judgement.
  public init(model: String, partitions: [PartitionJudgement], duration: Duration) {
    self.model = model
    self.partitions = partitions
    self.duration = duration
  }

  /// The merged verdict: any violation, else any unknown, else linearizable.
  public var verdict: Verdict { partitions.map(\.verdict).max() ?? .unknown }
}
