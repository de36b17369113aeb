internal import Histories

extension Register: RegisterLike {
  var initialValue: Value { initialState }

  func accesses(_ operations: some Collection<Operation>) -> [RegisterAccess<Value>?]? {
    operations.map { counts($0) ? (try? command(for: $0))?.access : nil }
  }
}

extension Register.Command {
  /// What it does.
  var access: RegisterAccess<Value> {
    var access = RegisterAccess(observed: observed, installed: installed)
    if case .failedCAS(let expected) = self { access.denied = expected }
    return access
  }

  /// The command that does this.
  init(_ access: RegisterAccess<Value>) {
    self =
      switch (access.denied, access.observed, access.installed) {
      case (let denied?, _, _): .failedCAS(expected: denied)
      case (nil, let observed?, let installed?): .cas(expected: observed, new: installed)
      case (nil, nil, let installed?): .write(installed)
      case (nil, let observed, nil): .read(observed)
      }
  }
}

extension RegisterHistory {
  /// The register of which these are the calls, with the numbers of values as values.
  static let register = Register(initialState: .integer(Int64(initial)))

  /// The calls as those of `register`.
  static func registerCalls(_ calls: [Call<Access>]) -> [Call<Register.Command>] {
    calls.map { $0.with(Register.Command($0.command.map { .integer(Int64($0)) })) }
  }
}

extension KeyValueStore: RegisterLike {
  var initialValue: Value { initialState }

  /// Nil where something is appended.
  func accesses(_ operations: some Collection<Operation>) -> [RegisterAccess<Value>?]? {
    var accesses: [RegisterAccess<Value>?] = []
    for operation in operations {
      guard counts(operation), let command = try? command(for: operation) else {
        accesses.append(nil)
        continue
      }
      switch command {
      case .get(let value): accesses.append(RegisterAccess(observed: value))
      case .put(let value): accesses.append(RegisterAccess(installed: value))
      case .cas(let expected, let new):
        accesses.append(Register.Command.cas(expected: expected, new: new).access)
      case .failedCAS(let expected): accesses.append(RegisterAccess(denied: expected))
      case .append: return nil
      }
    }
    return accesses
  }
}

extension VersionedRegister: RegisterLike {
  var initialValue: Value { .array([initialState.value, .integer(initialState.version)]) }

  /// Each version of a value is a value of its own. Nil where a version is not known: of a change that
  /// may have been seen, or that a `put-if` expected and no change gave.
  func accesses(_ operations: some Collection<Operation>) -> [RegisterAccess<Value>?]? {
    var commands: [Command?] = []
    var values: [Int64: Value] = [initialState.version: initialState.value]
    for operation in operations {
      let command = operation.outcome == .fail ? nil : try? command(for: operation)
      commands.append(command)
      if let (value, version) = command?.change {
        // Also a version that was given twice belongs to no one value.
        guard let version else {
          if operation.isOk { return nil }
          continue
        }
        if values.updateValue(value, forKey: version) != nil { return nil }
      }
    }
    var accesses: [RegisterAccess<Value>?] = []
    for command in commands {
      switch command {
      case nil, .write(_, nil)?, .cas(_, _, nil)?: accesses.append(nil)
      case .read(let value?, let version?)?:
        if values[version] == nil, commands.contains(where: { $0?.mayHaveWritten(value) ?? false })
        {
          return nil
        }
        accesses.append(RegisterAccess(observed: .array([value, .integer(version)])))
      case .read?: accesses.append(RegisterAccess())
      case .write(let value, let version?)?:
        accesses.append(RegisterAccess(installed: .array([value, .integer(version)])))
      case .cas(let expected, let value, let version?)?:
        guard let old = values[expected] else { return nil }
        let command = Register.Command.cas(
          expected: .array([old, .integer(expected)]), new: .array([value, .integer(version)]))
        accesses.append(command.access)
      }
    }
    return accesses
  }
}

extension VersionedRegister.Command {
  /// The value that it puts there and its version, where known.
  fileprivate var change: (value: Value, version: Int64?)? {
    switch self {
    case .read: nil
    case .write(let value, let version), .cas(_, let value, let version): (value, version)
    }
  }

  /// Whether it is a change of unknown version that put the value there.
  fileprivate func mayHaveWritten(_ value: Value) -> Bool {
    guard let change else { return false }
    return change.version == nil && change.value == value
  }
}
