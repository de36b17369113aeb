internal import Histories

/// A queue that gives back the element with the smallest priority; of several with the same
/// priority any one. An element is a number, which is its own priority, or `[priority, name]`.
struct PriorityQueue: Model {
  enum Command: Hashable, Sendable {
    case insert(Value)
    /// Null: the queue was empty.
    case poll(Value)
    case peek(Value)
    case peekUnknown
    /// A crashed poll takes an element that nobody knows, so the state is all that may remain.
    case pollUnknown
  }

  /// All sorted arrays that the queue may hold: more than one after a crashed poll among equals.
  let initialState: Set<[Value]>

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "insert":
      let value = try operation.requiredArgument("a number, or [priority, name]")
      guard Self.priority(value) != nil else {
        throw OperationError(
          message:
            "an element must be a number or [priority, name]; found \(value.shown(limit: 40))")
      }
      return .insert(value)
    case "poll": return operation.result.map { .poll($0) } ?? .pollUnknown
    default: return operation.result.map { .peek($0) } ?? .peekUnknown
    }
  }

  func step(_ state: Set<[Value]>, _ command: Command) -> Set<[Value]>? {
    let next = state.reduce(into: Set<[Value]>()) { $0.formUnion(steps($1, command)) }
    return next.isEmpty ? nil : next
  }

  private func steps(_ elements: [Value], _ command: Command) -> [[Value]] {
    let smallest = elements.first.flatMap(Self.priority)
    let candidates = elements.indices.filter { Self.priority(elements[$0]) == smallest }
    func without(_ index: Int) -> [Value] {
      var rest = elements
      rest.remove(at: index)
      return rest
    }
    switch command {
    case .insert(let value): return [Self.sorted(elements + [value])]
    case .poll(.null): return elements.isEmpty ? [elements] : []
    case .poll(let value): return candidates.filter { elements[$0] == value }.prefix(1).map(without)
    case .pollUnknown: return elements.isEmpty ? [elements] : candidates.map(without)
    case .peek(.null): return elements.isEmpty ? [elements] : []
    case .peek(let value): return candidates.contains { elements[$0] == value } ? [elements] : []
    case .peekUnknown: return [elements]
    }
  }

  /// The priority of an element; nil if it is none.
  static func priority(_ value: Value) -> Double? {
    switch value {
    case .integer(let number): Double(number)
    case .double(let number): number
    case .array(let pair) where pair.count == 2: pair[0].isNumber ? priority(pair[0]) : nil
    default: nil
    }
  }

  static func sorted(_ elements: [Value]) -> [Value] {
    elements.sorted { ((priority($0) ?? 0), $0.json) < ((priority($1) ?? 0), $1.json) }
  }

  func describe(_ state: Set<[Value]>) -> String {
    state.map { Value.array($0).shown(limit: 80) }.sorted().joined(separator: " or ").shown(
      limit: 120)
  }
}

extension Value {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .double: true
    default: false
    }
  }
}

extension ModelCatalog.Entry {
  static let priorityQueue = Self(
    "priority-queue", summary: "a queue that gives back the smallest element, any of equals",
    functions: [
      .init("insert", argument: "a number, or [priority, name]"),
      .init("poll", result: "the element; null if empty"),
      .init("peek", result: "the smallest element; null if empty"),
    ],
    initial: "an array; []",
    complexity: "n log n where no element is inserted twice; else \(exponential)"
  ) { options throws(OperationError) in
    PriorityQueue(initialState: [PriorityQueue.sorted(try options.initialArray())])
  }
}
