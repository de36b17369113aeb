public import Histories

/// What an explanation of a violation can draw on.
public struct Evidence<State: Hashable & Sendable> {
  /// The whole history.
  public var history: History
  /// The key; nil where the history was not partitioned.
  public var key: Value?
  /// The operations on the object, `fail` and all.
  public var operations: Operations
  /// The operation that is impossible.
  public var blamed: Operation
  /// The position of its completion.
  public var completion: Int
  /// The states in which the operation could have found the object, over all linearizations of
  /// what came before its completion; nil where they are too many to find out.
  public var statesMeanwhile: [State]?
  /// The small part of the history that is impossible itself; nil where it was too hard to find.
  public var core: Core?

  /// `line 12` of an event, or `index 12`.
  public func place(_ position: Int) -> String { history.place(ofEvent: position) }

  /// ` from key k7`, or nothing where there is no key.
  public func onKey(_ preposition: String) -> String {
    guard let key else { return "" }
    if case .string(let text) = key { return " \(preposition) key \(text.shown(limit: 40))" }
    return " \(preposition) key \(key.shown(limit: 40))"
  }

  /// `7`, `7 or 9`, `7, 8 or 9`; where there are more than nine, eight and how many more.
  public func list(_ items: [String]) -> String {
    if items.count > 9 {
      return items.prefix(8).joined(separator: ", ") + " or \(items.count - 8) other values"
    }
    guard let last = items.last, items.count > 1 else { return items.first ?? "nothing" }
    return items.dropLast().joined(separator: ", ") + " or " + last
  }
}
