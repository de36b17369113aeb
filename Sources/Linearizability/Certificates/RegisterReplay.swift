internal import Histories

/// Replays operations on a register, value by value, as the table has them.
struct RegisterReplay: TableReplay {
  private let table: OperationTable
  private let functions: RegisterFunctions
  /// By number of the function.
  private let roles: [RegisterFunctions.Role?]
  /// What the register holds: the number of a value in the table, or a value that it does not have.
  private var number: UInt32?
  private var other: Value

  init(_ table: OperationTable, _ functions: RegisterFunctions) {
    self.table = table
    self.functions = functions
    roles = table.functionNames.map { functions.roles[$0] }
    number = table.values.number(of: functions.initial)
    other = functions.initial
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = table.rows[id]
    switch roles[Int(row.function)] {
    case .read?:
      let result = row.result
      if result == OperationTable.none { return true }
      return result == number || result == ValueTable.null && functions.nullReadsAreUnknown
    case .write?:
      number = row.argument
      return number != OperationTable.none
    case .delete?:
      put(functions.initial)
      return true
    case .cas?:
      guard row.argument != OperationTable.none,
        case .array(let pair) = table.values[row.argument], pair.count == 2,
        pair[0] == number.map({ table.values[$0] }) ?? other
      else { return false }
      put(pair[1])
      return true
    case nil: return false
    }
  }

  private mutating func put(_ value: Value) {
    number = table.values.number(of: value)
    other = value
  }
}
