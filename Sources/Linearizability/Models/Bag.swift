internal import Histories

/// An unordered queue: taking gives any element, or null if there is none.
struct Bag: Model {
  enum Command: Hashable, Sendable {
    case add(Value)
    /// Null: the bag was empty.
    case take(Value)
    /// A crashed take removes an element that nobody knows.
    case takeUnknown
  }

  /// How many of each element there are. After a crashed take it may be one of several.
  typealias Contents = [Value: Int]

  let initialState: Set<Contents>

  func command(for operation: Operation) throws(OperationError) -> Command {
    if operation.f != "add" { return operation.result.map { .take($0) } ?? .takeUnknown }
    let value = try operation.requiredArgument("what is added")
    if value == .null {
      throw OperationError(message: "null cannot be added: it means that the bag is empty")
    }
    return .add(value)
  }

  func step(_ state: Set<Contents>, _ command: Command) -> Set<Contents>? {
    var next: Set<Contents> = []
    for contents in state {
      switch command {
      case .add(let value):
        var more = contents
        more[value, default: 0] += 1
        next.insert(more)
      case .take(.null): if contents.isEmpty { next.insert(contents) }
      case .take(let value): if let rest = contents.without(value) { next.insert(rest) }
      case .takeUnknown:
        if contents.isEmpty { next.insert(contents) }
        next.formUnion(contents.keys.compactMap(contents.without))
      }
    }
    return next.isEmpty ? nil : next
  }

  func describe(_ state: Set<Contents>) -> String {
    let texts = state.map { contents in
      let elements = contents.flatMap { Array(repeating: $0.key.shown(limit: 20), count: $0.value) }
      return "{" + elements.sorted().joined(separator: ", ") + "}"
    }
    return texts.sorted().joined(separator: " or ").shown(limit: 120)
  }
}

extension Bag.Contents {
  fileprivate func without(_ value: Key) -> Self? {
    guard let count = self[value] else { return nil }
    var rest = self
    rest[value] = count > 1 ? count - 1 : nil
    return rest
  }
}

extension ModelCatalog.Entry {
  static let bag = Self(
    "bag", summary: "an unordered queue: any element may come back",
    functions: [
      .init("add", argument: "the element"), .init("take", result: "the element; null if empty"),
    ],
    initial: "an array; []",
    complexity: "n log n where no element is added twice; else \(exponential)"
  ) { options throws(OperationError) in
    let counts = try options.initialArray().reduce(into: Bag.Contents()) { $0[$1, default: 0] += 1 }
    return Bag(initialState: [counts])
  }
}
