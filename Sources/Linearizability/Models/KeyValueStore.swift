internal import Histories

/// One key of a store: a value that is got, put, appended to, deleted, compared and set.
///
/// A key that does not exist has the initial value. Appending puts texts together, adds to arrays,
/// and makes the first text or array where there was nothing.
struct KeyValueStore: Model {
  enum Command: Hashable, Sendable {
    /// Nil observed nothing.
    case get(Value?)
    case put(Value)
    case append(Value)
    case cas(expected: Value, new: Value)
    /// It found another value.
    case failedCAS(expected: Value)
  }

  let initialState: Value
  /// Whether an ok get of null observed nothing.
  let nullReadsAreUnknown: Bool
  let failedCAS: FailedCAS

  func observesFailure(of operation: Operation) -> Bool {
    failedCAS == .observe && operation.f == "cas"
  }

  init(_ options: CheckOptions) {
    self.init(
      initialState: options.initial, nullReadsAreUnknown: options.nullReadsAreUnknown,
      failedCAS: options.failedCAS)
  }

  init(initialState: Value, nullReadsAreUnknown: Bool, failedCAS: FailedCAS = .ignore) {
    self.initialState = initialState
    self.nullReadsAreUnknown = nullReadsAreUnknown
    self.failedCAS = failedCAS
  }

  func command(for operation: Operation) throws(OperationError) -> Command {
    switch operation.f {
    case "get", "read":
      return .get(operation.result == .null && nullReadsAreUnknown ? nil : operation.result)
    case "put", "write": return .put(try operation.requiredArgument("what is put"))
    case "append": return .append(try operation.requiredArgument("what is appended"))
    case "delete": return .put(initialState)
    default:
      guard case .array(let pair)? = operation.argument, pair.count == 2 else {
        throw OperationError(message: "the 'value' of cas must be [expected, new]")
      }
      return operation.outcome == .fail
        ? .failedCAS(expected: pair[0]) : .cas(expected: pair[0], new: pair[1])
    }
  }

  func step(_ state: Value, _ command: Command) -> Value? {
    switch command {
    case .get(let value): value ?? state == state ? state : nil
    case .put(let value): value
    case .append(let value): appended(value, to: state)
    case .cas(let expected, let new): expected == state ? new : nil
    case .failedCAS(let expected): expected == state ? nil : state
    }
  }

  /// Appending to what is neither text nor array is not possible.
  private func appended(_ value: Value, to state: Value) -> Value? {
    switch (state, value) {
    case (.string(let text), .string(let more)): .string(text + more)
    case (.array(let elements), _): .array(elements + [value])
    case (.null, .string): value
    case (.null, _): .array([value])
    default: nil
    }
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .get, .failedCAS: true
    case .cas(let expected, let new): expected == new
    case .put, .append: false
    }
  }

  /// What the register did not hold says little: there is no quick way to decide by it.
  func isSolvedLater(_ command: Command) -> Bool {
    if case .failedCAS = command { true } else { false }
  }

  func isOverwrite(_ command: Command) -> Bool { if case .put = command { true } else { false } }

  func isGrowth(_ command: Command) -> Bool {
    if case .append = command { true } else { false }
  }

  /// What was appended stays where it is. Texts are compared by their bytes, which says what it
  /// should where there is nothing but ASCII: elsewhere equal texts may have different bytes.
  func isHopeless(_ observer: Command, in state: Value) -> Bool {
    guard case .get(let value?) = observer else { return false }
    switch (state, value) {
    case (.string(let text), .string(let seen)):
      return !seen.utf8.starts(with: text.utf8) && seen.utf8.allSatisfy { $0 < 128 }
        && text.utf8.allSatisfy { $0 < 128 }
    case (.array(let elements), .array(let seen)): return !seen.starts(with: elements)
    case (.null, _): return false
    default: return state != value
    }
  }

  func describe(_ state: Value) -> String { state.shown(limit: 80) }
}

extension ModelCatalog.Entry {
  static let kv = Self(
    own: "kv", summary: "the keys of a store: got, put, appended to, deleted, compared and set",
    functions: [
      .init("get", result: "the value"), .init("read", result: "the value"),
      .init("put", argument: "the value"), .init("write", argument: "the value"),
      .init("append", argument: "text, or an element"), .init("delete"),
      .init("cas", argument: "[expected, new]"),
    ],
    initial: "the value of a key that does not exist; null",
    complexity: "n log n where nothing is put or appended twice; else \(exponential)"
  ) { KeyValueStore($0) }.unpartitioned { WholeStore(base: KeyValueStore($0)) }
}
