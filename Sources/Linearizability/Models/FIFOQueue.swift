internal import Histories

/// A first-in-first-out queue. Taking from an empty one gives null.
struct FIFOQueue: Model {
  enum Command: Hashable, Sendable {
    case enqueue(Value)
    /// Null: the queue was empty.
    case dequeue(Value)
    /// Nobody knows what it took, if anything.
    case dequeueUnknown
    case peek(Value)
    case peekUnknown
  }

  let initialState: [Value]

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "enqueue":
      let value = try operation.requiredArgument("what is enqueued")
      if value == .null {
        throw OperationError(message: "null cannot be enqueued: it means that the queue is empty")
      }
      return .enqueue(value)
    case "dequeue": return operation.result.map { .dequeue($0) } ?? .dequeueUnknown
    default: return operation.result.map { .peek($0) } ?? .peekUnknown
    }
  }

  func step(_ state: [Value], _ command: Command) -> [Value]? {
    switch command {
    case .enqueue(let value): state + [value]
    case .dequeue(let value): state.first ?? .null == value ? Array(state.dropFirst()) : nil
    case .dequeueUnknown: Array(state.dropFirst())
    case .peek(let value): state.first ?? .null == value ? state : nil
    case .peekUnknown: state
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .peek, .peekUnknown, .dequeue(.null): true
    default: false
    }
  }

  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    usefulElements(calls, initially: initialElements) { command in
      switch command {
      case .enqueue(let value): .insertion(of: value)
      case .dequeue(let value): .removal(of: value)
      case .peek(let value): .sight(of: value)
      case .dequeueUnknown: .unknownRemoval
      case .peekUnknown: .nothing
      }
    }
  }

  func describe(_ state: [Value]) -> String { Value.array(state).shown(limit: 80) }
}

extension ModelCatalog.Entry {
  static let fifoQueue = Self(
    own: "fifo-queue", summary: "a queue that gives back first what came first",
    functions: [
      .init("enqueue", argument: "the element"),
      .init("dequeue", result: "the element; null if empty"),
      .init("peek", result: "the first element; null if empty"),
    ],
    initial: "an array, first element first; []",
    complexity: unlessCrashedOrRepeated
  ) { options throws(OperationError) in FIFOQueue(initialState: try options.initialArray()) }
}
