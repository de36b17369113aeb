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

  /// A crashed write or cas that installs v is useful until the last completion of a call that
  /// observes v, where a crashed cas observes for as long as it is useful itself. A failed cas that
  /// observed another value can be explained by any.
  ///
  /// Proof: take a linearization in which it takes effect after that, and leave it out. Until the
  /// next change of state the register then holds an older value instead of v. No call there
  /// observes v: completed ones that do were linearized before, and crashed ones that do are
  /// useless themselves and left out in the same way, the last one first. So the calls there
  /// are writes and reads that observed nothing, and all remain legal.
  func usefulUntil(_ calls: [Call<Command>]) -> [Int] { Self.usefulUntil(calls) }

  static func usefulUntil(_ calls: [Call<Command>]) -> [Int] {
    let crashed = calls.filter { $0.isCrashed && $0.command.installed != nil }
    if crashed.isEmpty { return Array(repeating: -1, count: calls.count) }
    var lastFailed = -1
    // Only of the values that crashed calls install.
    var lastObserved = Dictionary(
      crashed.compactMap { $0.command.installed.map { ($0, -1) } },
      uniquingKeysWith: { one, _ in one }
    )
    func observe(_ value: Value, at position: Int) -> Bool {
      guard let index = lastObserved.index(forKey: value), lastObserved.values[index] < position
      else { return false }
      lastObserved.values[index] = position
      return true
    }
    for call in calls {
      guard let completion = call.completion else { continue }
      if case .failedCAS = call.command { lastFailed = max(lastFailed, completion) }
      if let value = call.command.observed { _ = observe(value, at: completion) }
    }
    func usefulUntil(_ call: Call<Command>) -> Int {
      guard call.isCrashed, let installed = call.command.installed else { return -1 }
      return max(lastFailed, lastObserved[installed] ?? -1)
    }
    var changed = true
    while changed {
      changed = false
      for call in crashed {
        guard let observed = call.command.observed else { continue }
        let limit = usefulUntil(call)
        if limit > call.invocation, observe(observed, at: limit) { changed = true }
      }
    }
    return calls.map(usefulUntil)
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
