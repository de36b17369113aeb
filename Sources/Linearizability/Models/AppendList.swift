internal import Histories

/// A list that is appended to and read as a whole.
struct AppendList: Model {
  enum Command: Hashable, Sendable {
    case append(Value)
    /// Nil observed nothing.
    case read([Value]?)
  }

  let initialState: [Value]

  func command(for operation: Operation) throws(OperationError) -> Command {
    if operation.f != "read" { return .append(try operation.requiredArgument("the element")) }
    // A list that does not exist yet is read as null.
    return operation.result == .null ? .read([]) : .read(try operation.arrayResult())
  }

  func step(_ state: [Value], _ command: Command) -> [Value]? {
    switch command {
    case .append(let element): state + [element]
    case .read(let elements): elements ?? state == state ? state : nil
    }
  }

  func isObserver(_ command: Command) -> Bool { if case .read = command { true } else { false } }

  func isGrowth(_ command: Command) -> Bool {
    if case .append = command { true } else { false }
  }

  /// What was appended stays where it is.
  func isHopeless(_ observer: Command, in state: [Value]) -> Bool {
    guard case .read(let elements?) = observer else { return false }
    return !elements.starts(with: state)
  }

  func elements(of command: Command) -> [Value] {
    switch command {
    case .append(let element): [element].filter { !initialState.contains($0) }
    case .read(let elements): (elements ?? []).filter { !initialState.contains($0) }
    }
  }

  /// The others come in the same order.
  func command(_ command: Command, hiding hidden: Set<Value>) -> Command? {
    switch command {
    case .append(let element): hidden.contains(element) ? nil : command
    case .read(let elements): .read(elements?.filter { !hidden.contains($0) })
    }
  }

  func describe(_ state: [Value]) -> String { Value.array(state).shown(limit: 120) }
}

extension ModelCatalog.Entry {
  static let appendList = Self(
    own: "append-list", summary: "a list that is appended to and read as a whole",
    functions: [
      .init("append", argument: "the element"),
      .init("read", result: "the array; null if there is none"),
    ],
    initial: "an array; []",
    complexity: "linear in the input where no element is appended twice; else \(exponential)"
  ) { options throws(OperationError) in AppendList(initialState: try options.initialArray()) }
}
