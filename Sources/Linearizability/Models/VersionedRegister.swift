internal import Histories

/// A register whose every change has a version that is larger than the one before: etcd's
/// revisions, ZooKeeper's zxids, fencing tokens. Versions may be skipped.
///
/// `read`, `put` and `put-if` give `[value, version]`; `put-if` carries `[expected version, new value]`.
struct VersionedRegister: Model {
  enum Command: Hashable, Sendable {
    /// Nil observed nothing; a version of nil is not known.
    case read(Value?, Int64?)
    case write(Value, Int64?)
    case cas(Int64, Value, Int64?)
  }

  /// After a crashed write the version is only known to be larger than `version`.
  struct State: Hashable, Sendable {
    var value: Value
    var version: Int64
    var isExact = true
  }

  let initialState: State

  func command(for operation: Operation) throws(OperationError) -> Command {
    let pair = try resultPair(operation)
    switch operation.f {
    case "read": return .read(pair?.value, pair?.version)
    case "put": return .write(try operation.requiredArgument("what is put"), pair?.version)
    default:
      guard case .array(let parts)? = operation.argument, parts.count == 2,
        case .integer(let expected) = parts[0]
      else {
        throw OperationError(message: "the 'value' of put-if must be [expected version, new]")
      }
      return .cas(expected, parts[1], pair?.version)
    }
  }

  private func resultPair(
    _ operation: Operation
  ) throws(OperationError) -> (value: Value, version: Int64)? {
    guard let result = operation.result else { return nil }
    if case .array(let parts) = result, parts.count == 2, case .integer(let version) = parts[1] {
      return (parts[0], version)
    }
    throw OperationError(
      message:
        "\(operation.f.shown(limit: 40)) must give [value, version]; found \(result.shown(limit: 40))"
    )
  }

  func step(_ state: State, _ command: Command) -> State? {
    switch command {
    case .read(nil, _): return state
    case .read(let value?, let version):
      guard value == state.value else { return nil }
      guard let version else { return state }
      return fixed(state, version)
    case .write(let value, let version): return changed(state, value, version)
    case .cas(let expected, let value, let version):
      guard let found = fixed(state, expected) else { return nil }
      return changed(found, value, version)
    }
  }

  /// The state whose version is this one, if that can be.
  private func fixed(_ state: State, _ version: Int64) -> State? {
    let fits = state.isExact ? version == state.version : version > state.version
    return fits ? State(value: state.value, version: version) : nil
  }

  private func changed(_ state: State, _ value: Value, _ version: Int64?) -> State? {
    guard let version else { return State(value: value, version: state.version, isExact: false) }
    let fits = state.isExact ? version > state.version : version > state.version + 1
    return fits ? State(value: value, version: version) : nil
  }

  func isObserver(_ command: Command) -> Bool {
    switch command {
    case .read(nil, _), .read(_, nil): true
    default: false
    }
  }

  func describe(_ state: State) -> String {
    "\(state.value.shown(limit: 40)) at version \(state.isExact ? "" : "> ")\(state.version)"
  }
}

extension ModelCatalog.Entry {
  static let versionedRegister = Self(
    own: "versioned-register",
    summary: "a register whose changes are numbered: revisions, zxids, fencing tokens",
    functions: [
      .init("read", result: "[value, version]"),
      .init("put", argument: "the value", result: "[value, version]"),
      .init("put-if", argument: "[expected version, new value]", result: "[value, version]"),
    ],
    initial: "[value, version]; [null, 0]",
    complexity:
      "n log n where every read and every change that was ok has its version; else \(exponential)"
  ) { options throws(OperationError) in
    switch options.initial {
    case .null: return VersionedRegister(initialState: .init(value: .null, version: 0))
    case .array(let parts) where parts.count == 2:
      if case .integer(let version) = parts[1] {
        return VersionedRegister(initialState: .init(value: parts[0], version: version))
      }
      fallthrough
    default:
      throw OperationError(
        message: "the initial value of versioned-register must be [value, version]")
    }
  }
}
