internal import Histories

/// A lock that only the process that acquired it can release.
struct OwnerLock: Model {
  enum Action: Hashable, Sendable {
    case acquire
    /// Another process, or itself, held it.
    case tryAcquireFailed
    case tryAcquireUnknown
    case release
  }

  struct Command: Hashable, Sendable {
    var process: Int
    var action: Action
  }

  /// The process that holds it.
  let initialState: Int?

  func command(for operation: Operation) throws(OperationError) -> Command {
    let action: Action
    switch (operation.f, operation.didSomething) {
    case ("acquire", _), ("try-acquire", true?): action = .acquire
    case ("release", _): action = .release
    case ("try-acquire", false?): action = .tryAcquireFailed
    default:
      if operation.isOk { throw OperationError(message: "try-acquire must give true or false") }
      action = .tryAcquireUnknown
    }
    return Command(process: operation.process, action: action)
  }

  func step(_ owner: Int?, _ command: Command) -> Int?? {
    switch command.action {
    case .acquire: owner == nil ? .some(command.process) : nil
    case .tryAcquireFailed: owner == nil ? nil : .some(owner)
    case .tryAcquireUnknown: .some(owner ?? command.process)
    case .release: owner == command.process ? .some(nil) : nil
    }
  }

  func isObserver(_ command: Command) -> Bool { command.action == .tryAcquireFailed }

  func describe(_ owner: Int?) -> String { owner.map { "held by process \($0)" } ?? "free" }
}

extension ModelCatalog.Entry {
  static let ownerLock = Self(
    own: "owner-lock", summary: "a lock that only the process that holds it can release",
    functions: [
      .init("acquire"), .init("try-acquire", result: "whether it succeeded"), .init("release"),
    ],
    initial: "the process that holds it; null",
    complexity: "n log n where no try-acquire failed; else \(exponential)"
  ) { options throws(OperationError) in
    switch options.initial {
    case .null: return OwnerLock(initialState: nil)
    case .integer(let process): return OwnerLock(initialState: Int(process))
    default: throw OperationError(message: "the initial value of owner-lock must be a process")
    }
  }
}
