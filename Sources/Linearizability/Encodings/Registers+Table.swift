internal import Histories

/// A model of one value, whose operations are those of a register.
protocol RegisterTableModel: TableModel {
  var functions: RegisterFunctions { get }
  var failedCAS: FailedCAS { get }
}

extension RegisterTableModel {
  func problem(of operations: Operations) -> TableProblem? {
    // What failed is not among the columns.
    failedCAS == .ignore ? functions.problem(of: operations) : nil
  }

  func search(
    _ problem: TableProblem, on table: OperationTable, _ budget: SearchBudget
  ) -> (SearchResult<UInt32>, effort: SearchEffort)? {
    functions.search(problem, on: table, budget)
  }

  func replay(on table: OperationTable) -> any TableReplay { RegisterReplay(table, functions) }
}

extension Register: RegisterTableModel {}

/// Where something is appended, there are no columns.
extension KeyValueStore: RegisterTableModel {}

extension RegisterFunctions {
  fileprivate func problem(of operations: Operations) -> TableProblem? {
    guard let table = operations.rows?.table else { return nil }
    typealias Kind = RegisterChains.Kind
    let roles = table.functionNames.map { self.roles[$0] }
    var numbers = TableNumbers(table)
    let initial = numbers.number(of: self.initial)
    let rows = EncodedRows(operations, valueCount: { numbers.count }) { row in
      switch roles[Int(row.function)] {
      case .read?:
        let result = row.result
        // Solvers pass over one that crashed; without it the columns would not be the table's own.
        if row.ending != .ok { return .call(.init(kind: Kind.read)) }
        let isNothing = nullReadsAreUnknown && result == ValueTable.null
        return .call(.init(kind: Kind.read, value: isNothing ? CallColumns.none : result))
      case .write?:
        let value = row.argument
        return value == OperationTable.none
          ? .malformed : .call(.init(kind: Kind.write, value: value))
      case .delete?: return .call(.init(kind: Kind.write, value: initial))
      case .cas?:
        guard let (expected, new) = numbers.pair(row.argument) else { return .malformed }
        if expected != new {
          return .call(.init(kind: Kind.cas, value: expected, other: new))
        }
        return row.ending == .ok
          ? .call(.init(kind: Kind.read, value: expected)) : .observedNothing
      case nil: return .malformed
      }
    }
    return rows.map {
      let initial = $0.number(ofTableValue: initial)
      return TableProblem(
        problem: .register($0.columns, initial: initial), ids: $0.ids, initial: initial)
    }
  }

  /// Searches for an order of calls whose values are installed more than once, by the numbers of the
  /// values. Crashed reads are left out.
  fileprivate func search(
    _ problem: TableProblem, on table: OperationTable, _ budget: SearchBudget
  ) -> (SearchResult<UInt32>, effort: SearchEffort) {
    let columns = problem.problem.columns
    let indexes = (0..<columns.count).filter {
      columns.kind[$0] != RegisterChains.Kind.read || columns.completion[$0] != CallColumns.none
    }
    let calls = indexes.map { index in
      let id = problem.id(of: index)
      let row = table.rows[id]
      return Call(
        operation: id, command: columns.registerAccess(index),
        invocation: Int(row.invocation),
        completion: row.ending == .ok ? Int(row.completion) : nil)
    }
    let (result, effort) = Linearizability.search(
      calls, under: AccessedRegister(initialState: problem.initial),
      usefulUntil: RegisterAccess.usefulUntil(calls), budget: budget)
    guard case .linearizable(let order) = result else { return (result, effort) }
    return (.linearizable(order.map { indexes[$0] }), effort)
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
