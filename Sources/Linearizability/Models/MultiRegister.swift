internal import Histories

/// Several registers that are read and written together: an operation is an array of
/// `["read", register, value]` and `["write", register, value]`, in this order, all at one instant.
struct MultiRegister: Model {
  enum Access: Hashable, Sendable {
    /// Nil observed nothing.
    case read(Value, Value?)
    case write(Value, Value)

    /// Without what was read.
    var asInvoked: Access {
      if case .read(let register, _) = self { .read(register, nil) } else { self }
    }
  }

  let initialState: [Value: Value]
  /// Whether a read of null observed nothing.
  let nullReadsAreUnknown: Bool

  /// What is done stands in the invocation. The completion has the same with what was read, and nothing
  /// else: a write that nobody asked for would explain reads that nothing explains. `Pairing` keeps of a
  /// `read` only its result, and of a `write` only the completion's value.
  func command(for operation: Operation) throws(OperationError) -> [Access] {
    let done: [Access]? =
      if let result = operation.result { try accesses(result, areResults: true) } else { nil }
    if operation.f == "read" {
      guard isObserver(done ?? []) else { throw unlikeInvocation(operation) }
      return done ?? []
    }
    let invoked = try accesses(operation.argument, areResults: false)
    guard done?.map(\.asInvoked) ?? invoked == invoked else {
      throw unlikeInvocation(operation)
    }
    return done ?? invoked
  }

  private func unlikeInvocation(_ operation: Operation) -> OperationError {
    OperationError(
      message: "a completion must have the reads and writes of its invocation and no others; found "
        + (operation.result ?? .null).shown(limit: 60))
  }

  private func accesses(_ value: Value?, areResults: Bool) throws(OperationError) -> [Access] {
    guard case .array(let elements)? = value else {
      throw OperationError(message: "the 'value' must be an array of reads and writes")
    }
    var accesses: [Access] = []
    for element in elements { accesses.append(try access(element, isResult: areResults)) }
    return accesses
  }

  private func access(_ element: Value, isResult: Bool) throws(OperationError) -> Access {
    guard case .array(let parts) = element, parts.count == 3, case .string(let name) = parts[0]
    else {
      throw OperationError(
        message:
          "expected [\"read\" or \"write\", register, value], found \(element.shown(limit: 40))")
    }
    switch name {
    case "read", "r":
      let sawNothing = !isResult || parts[2] == .null && nullReadsAreUnknown
      return .read(parts[1], sawNothing ? nil : parts[2])
    case "write", "w": return .write(parts[1], parts[2])
    default:
      throw OperationError(
        message: "there is no \(parts[0].shown(limit: 20)); there are read, write")
    }
  }

  func step(_ state: [Value: Value], _ command: [Access]) -> [Value: Value]? {
    var next = state
    for access in command {
      switch access {
      case .read(let register, let value):
        if let value, value != next[register] ?? .null { return nil }
      case .write(let register, let value): next[register] = value == .null ? nil : value
      }
    }
    return next
  }

  func isObserver(_ command: [Access]) -> Bool {
    command.allSatisfy { if case .read = $0 { true } else { false } }
  }

  func describe(_ state: [Value: Value]) -> String {
    "{"
      + state.map { "\($0.key.shown(limit: 20)): \($0.value.shown(limit: 20))" }.sorted()
      .joined(separator: ", ") + "}"
  }
}

extension ModelCatalog.Entry {
  static let multiRegister = Self(
    own: "multi-register", summary: "registers that are read and written several at a time",
    functions: [
      .init(
        "txn", argument: "[[\"read\", register, null], [\"write\", register, value]]",
        result: "the same with what was read"),
      .init("read", argument: "as txn", result: "as txn"),
      .init("write", argument: "as txn", result: "as txn"),
    ],
    initial: "an object from register to value; {}", complexity: exponential
  ) { options throws(OperationError) in
    switch options.initial {
    case .null:
      return MultiRegister(initialState: [:], nullReadsAreUnknown: options.nullReadsAreUnknown)
    case .object(let members):
      let state = members.map { (Value.string($0.key), $0.value) }
      return MultiRegister(
        initialState: Dictionary(uniqueKeysWithValues: state),
        nullReadsAreUnknown: options.nullReadsAreUnknown)
    default: throw OperationError(message: "the initial value of multi-register must be an object")
    }
  }
}
