internal import Histories

extension ColumnProblem {
  /// A counter of increments by one; kinds are `CounterKind`.
  package static func counter(_ columns: CallColumns) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: CounterKind.crashed) { CounterSolver($0) }
  }

  /// An allocator of identifiers; kinds are `FetchAddKind`.
  package static func fetchAdd(_ columns: CallColumns) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: FetchAddKind.crashed) { FetchAddSolver($0) }
  }

  /// A register that keeps the largest value, where values are numbered in their order; kinds are
  /// `MaxRegisterKind`.
  package static func maxRegister(_ columns: CallColumns, initial: UInt32) -> ColumnProblem {
    ColumnProblem(columns, crashedKinds: MaxRegisterKind.crashed) {
      MaxRegisterSolver($0, initial: initial)
    }
  }
}

/// How much larger one number is than another; `limit` if that is not between 0 and the limit.
private func offset(_ number: Int64, from start: Int64, limit: Int) -> UInt32 {
  let (difference, overflows) = number.subtractingReportingOverflow(start)
  return overflows || difference < 0 || difference >= limit ? UInt32(limit) : UInt32(difference)
}

extension Counter: ColumnModel {
  /// Increments by one and exact reads need no search.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    // So many increments are never reached.
    let limit = calls.count + 1
    let (_, overflows) = initialState.addingReportingOverflow(Int64(limit))
    if overflows { return nil }
    return CallColumns(calls, valueCount: { limit + 1 }) { _, command in
      switch command {
      case .add(1): .init(kind: CounterKind.increment)
      case .add: .init(kind: CounterKind.other)
      case .read(nil): .init(kind: CounterKind.observeNothing)
      case .read(let value?):
        .init(kind: CounterKind.read, value: offset(value, from: initialState, limit: limit))
      }
    }.map { .counter($0) }
  }
}

extension FetchAdd: ColumnModel {
  /// Additions of one need no search.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    CallColumns(calls, valueCount: { calls.count + 1 }) { _, command in
      if command.amount != 1 { return .init(kind: FetchAddKind.other) }
      guard let old = command.old else { return .init(kind: FetchAddKind.unknown) }
      return .init(
        kind: FetchAddKind.add, value: offset(old, from: initialState, limit: calls.count))
    }.map { .fetchAdd($0) }
  }
}

extension MaxRegister: ColumnModel {
  /// No history needs a search.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    let numbers = calls.compactMap { call in
      switch call.command {
      case .write(let number): number
      case .read(let number): number
      }
    }
    let sorted = Set(numbers + [initialState]).sorted()
    let ranks = Dictionary(
      uniqueKeysWithValues: sorted.enumerated().map { ($0.element, UInt32($0.offset)) })
    func rank(_ number: Int64) -> UInt32 { ranks[number] ?? CallColumns.none }
    return CallColumns(calls, valueCount: { sorted.count }) { _, command in
      switch command {
      case .write(let number): .init(kind: MaxRegisterKind.write, value: rank(number))
      case .read(nil): .init(kind: MaxRegisterKind.observeNothing)
      case .read(let number?): .init(kind: MaxRegisterKind.read, value: rank(number))
      }
    }.map { .maxRegister($0, initial: rank(initialState)) }
  }
}
