internal import Histories

extension ColumnProblem {
  /// A register; kinds are `RegisterChains.Kind`. `initial` is the number of the initial value, or
  /// `none` if no call mentions it.
  package static func register(_ columns: CallColumns, initial: UInt32) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: RegisterChains.Kind.crashed) {
      RegisterChains($0, initial: initial)
    }
  }

  /// The commands of a register.
  fileprivate init?<Command>(
    _ calls: [Call<Command>], initial: Value, command: (Command) -> Register.Command
  ) {
    typealias Kind = RegisterChains.Kind
    var numbers = ValueNumbers()
    let initial: UInt32 = numbers.number(of: initial)
    // The solver is asked without a cas that failed (`isSolvedLater`), and does not take it.
    var isSolved = true
    let columns = CallColumns(calls, valueCount: { numbers.count }) { _, call in
      switch command(call) {
      case .failedCAS:
        isSolved = false
        return .init(kind: Kind.read, value: numbers.number(of: nil))
      case .read(let value): return .init(kind: Kind.read, value: numbers.number(of: value))
      case .write(let value): return .init(kind: Kind.write, value: numbers.number(of: value))
      case .cas(let expected, let new) where expected == new:
        return .init(kind: Kind.read, value: numbers.number(of: expected))
      case .cas(let expected, let new):
        return .init(
          kind: Kind.cas, value: numbers.number(of: expected), other: numbers.number(of: new))
      }
    }
    guard let columns, isSolved else { return nil }
    self = .register(columns, initial: initial)
  }
}

extension Register: ColumnModel {
  /// Values that are installed once each need no search.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    ColumnProblem(calls, initial: initialState) { $0 }
  }
}

extension KeyValueStore: ColumnModel {
  /// Without appends a key is a register.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    if calls.contains(where: { if case .append = $0.command { true } else { false } }) {
      return nil
    }
    return ColumnProblem(calls, initial: initialState) { command in
      switch command {
      case .get(let value): .read(value)
      case .put(let value), .append(let value): .write(value)
      case .cas(let expected, let new): .cas(expected: expected, new: new)
      case .failedCAS(let expected): .failedCAS(expected: expected)
      }
    }
  }

  /// Puts, appends and gets of pieces that occur once each need no search, and neither do puts, gets
  /// and compare-and-sets of values that do.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    problem(calls)?.solve() ?? solveAppends(calls)
  }
}

extension CallColumns.Entry {
  /// What an access that denies nothing is to `RegisterChains`.
  init<Number: BinaryInteger>(_ access: RegisterAccess<Number>) {
    typealias Kind = RegisterChains.Kind
    let observed = access.observed.map { UInt32($0) }
    self =
      switch (observed, access.installed.map { UInt32($0) }) {
      case (let observed, nil): .init(kind: Kind.read, value: observed ?? CallColumns.none)
      case (nil, let installed?): .init(kind: Kind.write, value: installed)
      case (let observed?, let installed?):
        .init(kind: Kind.cas, value: observed, other: installed)
      }
  }
}

extension CallColumns {
  /// What the call does, where kinds are `RegisterChains.Kind`.
  func registerAccess(_ call: Int) -> RegisterAccess<UInt32> {
    let value = value[call] == Self.none ? nil : value[call]
    return switch kind[call] {
    case RegisterChains.Kind.read: RegisterAccess(observed: value)
    case RegisterChains.Kind.write: RegisterAccess(installed: value)
    default: RegisterAccess(observed: value, installed: other[call])
    }
  }
}
