public import Histories

/// What a `cas` that completed as `fail` tells: the field knows two meanings.
public enum FailedCAS: String, Sendable, CaseIterable {
  /// It did not happen, as Jepsen and Knossos take it: right also where a client gives `fail` for an
  /// error that it knows to have had no effect.
  case ignore
  /// It found another value than it expected, as Porcupine takes it. It says more, and is right only
  /// where a client gives `fail` for nothing else.
  case observe
}

/// How to judge a history.
public struct CheckOptions: Sendable {
  /// A name from `ModelCatalog`.
  public var model: String
  /// The value that the object holds at first.
  public var initial: Value
  /// How long the search may take over all partitions; nil for any time. Default: a minute.
  public var timeLimit: Duration?
  /// How much memory the search may take, in bytes; nil for any. Default: a quarter of the
  /// machine's.
  public var memoryLimit: Int?
  /// Whether each key is an object of its own. If not, keys are ignored.
  public var partition: Bool
  /// Whether an ok read of null observed nothing, instead of observing that nothing is there.
  public var nullReadsAreUnknown: Bool
  /// What a `cas` that completed as `fail` tells.
  public var failedCAS: FailedCAS
  /// Whether a history without any ok operation may pass, although it proves nothing.
  public var allowEmpty: Bool
  /// Whether a model's solver is asked before a search begins. Without solvers the same verdict
  /// takes longer: a check of one by the other.
  public var usesSolvers: Bool
  /// How many keys are judged at a time. Default: as many as there are processors.
  public var jobs: Int

  /// Makes options.
  public init(
    model: String, initial: Value = .null, timeLimit: Duration? = .seconds(60),
    memoryLimit: Int? = Machine.memory / 4, partition: Bool = true,
    nullReadsAreUnknown: Bool = false, failedCAS: FailedCAS = .ignore,
    allowEmpty: Bool = false, usesSolvers: Bool = true, jobs: Int = Machine.processors
  ) {
    self.model = model
    self.initial = initial
    self.timeLimit = timeLimit
    self.memoryLimit = memoryLimit
    self.partition = partition
    self.nullReadsAreUnknown = nullReadsAreUnknown
    self.failedCAS = failedCAS
    self.allowEmpty = allowEmpty
    self.usesSolvers = usesSolvers
    self.jobs = max(1, jobs)
  }
}
