internal import Histories

/// Operations of a table as the columns that solvers read, without a command for each.
struct EncodedRows {
  let columns: CallColumns
  /// The `Operation.id` of each call; nil where it is the call's index.
  let ids: [UInt32]?
  /// What the table's numbers became; nil where they were kept.
  private let numbers: [UInt32: UInt32]?

  /// The number that a value of the table has in the columns; `none` if no call mentions it.
  func number(ofTableValue number: UInt32) -> UInt32 {
    numbers.map { $0[number] ?? CallColumns.none } ?? number
  }

  /// Encodes operations in order, apart from those that failed; nil if one of them does not fit the
  /// model, or if there are too many.
  ///
  /// `entry` gives what an operation is, with values as the table numbers them, all below `valueCount()` in the
  /// end. Complexity: O(n), and O(n log n) where positions are far apart.
  @inline(__always)
  init?(
    _ operations: Operations, valueCount: () -> Int, entry: (OperationTable.Row) -> RowEntry
  ) {
    guard let (table, ids) = operations.rows, operations.count < CallColumns.positionLimit / 2
    else {
      return nil
    }
    var builder = Builder(table.rows, isWhole: ids == nil, capacity: operations.count)
    for index in 0..<operations.count {
      let id = ids.map { Int($0[index]) } ?? index
      let row = table.rows[id]
      if row.ending == .fail { continue }
      switch entry(row) {
      case .malformed: return nil
      case .observedNothing: continue
      case .call(let call): builder.add(call, id, row)
      }
    }
    self = builder.finish(valueCount: valueCount())
  }

  fileprivate init(_ columns: CallColumns, _ ids: [UInt32]?, numbers: [UInt32: UInt32]?) {
    self.columns = columns
    self.ids = ids
    self.numbers = numbers
  }
}

/// What an operation is to a solver.
enum RowEntry {
  /// It does not fit the model; what is wrong is for others to say.
  case malformed
  /// It crashed, and would have changed nothing.
  case observedNothing
  case call(CallColumns.Entry)
}

/// Gathers the columns. As long as they are the table's own, only the kinds are; in the end the table's
/// serve as they are, if it never was otherwise.
private struct Builder {
  private let rows: OperationRows
  /// Whether each call so far is the operation of its index and has the value that the table has for it.
  private var isTable: Bool
  private let capacity: Int
  private var kind: [UInt8] = []
  private var value: [UInt32] = []
  private var other: [UInt32] = []
  private var invocation: [UInt32] = []
  private var completion: [UInt32] = []
  private var ids: [UInt32] = []

  init(_ rows: OperationRows, isWhole: Bool, capacity: Int) {
    self.rows = rows
    self.capacity = capacity
    isTable = isWhole
    kind.reserveCapacity(capacity)
    if !isTable { reserve() }
  }

  private mutating func reserve() {
    value.reserveCapacity(capacity)
    invocation.reserveCapacity(capacity)
    completion.reserveCapacity(capacity)
    ids.reserveCapacity(capacity)
  }

  @inline(__always)
  mutating func add(_ call: CallColumns.Entry, _ id: Int, _ row: OperationTable.Row) {
    if isTable, id != kind.count || call.value != rows.values[id] { copy() }
    if other.isEmpty, call.other != CallColumns.none {
      other = Array(repeating: CallColumns.none, count: kind.count)
      other.reserveCapacity(kind.capacity)
    }
    if !other.isEmpty || call.other != CallColumns.none { other.append(call.other) }
    kind.append(call.kind)
    if isTable { return }
    value.append(call.value)
    // Positions of calls begin with 1.
    invocation.append(row.invocation + 1)
    completion.append(row.ending == .ok ? row.completion + 1 : CallColumns.none)
    ids.append(UInt32(id))
  }

  /// Goes on with columns of its own.
  @inline(never)
  private mutating func copy() {
    isTable = false
    reserve()
    // None of these failed: what did is not a call, so that indexes would not be ids.
    value += rows.values[..<kind.count]
    invocation += rows.invocations[..<kind.count]
    completion += rows.completions[..<kind.count]
    ids += (0..<kind.count).map { UInt32($0) }
  }

  consuming func finish(valueCount: Int) -> EncodedRows {
    if isTable, kind.count < rows.count { copy() }
    if isTable {
      (value, invocation, completion) = (rows.values, rows.invocations, rows.completions)
    }
    var numbers: [UInt32: UInt32]?
    var valueCount = valueCount
    // The values of one key among many are numbered anew.
    if valueCount > 2 * kind.count + 1024 {
      let local = renumbered()
      (numbers, valueCount) = (local, local.count)
    }
    let last = moveTogether()
    let columns = CallColumns(
      kind: kind, value: value, other: other, invocation: invocation, completion: completion,
      valueCount: valueCount, lastPosition: last)
    return EncodedRows(columns, isTable ? nil : ids, numbers: numbers)
  }

  private mutating func renumbered() -> [UInt32: UInt32] {
    var numbers: [UInt32: UInt32] = [:]
    func local(_ number: UInt32) -> UInt32 {
      if number == CallColumns.none { return number }
      let next = UInt32(numbers.count)
      let known = numbers[number, default: next]
      if known == next { numbers[number] = next }
      return known
    }
    for index in value.indices { value[index] = local(value[index]) }
    for index in other.indices { other[index] = local(other[index]) }
    return numbers
  }

  /// Ranks positions that are far apart; gives the last one.
  private mutating func moveTogether() -> UInt32 {
    let ends = completion.lazy.filter { $0 != CallColumns.none }
    let last = max(ends.max() ?? 0, invocation.last ?? 0)
    if last <= 4 * UInt32(kind.count) { return last }
    let first = (invocation.first ?? 1) - 1
    if last - first <= 4 * UInt32(kind.count) {
      for index in kind.indices {
        invocation[index] -= first
        if completion[index] != CallColumns.none { completion[index] -= first }
      }
      return last - first
    }
    return rank()
  }

  private mutating func rank() -> UInt32 {
    var events: [UInt64] = []
    events.reserveCapacity(2 * kind.count)
    for index in kind.indices {
      events.append(UInt64(invocation[index]) << 32 | UInt64(2 * index))
      if completion[index] != CallColumns.none {
        events.append(UInt64(completion[index]) << 32 | UInt64(2 * index + 1))
      }
    }
    events.sort()
    for (rank, event) in events.enumerated() {
      let slot = Int(event & 0xFFFF_FFFF)
      if slot & 1 == 0 {
        invocation[slot / 2] = UInt32(rank + 1)
      } else {
        completion[slot / 2] = UInt32(rank + 1)
      }
    }
    return UInt32(events.count)
  }
}
