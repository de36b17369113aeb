public import Histories

/// A small part of an impossible history that is impossible itself, and why that proves the whole
/// impossible: each step that led to it keeps linearizable histories linearizable.
public struct Core: Sendable, Hashable {
  /// A step that keeps linearizable histories linearizable.
  public enum Law: String, Sendable, CaseIterable {
    /// What begins after an event is left out, and what was open then is taken as crashed.
    case prefix
    /// What was over before an operation that overwrites everything, and alone, is left out.
    case suffix
    /// All operations on some values, elements or chains of values are left out together.
    case values
    /// Operations that change nothing are left out.
    case observers
    /// All operations on some elements of a collection are left out, and these elements in what others read.
    case elements
    /// Operations that completed are taken as crashed: they may still have taken effect.
    case weakening
    /// Crashed operations are left out that can help to explain nothing.
    case useless

    /// The law in words.
    public var text: String {
      switch self {
      case .prefix: "what came later is left out"
      case .suffix: "what came before an operation that overwrites everything is left out"
      case .values: "all operations on other values are left out"
      case .observers: "other operations that change nothing are left out"
      case .elements: "other elements are left out, also of what was read"
      case .weakening: "operations whose end does not matter are taken as crashed"
      case .useless: "crashed operations that nothing observed are left out"
      }
    }
  }

  /// One of its operations.
  public struct Member: Sendable, Hashable {
    /// `Operation.id`.
    public var operation: Int
    /// Whether it is taken as crashed, although it may have completed.
    public var isCrashed: Bool
    /// Its result without the elements that are left out everywhere; nil if none of them was in it.
    public var shortened: Value?

    /// The operation as it is a part of the core.
    public func part(_ operation: Operation) -> Operation {
      var part = operation
      if let shortened { part.outcome = .ok(shortened) }
      if isCrashed { part.outcome = .info }
      return part
    }
  }

  /// An order of some of its operations, possible and in real time, after which no other can come.
  public struct DeadEnd: Sendable, Hashable {
    /// `Operation.id`s, in order.
    public var order: [Int]
    /// The state that they lead to, in words.
    public var state: String
    /// The completed operations of which one would have to come next, and none can.
    public var blocked: [Int]
  }

  /// Its operations, in order of invocation.
  public var members: [Member]
  /// All orders of its operations, each up to where it cannot go on; empty where they are too many to
  /// list.
  public var deadEnds: [DeadEnd]
  /// The laws that were used.
  public var laws: [Law]
  /// Whether trying every order confirmed that there is none; false where it has too many
  /// operations for that.
  public var isConfirmed: Bool
}
