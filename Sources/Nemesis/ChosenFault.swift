public import Cluster
import Histories
import Randomness

/// A fault with its targets decided: everything that is needed to inject, verify and heal it.
public struct ChosenFault: Sendable, Hashable {
  /// Unique within a run, from 1.
  public var id: Int
  /// What it is.
  public var kind: FaultKind
  /// What was set and drawn.
  public var settings: FaultSettings
  /// The nodes that it concerns, in the cluster's order.
  public var targets: [Node]
  /// For a fault with a shape: who no longer hears whom.
  public var grudge: Grudge?

  /// Makes a fault.
  public init(
    id: Int, _ kind: FaultKind, _ settings: FaultSettings? = nil, targets: [Node],
    grudge: Grudge? = nil
  ) {
    self.id = id
    self.kind = kind
    self.settings = settings ?? FaultSettings(kind)
    self.targets = targets
    self.grudge = grudge
  }

  /// The name, as in histories.
  public var name: String { kind.name }

  /// For people: `partition (halves) of n1, n4`.
  public var title: String {
    let names = targets.map(\.name).joined(separator: ", ")
    let shape = settings.text("shape")
    return shape.isEmpty ? "\(name) of \(names)" : "\(name) (\(shape)) of \(names)"
  }

  /// Its folder's name on a node.
  var folderName: String { "\(id)-\(name)" }

  /// What is injected, in detail, for the history.
  var detail: Value {
    var fields = settings.values
    if let grudge { fields["unheard"] = grudge.asValue }
    return fields.isEmpty ? .null : .object(fields)
  }
}

/// What one injection of a plan draws.
struct Draw {
  /// The nodes' names in a drawn order.
  var order: [String]
  /// Decides between choices.
  var choice: UInt64
  /// Who leads, where that has to be known.
  var leader: String?

  init(_ nodes: [Node], _ random: inout SeededRandom) {
    order = nodes.map(\.name).shuffled(using: &random)
    choice = UInt64.random(in: .min ... .max, using: &random)
  }
}

extension FaultPlan {
  /// The fault of a draw on a cluster of these nodes, with all nodes that may be its targets in
  /// front of the others; nil where it has to be known who leads and is not.
  ///
  /// A fault with a shape has its targets decided: the nodes outside the largest whole group.
  func fault(_ draw: Draw, among nodes: [Node]) -> (fault: ChosenFault, candidates: [String])? {
    guard let candidates = target.candidates(in: draw.order, leader: draw.leader) else {
      return nil
    }
    var settings = settings.drawn(draw.choice)
    settings.values["draw"] = .integer(Int64(draw.choice % 1_000_000_007))
    var fault = ChosenFault(id: 0, kind, settings, targets: [])
    if kind.reach == .shape, let shape = PartitionShape(rawValue: settings.text("shape")) {
      if shape.concernsLeader && draw.leader == nil { return nil }
      let order = candidates + draw.order.filter { !candidates.contains($0) }
      let grudge = Grudge(shape, over: order, leader: draw.leader, choice: draw.choice)
      let affected = Set(grudge.affected(among: order))
      fault.grudge = grudge
      fault.targets = nodes.filter { affected.contains($0.name) }
    } else {
      let names = candidates.prefix(target.size(of: nodes.count))
      fault.targets = nodes.filter { names.contains($0.name) }
    }
    return (fault, candidates)
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
