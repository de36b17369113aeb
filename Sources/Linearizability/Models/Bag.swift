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

  /// How many of each element there are. After a crashed take it may be one of several, each once and
  /// in order.
  typealias Contents = [Value: Int]

  let initialState: [Contents]

  func command(for operation: Operation) throws(OperationError) -> Command {
    if operation.f != "add" { return operation.result.map { .take($0) } ?? .takeUnknown }
    let value = try operation.requiredArgument("what is added")
    if value == .null {
      throw OperationError(message: "null cannot be added: it means that the bag is empty")
    }
    return .add(value)
  }

  func step(_ state: [Contents], _ command: Command) -> [Contents]? {
    let next = state.flatMap { steps($0, command) }
    if next.count > 1 { return Set(next).sorted { $0.text < $1.text } }
    return next.isEmpty ? nil : next
  }

  private func steps(_ contents: Contents, _ command: Command) -> [Contents] {
    switch command {
    case .add(let value):
      var more = contents
      more[value, default: 0] += 1
      return [more]
    case .take(.null): return contents.isEmpty ? [contents] : []
    case .take(let value): return contents.without(value).map { [$0] } ?? []
    case .takeUnknown:
      return contents.isEmpty ? [contents] : contents.keys.compactMap(contents.without)
    }
  }

  /// All that the bag may hold is of one size, since a crashed take takes an element wherever there is one:
  /// if one is empty, it is the only one.
  func isObserver(_ command: Command) -> Bool { command == .take(.null) }

  /// What a crashed take took is in nobody's way but of those that found nothing.
  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    let lastEmpty = calls.filter { $0.command == .take(.null) }.compactMap(\.completion).max() ?? -1
    let useful = usefulElements(calls) { command in
      switch command {
      case .add(let value): .insertion(of: value)
      case .take(let value): .sight(of: value)
      case .takeUnknown: .removal
      }
    }
    return zip(calls, useful).map { $0.command == .takeUnknown ? lastEmpty : $1 }
  }

  func describe(_ state: [Contents]) -> String {
    state.map(\.text).joined(separator: " or ").shown(limit: 120)
  }
}

extension Bag.Contents {
  fileprivate var text: String {
    let elements = flatMap { Array(repeating: $0.key.json, count: $0.value) }
    return "{" + elements.sorted().joined(separator: ", ") + "}"
  }

  fileprivate func without(_ value: Key) -> Self? {
    guard let count = self[value] else { return nil }
    var rest = self
    rest[value] = count > 1 ? count - 1 : nil
    return rest
  }
}

extension ModelCatalog.Entry {
  static let bag = Self(
    own: "bag", summary: "an unordered queue: any element may come back",
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
