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

  let initialState: UnorderedElements

  func command(for operation: Operation) throws(OperationError) -> Command {
    if operation.f != "add" { return operation.result.map { .take($0) } ?? .takeUnknown }
    let value = try operation.requiredArgument("what is added")
    if value == .null {
      throw OperationError(message: "null cannot be added: it means that the bag is empty")
    }
    return .add(value)
  }

  func step(_ state: UnorderedElements, _ command: Command) -> UnorderedElements? {
    var next = state
    switch command {
    case .add(let value): next.insert(value)
    case .take(.null): return state.isEmpty ? state : nil
    case .take(let value): if !next.remove(value) { return nil }
    case .takeUnknown: next.removeUnknown()
    }
    return next
  }

  func isObserver(_ command: Command) -> Bool { command == .take(.null) }

  /// What a crashed take took is in nobody's way but of those that found nothing.
  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    let lastEmpty = calls.filter { $0.command == .take(.null) }.compactMap(\.completion).max() ?? -1
    let useful = usefulElements(calls, initially: initialElements) { command in
      switch command {
      case .add(let value): .insertion(of: value)
      case .take(let value): .removal(of: value)
      case .takeUnknown: .unknownRemoval
      }
    }
    return zip(calls, useful).map { $0.command == .takeUnknown ? min(lastEmpty, $1) : $1 }
  }

  func describe(_ state: UnorderedElements) -> String { state.text.shown(limit: 120) }
}

extension ModelCatalog.Entry {
  static let bag = Self(
    own: "bag", summary: "an unordered queue: any element may come back",
    functions: [
      .init("add", argument: "the element"), .init("take", result: "the element; null if empty"),
    ],
    initial: "an array; []",
    complexity: unlessCrashedOrRepeated
  ) { options throws(OperationError) in
    let counts = try options.initialArray().reduce(into: [:]) { $0[$1, default: 0] += 1 }
    return Bag(initialState: UnorderedElements(counts))
  }
}
