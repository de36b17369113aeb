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

  /// All sorted arrays that the queue may hold, each once and in order: more than one after a crashed
  /// poll among equals.
  let initialState: [[Value]]

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

  func step(_ state: [[Value]], _ command: Command) -> [[Value]]? {
    let next = state.flatMap { steps($0, command) }
    if next.count > 1 { return Set(next).sorted { Value.array($0).json < Value.array($1).json } }
    return next.isEmpty ? nil : next
  }

  private func steps(_ elements: [Value], _ command: Command) -> [[Value]] {
    func without(_ index: Int) -> [Value] {
      var rest = elements
      rest.remove(at: index)
      return rest
    }
    let smallest = elements.first.flatMap(Self.priority)
    let candidates = elements.indices.prefix { Self.priority(elements[$0]) == smallest }
    switch command {
    case .insert(let value):
      var more = elements
      more.insert(value, at: Self.place(of: value, in: elements))
      return [more]
    case .poll(.null): return elements.isEmpty ? [elements] : []
    case .poll(let value):
      return candidates.first { elements[$0] == value }.map { [without($0)] } ?? []
    case .pollUnknown: return elements.isEmpty ? [elements] : candidates.map(without)
    case .peek(.null): return elements.isEmpty ? [elements] : []
    case .peek(let value): return candidates.contains { elements[$0] == value } ? [elements] : []
    case .peekUnknown: return [elements]
    }
  }

  /// All that the queue may hold is of one size, since a crashed poll takes an element wherever there is one:
  /// if one is empty, it is the only one.
  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .poll(.null), .peek(.null), .peekUnknown: true
    default: false
    }
  }

  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    usefulElements(calls) { command in
      switch command {
      case .insert(let value): .insertion(of: value)
      case .poll(let value), .peek(let value): .sight(of: value)
      case .pollUnknown: .removal
      case .peekUnknown: .nothing
      }
    }
  }

  /// Where an element belongs. Complexity: O(log n).
  private static func place(of value: Value, in elements: [Value]) -> Int {
    var (low, high) = (0, elements.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(elements[middle], value) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func isBefore(_ a: Value, _ b: Value) -> Bool {
    let (first, second) = (priority(a) ?? 0, priority(b) ?? 0)
    return first == second ? a.json < b.json : first < second
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

  static func sorted(_ elements: [Value]) -> [Value] { elements.sorted(by: isBefore) }

  func describe(_ state: [[Value]]) -> String {
    state.map { Value.array($0).shown(limit: 80) }.joined(separator: " or ").shown(limit: 120)
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
    own: "priority-queue", summary: "a queue that gives back the smallest element, any of equals",
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
