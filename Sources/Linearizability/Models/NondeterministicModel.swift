/// A model whose commands may lead to one of several states without the history telling which.
///
/// Its state, as the search sees it, is the set of all that the object may be in (the power-set
/// construction). A sequence of commands is possible if and only if the set does not become empty,
/// so the search needs to know nothing of it.
public protocol NondeterministicModel: Model where State == Set<Possibility> {
  /// One of the states that the object may be in.
  associatedtype Possibility: Hashable & Sendable

  /// What the object may be before the first operation.
  var initialPossibilities: Set<Possibility> { get }

  /// What it may be after the command; empty where the command is not possible.
  func steps(_ possibility: Possibility, _ command: Command) -> Set<Possibility>
}

extension NondeterministicModel {
  /// All that the object may be at first.
  public var initialState: Set<Possibility> { initialPossibilities }

  /// All that the object may be after the command, from all that it may have been before.
  public func step(_ state: Set<Possibility>, _ command: Command) -> Set<Possibility>? {
    let next = state.reduce(into: Set<Possibility>()) { $0.formUnion(steps($1, command)) }
    return next.isEmpty ? nil : next
  }
}
