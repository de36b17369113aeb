public import Cluster

/// A fault with its targets decided: everything that is needed to inject, verify and heal it.
public struct ChosenFault: Sendable, Hashable {
  /// What it does.
  public enum Action: Sendable, Hashable {
    case partition(PartitionShape, Grudge)
    case kill
    case pause
    case diskFull
  }

  /// Unique within a run, from 1.
  public var id: Int
  /// What it does.
  public var action: Action
  /// The nodes that it concerns, in the cluster's order.
  public var targets: [Node]

  /// Makes a fault.
  public init(id: Int, action: Action, targets: [Node]) {
    self.id = id
    self.action = action
    self.targets = targets
  }

  /// A partition of a shape; its targets are the nodes that no longer take part in the largest group.
  static func partition(
    _ id: Int, _ shape: PartitionShape, over order: [String], leader: String?, deaf: Bool,
    among nodes: [Node]
  ) -> ChosenFault {
    let grudge = Grudge(shape, over: order, leader: leader, deaf: deaf)
    let affected = Set(grudge.affected(among: order))
    return ChosenFault(
      id: id, action: .partition(shape, grudge),
      targets: nodes.filter { affected.contains($0.name) })
  }

  /// For people: `partition (halves) of n1, n4`.
  public var title: String {
    let names = targets.map(\.name).joined(separator: ", ")
    guard case .partition(let shape, _) = action else { return "\(name) of \(names)" }
    return "\(name) (\(shape.rawValue)) of \(names)"
  }

  /// The name, as in histories.
  public var name: String {
    switch action {
    case .partition: "partition"
    case .kill: "kill"
    case .pause: "pause"
    case .diskFull: "disk-full"
    }
  }
}

/// The steps of a fault's life, each a script on a node.
public enum FaultStep: String, Sendable, CaseIterable {
  /// Puts it in force, having noted the way back first.
  case inject
  /// Exits 0 only if its effect is seen.
  case verify
  /// Takes it back.
  case heal
  /// Exits 0 only if its effect is gone.
  case verifyHealed
}
