/// How a partition cuts the cluster; each shape is compiled to a `Grudge`.
public enum PartitionShape: String, Sendable, CaseIterable {
  /// One node, any, on its own.
  case one
  /// The leader on its own.
  case leader
  /// A minority and a majority that do not hear each other.
  case halves
  /// Every node hears a majority, and no two hear the same one.
  case majoritiesRing = "majorities-ring"
  /// Two halves that only one node in the middle hears and is heard by.
  case bridge
  /// One node that hears but is not heard, or is heard but does not hear.
  case oneWay = "one-way"

  /// The least number of nodes that it makes sense with.
  public var minimumNodes: Int {
    switch self {
    case .one, .leader, .halves, .oneWay: 2
    case .bridge: 3
    case .majoritiesRing: 4
    }
  }
}

/// Which nodes a fault is injected on.
public enum TargetSelector: String, Sendable, CaseIterable {
  case one, minority, majority, all, leader

  /// How many of `count` nodes it takes; a leader counts as one.
  public func size(of count: Int) -> Int {
    switch self {
    case .one, .leader: 1
    case .minority: max(1, (count - 1) / 2)
    case .majority: count / 2 + 1
    case .all: count
    }
  }
}

/// What kind of fault a lane injects.
public enum FaultKind: Sendable, Hashable {
  /// Nodes stop hearing each other, in one of these shapes, drawn anew each time.
  case partition([PartitionShape])
  /// The target's processes get SIGKILL, and are started again at the heal.
  case kill(TargetSelector)
  /// The target's processes get SIGSTOP, and SIGCONT at the heal.
  case pause(TargetSelector)
  /// The file system that holds the target's data is filled to the last block.
  case diskFull(TargetSelector)

  /// The name, as in workload files and histories.
  public var name: String {
    switch self {
    case .partition: "partition"
    case .kill: "kill"
    case .pause: "pause"
    case .diskFull: "disk-full"
    }
  }

  /// The names of all kinds.
  public static let names = ["partition", "kill", "pause", "disk-full"]
}

/// One lane of the nemesis: a kind of fault and its rhythm.
public struct FaultPlan: Sendable, Hashable {
  /// What is injected.
  public var kind: FaultKind
  /// From the start of the faults phase to the first injection; drawn up to `every` where nil.
  public var after: Duration?
  /// The mean time from a heal to the next injection; the real one is drawn from half to one and a
  /// half times this.
  public var every: Duration
  /// How long a fault lasts.
  public var lasting: Duration

  /// Makes a plan.
  public init(kind: FaultKind, after: Duration?, every: Duration, lasting: Duration) {
    self.kind = kind
    self.after = after
    self.every = every
    self.lasting = lasting
  }
}
