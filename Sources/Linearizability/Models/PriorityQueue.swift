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

  /// The elements of one priority.
  struct Level: Hashable, Sendable {
    var priority: Double
    var elements: UnorderedElements
  }

  /// By priority, none of them empty.
  let initialState: [Level]

  init(_ elements: [Value]) {
    initialState = elements.reduce(into: []) { $0.insert($1) }
  }

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

  func step(_ state: [Level], _ command: Command) -> [Level]? {
    var next = state
    switch command {
    case .insert(let value): next.insert(value)
    case .poll(.null), .peek(.null): return state.isEmpty ? state : nil
    case .poll(let value): return next.changeFirst { $0.remove(value) } ? next : nil
    case .pollUnknown:
      _ = next.changeFirst { elements in
        elements.removeUnknown()
        return true
      }
    case .peek(let value): return next.changeFirst { $0.see(value) } ? next : nil
    case .peekUnknown: break
    }
    return next
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .poll(.null), .peek(.null), .peekUnknown: true
    default: false
    }
  }

  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    usefulElements(calls, initially: initialElements) { command in
      switch command {
      case .insert(let value): .insertion(of: value)
      case .poll(let value): .removal(of: value)
      case .peek(let value): .sight(of: value)
      case .pollUnknown: .unknownRemoval
      case .peekUnknown: .nothing
      }
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

  func describe(_ state: [Level]) -> String {
    let certain = state.compactMap(\.elements.certain)
    if certain.count == state.count { return Value.array(certain.flatMap(\.self)).shown(limit: 80) }
    return state.map(\.elements.text).joined(separator: ", then ").shown(limit: 120)
  }
}

extension [PriorityQueue.Level] {
  /// Complexity: O(log n), and O(n) to make room for another priority.
  fileprivate mutating func insert(_ element: Value) {
    let priority = PriorityQueue.priority(element) ?? 0
    let place = partitioningIndex { $0.priority >= priority }
    if place == count || self[place].priority != priority {
      insert(.init(priority: priority, elements: UnorderedElements()), at: place)
    }
    self[place].elements.insert(element)
  }

  /// Changes the elements that go first, if there are any; false if that is not possible.
  fileprivate mutating func changeFirst(_ change: (inout UnorderedElements) -> Bool) -> Bool {
    if isEmpty { return false }
    guard change(&self[0].elements) else { return false }
    if self[0].elements.isEmpty { removeFirst() }
    return true
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
    complexity: unlessCrashedOrRepeated
  ) { options throws(OperationError) in PriorityQueue(try options.initialArray()) }
}
