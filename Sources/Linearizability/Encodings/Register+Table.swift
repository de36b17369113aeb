internal import Histories

extension Register: TableModel {
  private enum Role {
    case read, write, cas, unknown
  }

  private static func roles(_ table: OperationTable, _ functions: [String]) -> [Role] {
    table.functionNames.map { name in
      if !functions.contains(name) { return .unknown }
      return name == "read" ? .read : name == "write" ? .write : .cas
    }
  }

  func problem(of operations: Operations, functions: [String]) -> TableProblem? {
    // What failed is not among the columns.
    guard failedCAS == .ignore, let table = operations.rows?.table else { return nil }
    typealias Kind = RegisterChains.Kind
    let roles = Self.roles(table, functions)
    var numbers = TableNumbers(table)
    let initial = numbers.number(of: initialState)
    let rows = EncodedRows(operations, valueCount: { numbers.count }) { row in
      switch roles[Int(row.function)] {
      case .read:
        let result = row.result
        if row.ending != .ok { return .observedNothing }
        let isNothing = nullReadsAreUnknown && result == ValueTable.null
        return .call(.init(kind: Kind.read, value: isNothing ? CallColumns.none : result))
      case .write:
        let value = row.argument
        return value == OperationTable.none
          ? .malformed : .call(.init(kind: Kind.write, value: value))
      case .cas:
        guard let (expected, new) = numbers.pair(row.argument) else { return .malformed }
        if expected != new {
          return .call(.init(kind: Kind.cas, value: expected, other: new))
        }
        return row.ending == .ok
          ? .call(.init(kind: Kind.read, value: expected)) : .observedNothing
      case .unknown: return .malformed
      }
    }
    return rows.map {
      TableProblem(
        problem: .register($0.columns, initial: $0.number(ofTableValue: initial)), ids: $0.ids)
    }
  }

  func replay(on table: OperationTable) -> any TableReplay {
    RegisterReplay(table, initial: initialState, nullReadsAreUnknown: nullReadsAreUnknown)
  }
}

/// The numbers of a table's values, and more for values that it does not have.
struct TableNumbers {
  private let table: OperationTable
  private var others: [Value: UInt32] = [:]
  private var pairs: [UInt32: (UInt32, UInt32)] = [:]

  init(_ table: OperationTable) { self.table = table }

  /// Numbers are smaller.
  var count: Int { table.values.count + others.count }

  /// The number of any value.
  mutating func number(of value: Value) -> UInt32 {
    if let number = table.values.number(of: value) ?? others[value] { return number }
    let number = UInt32(count)
    others[value] = number
    return number
  }

  /// The numbers of the elements of an array of two with that number; nil if it is something else.
  mutating func pair(_ number: UInt32) -> (UInt32, UInt32)? {
    if let pair = pairs[number] { return pair }
    guard number != OperationTable.none, case .array(let elements) = table.values[number],
      elements.count == 2
    else { return nil }
    let pair = (self.number(of: elements[0]), self.number(of: elements[1]))
    pairs[number] = pair
    return pair
  }
}
