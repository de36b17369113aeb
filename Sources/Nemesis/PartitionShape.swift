/// How a partition cuts the cluster; each shape is compiled to a `Grudge`.
public enum PartitionShape: String, Sendable, CaseIterable {
  /// The fault's targets on one side, who hear each other, and all others on the other.
  case targets
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
    case .targets, .one, .leader, .halves, .leaderMinority, .randomHalves, .link, .deaf, .mute,
      .oneWay:
      2
    case .bridge, .leaderMajority: 3
    case .majoritiesRing: 4
    }
  }

  /// How many of `count` nodes it is about, which a target can name; nil where it decides by itself.
  func size(of count: Int) -> Int? {
    switch self {
    case .one, .deaf, .mute, .oneWay, .bridge: 1
    case .link: 2
    case .halves: max(1, (count - 1) / 2)
    case .targets, .leader, .leaderMinority, .leaderMajority, .randomHalves, .majoritiesRing: nil
    }
  }

  /// Whether it has to be known who leads.
  var concernsLeader: Bool { [.leader, .leaderMinority, .leaderMajority].contains(self) }
}
