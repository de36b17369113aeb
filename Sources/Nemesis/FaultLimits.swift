/// What all faults together may do at a time; nil for anything.
///
/// A node counts until it is healthy again, or the faults phase is over.
public struct FaultLimits: Sendable, Hashable {
  /// How many nodes they may concern, each node once.
  public var nodes: Int?
  /// How many there may be.
  public var faults: Int?
  /// How long a fault still counts when its nodes are healthy again.
  public var stable: Duration?

  /// Makes limits.
  public init(nodes: Int? = nil, faults: Int? = nil, stable: Duration? = nil) {
    self.nodes = nodes
    self.faults = faults
    self.stable = stable
  }

  /// Whether there are any.
  var areSet: Bool { nodes != nil || faults != nil }
}

/// How many nodes faults may concern, as it is written before the number of nodes is known.
public enum NodeLimit: Sendable, Hashable {
  /// So many.
  case count(Int)
  /// As many as leave a majority alone.
  case minority

  /// The number, in a cluster of so many nodes.
  public func number(of nodes: Int) -> Int {
    switch self {
    case .count(let count): count
    case .minority: max(0, (nodes - 1) / 2)
    }
  }
}

extension FaultPlan {
  /// The most nodes that one fault of this plan may concern in a cluster of so many.
  public func mostAffected(of count: Int) -> Int {
    guard kind.reach == .shape else { return target.size(of: count) }
    let names = (0..<count).map { "\($0)" }
    return shapes.map { shape in
      switch shape {
      case .targets: target.size(of: count)
      case .randomHalves: count / 2
      default: Grudge(shape, over: names, leader: nil, choice: 0).affected(among: names).count
      }
    }.max() ?? 0
  }
}
