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

  /// A partition of no matter whom, where it is asked what partitions need.
  public static let anyPartition = FaultPlan(.partition, after: nil, every: .zero, lasting: .zero)

  /// The shapes that may be drawn; none where the fault has no shape.
  public var shapes: [PartitionShape] {
    settings.choices("shape").compactMap(PartitionShape.init)
  }

  /// The fewest nodes that it makes sense with, and why where that is more than one.
  public var minimumNodes: (count: Int, shape: PartitionShape)? {
    shapes.max { $0.minimumNodes < $1.minimumNodes }.map { ($0.minimumNodes, $0) }
  }

  /// Whether it has to be known who leads, or led.
  public var concernsLeader: Bool { target == .oldLeader || concernsPresentLeader }

  /// Whether it has to be known who leads when it is injected.
  var concernsPresentLeader: Bool {
    [.leader, .follower, .leaderMinority, .leaderMajority].contains(target)
      || shapes.contains(where: \.concernsLeader)
  }
}
