internal import Histories

/// A set that only grows and is read as a whole.
struct GrowOnlySet: Model {
  enum Command: Hashable, Sendable {
    case add(Value)
    /// Nil observed nothing.
    case read(Set<Value>?)
  }

  let initialState: Set<Value>

  func command(for operation: Operation) throws(OperationError) -> Command {
    if operation.f == "read" { return .read(try operation.arrayResult().map { Set($0) }) }
    return .add(try operation.requiredArgument("the element"))
  }

  func step(_ state: Set<Value>, _ command: Command) -> Set<Value>? {
    switch command {
    case .add(let element): state.union([element])
    case .read(let elements): elements ?? state == state ? state : nil
    }
  }

  func isObserver(_ command: Command) -> Bool { if case .read = command { true } else { false } }

  func isGrowth(_ command: Command) -> Bool { if case .add = command { true } else { false } }

  func isHopeless(_ observer: Command, in state: Set<Value>) -> Bool {
    guard case .read(let elements?) = observer else { return false }
    return !state.isSubset(of: elements)
  }

  func elements(of command: Command) -> [Value] {
    switch command {
    case .add(let element): [element].filter { !initialState.contains($0) }
    case .read(let elements): (elements ?? []).filter { !initialState.contains($0) }
    }
  }

  /// The others come as they did.
  func command(_ command: Command, hiding hidden: Set<Value>) -> Command? {
    switch command {
    case .add(let element): hidden.contains(element) ? nil : command
    case .read(let elements): .read(elements?.subtracting(hidden))
    }
  }

  func describe(_ state: Set<Value>) -> String {
    "{" + state.map { $0.shown(limit: 20) }.sorted().joined(separator: ", ").shown(limit: 120) + "}"
  }
}

extension ModelCatalog.Entry {
  static let growOnlySet = Self(
    own: "grow-only-set", summary: "a set that only grows and is read as a whole",
    functions: [.init("add", argument: "the element"), .init("read", result: "an array of all")],
    initial: "an array; []",
    complexity: "linear in the input where no element is added twice; else \(exponential)"
  ) { options throws(OperationError) in GrowOnlySet(initialState: Set(try options.initialArray())) }
}
