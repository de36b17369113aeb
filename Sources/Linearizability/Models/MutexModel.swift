internal import Histories

/// A lock that one at a time can hold, whoever releases it.
struct MutexModel: Model {
  enum Command: Hashable, Sendable {
    case acquire
    /// It was held.
    case tryAcquireFailed
    /// A crashed attempt, which may have succeeded or not.
    case tryAcquireUnknown
    case release
  }

  /// Whether it is held.
  let initialState: Bool

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "acquire": return .acquire
    case "release": return .release
    default:
      guard let succeeded = operation.didSomething else {
        if !operation.isOk { return .tryAcquireUnknown }
        throw OperationError(message: "try-acquire must give true or false")
      }
      return succeeded ? .acquire : .tryAcquireFailed
    }
  }

  func step(_ isHeld: Bool, _ command: Command) -> Bool? {
    switch command {
    case .acquire: isHeld ? nil : true
    case .tryAcquireFailed: isHeld ? true : nil
    case .tryAcquireUnknown: true
    case .release: isHeld ? false : nil
    }
  }

  func isObserver(_ command: Command) -> Bool { command == .tryAcquireFailed }

  func describe(_ isHeld: Bool) -> String { isHeld ? "held" : "free" }
}

extension ModelCatalog.Entry {
  static let mutex = Self(
    own: "mutex", summary: "a lock that one at a time can hold",
    functions: [
      .init("acquire"), .init("try-acquire", result: "whether it succeeded"), .init("release"),
    ],
    initial: "true if it is held, else false or null", complexity: "n log n"
  ) { options throws(OperationError) in
    switch options.initial {
    case .null, .bool(false): return MutexModel(initialState: false)
    case .bool(true): return MutexModel(initialState: true)
    default: throw OperationError(message: "the initial value of mutex must be true or false")
    }
  }
}
