/// How a partition cuts the cluster; each shape is compiled to a `Grudge`.
public enum PartitionShape: String, Sendable, CaseIterable {
  /// One node, any, on its own.
  case one
  /// The leader on its own.
  case leader
  /// A minority and a majority that do not hear each other.
  case halves
  /// The same, with the leader in the minority.
  case leaderMinority = "leader-minority"
  /// The same, with the leader in the majority.
  case leaderMajority = "leader-majority"
  /// Two sides of any size.
  case randomHalves = "random-halves"
  /// Every node hears a majority, and no two hear the same one.
  case majoritiesRing = "majorities-ring"
  /// Two halves that only one node in the middle hears and is heard by.
  case bridge
  /// Two nodes that do not hear each other, and all others do.
  case link
  /// One node that hears nobody, but is heard.
  case deaf
  /// One node that nobody hears, but that hears.
  case mute
  /// One of the last two.
  case oneWay = "one-way"

  /// The least number of nodes that it makes sense with.
  public var minimumNodes: Int {
    switch self {
    case .one, .leader, .halves, .leaderMinority, .randomHalves, .link, .deaf, .mute, .oneWay: 2
    case .bridge, .leaderMajority: 3
    case .majoritiesRing: 4
    }
  }

  /// Whether it has to be known who leads.
  var concernsLeader: Bool { [.leader, .leaderMinority, .leaderMajority].contains(self) }
}

/// Which nodes a fault is injected on.
public enum TargetSelector: Sendable, Hashable {
  case one, minority, majority, all, leader, follower
  /// These.
  case named([String])

  /// The selectors that have a name.
  public static let byName: [(name: String, selector: TargetSelector)] = [
    ("one", .one), ("minority", .minority), ("majority", .majority), ("all", .all),
    ("leader", .leader), ("follower", .follower),
  ]

  /// How many of `count` nodes it takes; a leader counts as one.
  public func size(of count: Int) -> Int {
    switch self {
    case .one, .leader, .follower: 1
    case .minority: max(1, (count - 1) / 2)
    case .majority: count / 2 + 1
    case .all: count
    case .named(let names): names.count
    }
  }

  /// The nodes that may be taken, those to be taken first in front; nil where it has to be known
  /// who leads and is not.
  func candidates(in order: [String], leader: String?) -> [String]? {
    switch self {
    case .one, .minority, .majority, .all: order
    case .leader: leader.map { [$0] }
    case .follower: leader.map { leader in order.filter { $0 != leader } }
    case .named(let names): names
    }
  }
}

/// One lane of the nemesis: a kind of fault, its settings, its targets and its rhythm.
public struct FaultPlan: Sendable, Hashable {
  /// What is injected.
  public var kind: FaultKind
  /// With what settings.
  public var settings: FaultSettings
  /// On which nodes.
  public var target: TargetSelector
  /// From the start of the faults phase to the first injection; drawn up to `every` where nil.
  public var after: Duration?
  /// The mean time from a heal to the next injection; the real one is drawn from half to one and a
  /// half times this.
  public var every: Duration
  /// How long a fault lasts.
  public var lasting: Duration

  /// Makes a plan.
  public init(
    _ kind: FaultKind, _ settings: FaultSettings? = nil, target: TargetSelector = .one,
    after: Duration?, every: Duration, lasting: Duration
  ) {
    self.kind = kind
    self.settings = settings ?? FaultSettings(kind)
    self.target = target
    self.after = after
    self.every = every
    self.lasting = lasting
  }

  /// The shapes that may be drawn; none where the fault has no shape.
  public var shapes: [PartitionShape] {
    settings.choices("shape").compactMap(PartitionShape.init)
  }

  /// The fewest nodes that it makes sense with, and why where that is more than one.
  public var minimumNodes: (count: Int, shape: PartitionShape)? {
    shapes.max { $0.minimumNodes < $1.minimumNodes }.map { ($0.minimumNodes, $0) }
  }

  /// Whether it has to be known who leads.
  var concernsLeader: Bool {
    target == .leader || target == .follower || shapes.contains(where: \.concernsLeader)
  }
}
