internal import Histories

/// A number that is added to and read.
struct Counter: Model {
  enum Command: Hashable, Sendable {
    case add(Int64)
    /// Nil observed nothing.
    case read(Int64?)

    /// Nil for a read.
    var amount: Int64? { if case .add(let amount) = self { amount } else { nil } }
  }

  let initialState: Int64

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "read": return .read(try operation.integerResult())
    case "decrement":
      let (amount, overflows) = Int64(0).subtractingReportingOverflow(
        try operation.integerArgument(standard: 1))
      if overflows { throw OperationError(message: "the amount is beyond 64 bits") }
      return .add(amount)
    default: return .add(try operation.integerArgument(standard: 1))
    }
  }

  /// A sum beyond 64 bits cannot be.
  func step(_ state: Int64, _ command: Command) -> Int64? {
    switch command {
    case .add(let amount):
      let (sum, overflows) = state.addingReportingOverflow(amount)
      return overflows ? nil : sum
    case .read(let value): return value ?? state == state ? state : nil
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .add(let amount): amount == 0
    case .read: true
    }
  }

  func isGrowth(_ command: Command) -> Bool {
    if case .add(let amount) = command { amount >= 0 } else { false }
  }

  func isHopeless(_ observer: Command, in state: Int64) -> Bool {
    if case .read(let value?) = observer { state > value } else { false }
  }

  func describe(_ state: Int64) -> String { "\(state)" }
}

extension ModelCatalog.Entry {
  static let counter = Self(
    own: "counter", summary: "a number that is added to and read",
    functions: [
      .init("increment", argument: "how much; 1"), .init("decrement", argument: "how much; 1"),
      .init("add", argument: "how much; 1"), .init("read", result: "the number"),
    ],
    initial: "an integer; 0",
    complexity:
      "n log n where every addition is of 1; mostly n where all have one sign; else \(exponential)"
  ) { options throws(OperationError) in
    Counter(initialState: try options.initialInteger(standard: 0))
  }
}
