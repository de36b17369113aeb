public import Cluster
import Histories

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
  /// In what situation it is injected, where that is explored.
  public var situation: FaultSituation?

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
    "\(variant) of \(targets.map(\.name).joined(separator: ", "))"
  }

  /// Its name with its shape, where it has one, or with what a fault of one's own is called: `partition (halves)`.
  var variant: String {
    let more = settings.text(kind == .custom ? "called" : "shape")
    return more.isEmpty ? name : "\(name) (\(more))"
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
