internal import Histories

/// A register that is read and written, and compared-and-set where `cas` is among its functions.
///
/// Null is a value like any other: reading it means that nothing was there, and it is the initial
/// value unless another is given. A `cas` carries `[expected, new]`.
struct Register: Model {
  enum Command: Hashable, Sendable {
    /// Nil observed nothing.
    case read(Value?)
    case write(Value)
    case cas(expected: Value, new: Value)
    /// It found another value.
    case failedCAS(expected: Value)

    /// The value that the register must hold for it.
    var observed: Value? {
      switch self {
      case .read(let value): value
      case .write, .failedCAS: nil
      case .cas(let expected, _): expected
      }
    }

    /// The value that it puts into the register in place of another.
    var installed: Value? {
      switch self {
      case .read, .failedCAS: nil
      case .write(let value): value
      case .cas(let expected, let new): expected == new ? nil : new
      }
    }
  }

  let initialState: Value
  /// Whether an ok read of null observed nothing, as in Jepsen's older histories.
  let nullReadsAreUnknown: Bool
  let failedCAS: FailedCAS

  init(_ options: CheckOptions) {
    initialState = options.initial
    nullReadsAreUnknown = options.nullReadsAreUnknown
    failedCAS = options.failedCAS
  }

  init(initialState: Value) {
    self.initialState = initialState
    nullReadsAreUnknown = false
    failedCAS = .ignore
  }

  func observesFailure(of operation: Operation) -> Bool {
    failedCAS == .observe && operation.f == "cas"
  }

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "read":
      guard case .ok(let value) = operation.outcome else { return .read(nil) }
      return .read(value == .null && nullReadsAreUnknown ? nil : value)
    case "write":
      guard let value = operation.argument else {
        throw OperationError(message: "write has no 'value'; it must be what was written")
      }
      return .write(value)
    default:
      guard case .array(let pair)? = operation.argument, pair.count == 2 else {
        let found = operation.argument.map { "found \($0.shown(limit: 40))" } ?? "it has none"
        throw OperationError(message: "the 'value' of cas must be [expected, new]; \(found)")
      }
      return operation.outcome == .fail
        ? .failedCAS(expected: pair[0]) : .cas(expected: pair[0], new: pair[1])
    }
  }

  func step(_ state: Value, _ command: Command) -> Value? {
    switch command {
    case .read(let value): value == nil || value == state ? state : nil
    case .write(let value): value
    case .cas(let expected, let new): expected == state ? new : nil
    case .failedCAS(let expected): expected == state ? nil : state
    }
  }

  func isObserver(_ command: Command) -> Bool { command.installed == nil }

  /// What the register did not hold says little: there is no quick way to decide by it.
  func isSolvedLater(_ command: Command) -> Bool {
    if case .failedCAS = command { true } else { false }
  }

  func isOverwrite(_ command: Command) -> Bool {
    if case .write = command { true } else { false }
  }

  func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    RegisterAccess.usefulUntil(calls.lazy.map { $0.with($0.command.access) })
  }

  func describe(_ state: Value) -> String { state.shown(limit: 40) }
}

extension ModelCatalog.Entry {
  private static let access: [ModelCatalog.Function] = [
    .init("read", result: "the value; null if nothing is there"),
    .init("write", argument: "the value"),
  ]

  static let register = Self(
    own: "register", summary: "a single value that is read and written", functions: access,
    initial: "any value; null",
    complexity: "n log n where no value is installed twice; else \(exponential)"
  ) { Register($0) }

  static let casRegister = Self(
    own: "cas-register", summary: "a register with compare-and-set",
    functions: access + [.init("cas", argument: "[expected, new]")],
    initial: "any value; null",
    complexity: "n log n where no value is installed twice; else \(exponential)"
  ) { Register($0) }
}
