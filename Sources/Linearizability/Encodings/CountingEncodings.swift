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
  /// Increments by one and exact reads need no search, and other amounts seldom do as long as all are on one
  /// side of nothing.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    if calls.allSatisfy({ $0.command.amount ?? 1 == 1 }) { return incrementProblem(calls) }
    return additionProblem(calls, initial: initialState) { command in
      switch command {
      case .add(let amount): (nil, amount)
      case .read(let value): (value, 0)
      }
    }
  }

  private func incrementProblem(_ calls: [Call<Command>]) -> ColumnProblem? {
    // So many increments are never reached.
    let limit = calls.count + 1
    let (_, overflows) = initialState.addingReportingOverflow(Int64(limit))
    if overflows { return nil }
    return CallColumns(calls, valueCount: { limit + 1 }) { _, command in
      switch command {
      case .add: .init(kind: CounterKind.increment)
      case .read(nil): .init(kind: CounterKind.observeNothing)
      case .read(let value?):
        .init(kind: CounterKind.read, value: offset(value, from: initialState, limit: limit))
      }
    }.map { .counter($0) }
  }
}

extension FetchAdd: ColumnModel {
  /// Additions of one need no search, and other amounts seldom do as long as all are on one side of nothing.
  func problem(_ calls: [Call<Command>]) -> ColumnProblem? {
    let givesIdentifiers = calls.allSatisfy {
      $0.command.amount == 1 && ($0.isCrashed || $0.command.old != nil)
    }
    if givesIdentifiers { return identifierProblem(calls) }
    return additionProblem(calls, initial: initialState) { ($0.old, $0.amount) }
  }

  private func identifierProblem(_ calls: [Call<Command>]) -> ColumnProblem? {
    CallColumns(calls, valueCount: { calls.count + 1 }) { _, command in
      guard let old = command.old else { return .init(kind: FetchAddKind.unknown) }
      return .init(
        kind: FetchAddKind.add, value: offset(old, from: initialState, limit: calls.count))
    }.map { .fetchAdd($0) }
  }
}

/// Calls that see a number and add to it as columns; nil where some add and some take away, or where the
/// number may leave 64 bits.
private func additionProblem<Command>(
  _ calls: [Call<Command>], initial: Int64,
  _ parts: (Command) -> (seen: Int64?, amount: Int64)
) -> ColumnProblem? {
  let commands = calls.map { parts($0.command) }
  // Where all take away, the number is looked at from the other side.
  let sign: Int64 = commands.contains { $0.amount < 0 } ? -1 : 1
  guard let total = total(commands.map(\.amount), sign, initial) else { return nil }
  // What was never reached is less than nothing.
  func distance(_ seen: Int64) -> Int64 {
    let (difference, overflows) = seen.subtractingReportingOverflow(initial)
    return overflows || difference.magnitude > total ? -1 : max(-1, sign * difference)
  }
  let numbers = Set(commands.flatMap { [sign * $0.amount, $0.seen.map(distance) ?? 0] }).sorted()
  let ranks = Dictionary(
    uniqueKeysWithValues: numbers.enumerated().map { ($0.element, UInt32($0.offset)) })
  func entry(_ seen: Int64?, _ amount: Int64) -> CallColumns.Entry {
    let value = seen.flatMap { ranks[distance($0)] } ?? CallColumns.none
    let other = ranks[sign * amount] ?? CallColumns.none
    return switch (seen, amount) {
    case (nil, 0): .init(kind: AdditionKind.observeNothing)
    case (_, 0): .init(kind: AdditionKind.read, value: value)
    case (nil, _): .init(kind: AdditionKind.add, other: other)
    default: .init(kind: AdditionKind.fetchAdd, value: value, other: other)
    }
  }
  return CallColumns(calls, valueCount: { numbers.count }) { index, _ in
    entry(commands[index].seen, commands[index].amount)
  }.map { columns in
    ColumnProblem(columns, crashedKinds: AdditionKind.crashed) {
      AdditionSolver($0, numbers: numbers)
    }
  }
}

/// The sum of the amounts without their sign; nil where one has another sign, or where the number may leave
/// 64 bits.
private func total(_ amounts: [Int64], _ sign: Int64, _ initial: Int64) -> Int64? {
  var (last, total) = (initial, Int64(0))
  for amount in amounts {
    if amount.signum() == -sign { return nil }
    let (next, overflows) = last.addingReportingOverflow(amount)
    let (sum, sumOverflows) = total.addingReportingOverflow(amount)
    if overflows || sumOverflows { return nil }
    (last, total) = (next, sum)
  }
  return total == .min ? nil : total * sign
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
