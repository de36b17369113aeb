internal import Histories

/// A number of permits, of which each holder takes one.
struct Semaphore: Model {
  enum Command: Hashable, Sendable {
    case acquire
    /// There was no permit.
    case tryAcquireFailed
    case tryAcquireUnknown
    case release
  }

  /// The permits that are free at first, which are all that there are.
  let initialState: Int64

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch (operation.f, operation.didSomething) {
    case ("acquire", _), ("try-acquire", true?): return .acquire
    case ("release", _): return .release
    case ("try-acquire", false?): return .tryAcquireFailed
    default:
      if operation.isOk { throw OperationError(message: "try-acquire must give true or false") }
      return .tryAcquireUnknown
    }
  }

  func step(_ free: Int64, _ command: Command) -> Int64? {
    switch command {
    case .acquire: free > 0 ? free - 1 : nil
    case .tryAcquireFailed: free == 0 ? 0 : nil
    case .tryAcquireUnknown: max(free - 1, 0)
    case .release: free < initialState ? free + 1 : nil
    }
  }

  func isObserver(_ command: Command) -> Bool { command == .tryAcquireFailed }

  func describe(_ free: Int64) -> String { "\(free) free" }
}

extension ModelCatalog.Entry {
  static let semaphore = Self(
    own: "semaphore", summary: "a number of permits, of which each holder takes one",
    functions: [
      .init("acquire"), .init("try-acquire", result: "whether it succeeded"), .init("release"),
    ],
    initial: "the number of permits; 1",
    complexity: "n log n where no try-acquire failed; else \(exponential)"
  ) { options throws(OperationError) in
    Semaphore(initialState: try options.initialInteger(standard: 1))
  }
}
