/// Which nodes a fault is injected on.
public enum TargetSelector: Sendable, Hashable {
  case one, minority, majority, all, leader, follower
  /// In a sequence: who led when it began.
  case oldLeader
  /// These.
  case named([String])

  /// The selectors that have a name and make sense anywhere.
  public static let byName: [(name: String, selector: TargetSelector)] = [
    ("one", .one), ("minority", .minority), ("majority", .majority), ("all", .all),
    ("leader", .leader), ("follower", .follower),
  ]

  /// The selectors that have a name, in the steps of a sequence.
  public static let byNameInSequences = byName + [("old-leader", .oldLeader)]

  /// How many of `count` nodes it takes; a leader counts as one.
  public func size(of count: Int) -> Int {
    switch self {
    case .one, .leader, .follower, .oldLeader: 1
    case .minority: max(1, (count - 1) / 2)
    case .majority: count / 2 + 1
    case .all: count
    case .named(let names): names.count
    }
  }

  /// The nodes that may be taken, those to be taken first in front; nil where it has to be known
  /// who leads and is not.
  func candidates(_ draw: Draw) -> [String]? {
    switch self {
    case .one, .minority, .majority, .all: draw.order
    case .leader: draw.leader.map { [$0] }
    case .oldLeader: draw.oldLeader.map { [$0] }
    case .follower: draw.leader.map { leader in draw.order.filter { $0 != leader } }
    case .named(let names): names
    }
  }
}
