internal import Histories

/// A number that is added to, which gives the number before: an allocator of identifiers.
struct FetchAdd: Model {
  struct Command: Hashable, Sendable {
    var amount: Int64
    /// The number before; nil where it is not known.
    var old: Int64?
  }

  let initialState: Int64

  func command(for operation: Operation) throws(OperationError) -> Command {
    Command(
      amount: try operation.integerArgument(standard: 1), old: try operation.integerResult())
  }

  func step(_ state: Int64, _ command: Command) -> Int64? {
    let (sum, overflows) = state.addingReportingOverflow(command.amount)
    return overflows || command.old ?? state != state ? nil : sum
  }

  func isObserver(_ command: Command) -> Bool { command.amount == 0 }

  func describe(_ state: Int64) -> String { "\(state)" }
}

extension ModelCatalog.Entry {
  static let fetchAdd = Self(
    own: "fetch-add",
    summary: "a number that is added to and gives what it was: an allocator of identifiers",
    functions: [.init("fetch-add", argument: "how much; 1", result: "the number before")],
    initial: "an integer; 0",
    complexity:
      "n log n where every addition is of 1; mostly n where all have one sign; else \(exponential)"
  ) { options throws(OperationError) in
    FetchAdd(initialState: try options.initialInteger(standard: 0))
  }
}
