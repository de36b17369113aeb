public import Cluster
public import Histories
public import Nemesis

/// How many client processes run: a number, or a multiple of the number of nodes.
public enum Concurrency: Hashable, Sendable {
  case fixed(Int)
  case perNode(Int)

  /// Reads `10` or `3n`.
  public init?(text: String) {
    let perNode = text.hasSuffix("n")
    guard let number = Int(perNode ? text.dropLast() : text[...]), (1...10_000).contains(number)
    else { return nil }
    self = perNode ? .perNode(number) : .fixed(number)
  }

  /// The number of processes for so many nodes.
  public func processes(nodes: Int) -> Int {
    switch self {
    case .fixed(let number): number
    case .perNode(let number): number * nodes
    }
  }
}

/// What the client processes do.
public struct Load: Hashable, Sendable {
  /// How many processes.
  public var concurrency: Concurrency
  /// Operations a second over all processes; nil is as fast as answers come.
  public var rate: Double?
  /// How long one operation may take before its client gives up.
  public var operationTimeout: Duration
  /// How many keys are in use at the same time.
  public var keys: Int
  /// After about so many operations a key is left for a new one.
  public var operationsPerKey: Int
  /// How often each function is drawn, relative to the others.
  public var mix: [String: Int]
}

/// How long each phase lasts.
public struct Phases: Hashable, Sendable {
  /// Load without faults, before them.
  public var warmUp: Duration
  /// Load with faults.
  public var faults: Duration
  /// Load without faults, after the target is healthy again.
  public var coolDown: Duration
  /// How long the target may take to become healthy once everything is healed.
  public var recoveryLimit: Duration
}

/// What a run must have seen to prove anything.
public struct EvidenceWanted: Hashable, Sendable {
  /// Successful operations of each function before, during and after each fault.
  public var minimumOk: Int
  /// Nodes outside a fault that must have served during it.
  public var minimumServingNodes: Int
}

/// A workload file: what is tested, how, and against which faults.
public struct Workload: Hashable, Sendable {
  /// Its name; runs are filed under it.
  public var name: String
  /// The model that the history is checked against.
  public var model: String
  /// The system under test.
  public var target: Target
  /// The kind of client.
  public var client: String
  /// The client's parameters.
  public var clientParameters: [String: Value]
  /// What the clients do.
  public var load: Load
  /// How long each phase lasts.
  public var phases: Phases
  /// The nemesis' lanes.
  public var faults: [FaultPlan]
  /// The nemesis' scripted sequences.
  public var sequences: [FaultSequence] = []
  /// How many nodes the faults may concern together at a time; nil for any number.
  public var maximumAffectedNodes: NodeLimit?
  /// How many faults there may be at a time; nil for any number.
  public var maximumFaults: Int?
  /// How long nothing follows a fault that counts for these limits.
  public var stablePeriod: Duration?
  /// Whether faults come preferably in situations that were not tried yet.
  public var explores = false
  /// What a run must have seen.
  public var evidence: EvidenceWanted
  /// The seed, where the file fixes it.
  public var seed: UInt64?

  /// Every fault that is planned, alone or in a sequence.
  public var plans: [FaultPlan] { faults + sequences.flatMap(\.plans) }
}
