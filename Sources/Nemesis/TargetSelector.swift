/// Which nodes a fault is injected on.
public enum TargetSelector: Sendable, Hashable {
  case one, minority, majority, all, leader, follower
  /// A minority, or a majority, in which the leader is.
  case leaderMinority, leaderMajority
  /// A node that has a role now, by the target's command of this name.
  case role(String)
  /// In a sequence: who led when it began.
  case oldLeader
  /// These.
  case named([String])

  /// The selectors that have a name and make sense anywhere.
  public static let byName: [(name: String, selector: TargetSelector)] = [
    ("one", .one), ("minority", .minority), ("majority", .majority), ("all", .all),
    ("leader", .leader), ("follower", .follower), ("leader-minority", .leaderMinority),
    ("leader-majority", .leaderMajority),
  ]

  /// The selector of a name, or of `role:` and a role; nil where there is none.
  public init?(_ text: String, among selectors: [(name: String, selector: Self)] = byName) {
    if let named = selectors.first(where: { $0.name == text }) {
      self = named.selector
    } else if text.hasPrefix("role:") {
      self = .role(String(text.dropFirst(5)))
    } else {
      return nil
    }
  }

  /// The selectors that have a name, in the steps of a sequence.
  public static let byNameInSequences = byName + [("old-leader", .oldLeader)]

  /// How many of `count` nodes it takes; a leader counts as one.
  public func size(of count: Int) -> Int {
    switch self {
    case .one, .leader, .follower, .oldLeader, .role: 1
    case .minority, .leaderMinority: max(1, (count - 1) / 2)
    case .majority, .leaderMajority: count / 2 + 1
    case .all: count
    case .named(let names): names.count
    }
  }

  /// The nodes that may be taken, those to be taken first in front; nil where it has to be known
  /// who leads, or has a role, and is not.
  func candidates(_ draw: Draw) -> [String]? {
    switch self {
    case .one, .minority, .majority, .all: draw.order
    case .leader: draw.leader.map { [$0] }
    case .leaderMinority, .leaderMajority:
      draw.leader.map { leader in [leader] + draw.order.filter { $0 != leader } }
    case .role: draw.inRole.isEmpty ? nil : draw.order.filter(draw.inRole.contains)
    case .oldLeader: draw.oldLeader.map { [$0] }
    case .follower: draw.leader.map { leader in draw.order.filter { $0 != leader } }
    case .named(let names): names
    }
  }
}
