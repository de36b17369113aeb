internal import Histories

/// A last-in-first-out stack. Taking from an empty one gives null.
struct Stack: Model {
  enum Command: Hashable, Sendable {
    case push(Value)
    /// Null: the stack was empty.
    case pop(Value)
    /// Nobody knows what it took, if anything.
    case popUnknown
    case peek(Value)
    case peekUnknown
  }

  let initialState: [Value]

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "push":
      let value = try operation.requiredArgument("what is pushed")
      if value == .null {
        throw OperationError(message: "null cannot be pushed: it means that the stack is empty")
      }
      return .push(value)
    case "pop": return operation.result.map { .pop($0) } ?? .popUnknown
    default: return operation.result.map { .peek($0) } ?? .peekUnknown
    }
  }

  func step(_ state: [Value], _ command: Command) -> [Value]? {
    switch command {
    case .push(let value): state + [value]
    case .pop(let value): state.last ?? .null == value ? Array(state.dropLast()) : nil
    case .popUnknown: Array(state.dropLast())
    case .peek(let value): state.last ?? .null == value ? state : nil
    case .peekUnknown: state
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .peek, .peekUnknown, .pop(.null): true
    default: false
    }
  }

  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    usefulElements(calls, initially: initialElements) { command in
      switch command {
      case .push(let value): .insertion(of: value)
      case .pop(let value): .removal(of: value)
      case .peek(let value): .sight(of: value)
      case .popUnknown: .unknownRemoval
      case .peekUnknown: .nothing
      }
    }
  }

  func describe(_ state: [Value]) -> String { Value.array(state).shown(limit: 80) }
}

extension ModelCatalog.Entry {
  static let stack = Self(
    own: "stack", summary: "a stack that gives back first what came last",
    functions: [
      .init("push", argument: "the element"), .init("pop", result: "the element; null if empty"),
      .init("peek", result: "the last element; null if empty"),
    ],
    initial: "an array, last element last; []",
    complexity: unlessCrashedOrRepeated
  ) { options throws(OperationError) in Stack(initialState: try options.initialArray()) }
}
