internal import Histories

/// Replays operations on a register, value by value, as the table has them.
struct RegisterReplay: TableReplay {
  private let table: OperationTable
  private let nullReadsAreUnknown: Bool
  private let isRead: [Bool]
  private let isWrite: [Bool]
  /// What the register holds: the number of a value in the table, or a value that it does not have.
  private var number: UInt32?
  private var other: Value

  init(_ table: OperationTable, initial: Value, nullReadsAreUnknown: Bool) {
    self.table = table
    self.nullReadsAreUnknown = nullReadsAreUnknown
    isRead = table.functionNames.map { $0 == "read" }
    isWrite = table.functionNames.map { $0 == "write" }
    number = table.values.number(of: initial)
    other = initial
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = table.rows[id]
    let function = Int(row.function)
    if isWrite[function] {
      number = row.argument
      return number != OperationTable.none
    }
    if isRead[function] {
      let result = row.result
      if result == OperationTable.none || result == ValueTable.null && nullReadsAreUnknown {
        return true
      }
      return result == number
    }
    guard row.argument != OperationTable.none,
      case .array(let pair) = table.values[row.argument], pair.count == 2,
      pair[0] == number.map({ table.values[$0] }) ?? other
    else { return false }
    number = table.values.number(of: pair[1])
    other = pair[1]
    return true
  }
}
