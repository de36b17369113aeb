internal import Histories

/// The functions of a container: putting an element in, taking one out, and looking at one.
struct ContainerFunctions {
  var insert: String
  var remove: String
  var look: String?

  fileprivate enum Role {
    case insert, remove, look, unknown
  }

  fileprivate func roles(_ table: OperationTable) -> [Role] {
    table.functionNames.map { name in
      switch name {
      case insert: .insert
      case remove: .remove
      case look: .look
      default: .unknown
      }
    }
  }
}

extension EncodedRows {
  /// Operations on a container; nil if something was put in that `isElement` refuses.
  fileprivate init?(
    _ operations: Operations, _ functions: ContainerFunctions,
    isElement: (OperationTable, UInt32) -> Bool = { $1 != ValueTable.null }
  ) {
    typealias Kind = ContainerKind
    guard let table = operations.rows?.table else { return nil }
    let roles = functions.roles(table)
    self.init(operations, valueCount: { table.values.count }) { row in
      // What an operation that did not complete found is `none` as well.
      let result = row.result
      switch roles[Int(row.function)] {
      case .insert:
        let value = row.argument
        guard value != OperationTable.none, isElement(table, value) else { return .malformed }
        return .call(.init(kind: Kind.insert, value: value))
      case .remove:
        switch result {
        case OperationTable.none: return .call(.init(kind: Kind.removeUnknown))
        case ValueTable.null: return .call(.init(kind: Kind.removeNothing))
        default: return .call(.init(kind: Kind.remove, value: result))
        }
      case .look:
        if row.ending != .ok { return .observedNothing }
        switch result {
        case OperationTable.none: return .call(.init(kind: Kind.observeNothing))
        case ValueTable.null: return .call(.init(kind: Kind.lookNothing))
        default: return .call(.init(kind: Kind.look, value: result))
        }
      case .unknown: return .malformed
      }
    }
  }
}

extension FIFOQueue: TableModel {
  static var tableFunctions: ContainerFunctions {
    .init(insert: "enqueue", remove: "dequeue", look: "peek")
  }

  func problem(of operations: Operations) -> TableProblem? {
    guard initialState.isEmpty else { return nil }
    return EncodedRows(operations, Self.tableFunctions).map {
      TableProblem(problem: .queue($0.columns), ids: $0.ids)
    }
  }

  func replay(on table: OperationTable) -> any TableReplay { QueueReplay(table) }
}

extension Stack: TableModel {
  static var tableFunctions: ContainerFunctions {
    .init(insert: "push", remove: "pop", look: "peek")
  }

  func problem(of operations: Operations) -> TableProblem? {
    guard initialState.isEmpty else { return nil }
    return EncodedRows(operations, Self.tableFunctions).map {
      TableProblem(problem: .stack($0.columns), ids: $0.ids)
    }
  }

  func replay(on table: OperationTable) -> any TableReplay { StackReplay(table) }
}

extension PriorityQueue: TableModel {
  static var tableFunctions: ContainerFunctions {
    .init(insert: "insert", remove: "poll", look: "peek")
  }

  func problem(of operations: Operations) -> TableProblem? {
    guard initialState.isEmpty, let table = operations.rows?.table else { return nil }
    let rows = EncodedRows(operations, Self.tableFunctions) { table, value in
      table.values.integer(value) != nil || Self.priority(table.values[value]) != nil
    }
    return rows.map { rows in
      // Elements that were never put in may have no priority; they are impossible anyway.
      var priorities = Array(repeating: 0.0, count: rows.columns.valueCount)
      for value in 0..<UInt32(table.values.count) {
        let number = rows.number(ofTableValue: value)
        if number < priorities.count {
          priorities[Int(number)] =
            table.values.integer(value).map(Double.init) ?? Self.priority(table.values[value]) ?? 0
        }
      }
      return TableProblem(
        problem: .priorityQueue(rows.columns, priorities: priorities), ids: rows.ids)
    }
  }

  func replay(on table: OperationTable) -> any TableReplay {
    UnorderedReplay(
      UnorderedOperations(table, Self.tableFunctions) { Self.priority($0) ?? 0 })
  }
}

extension Bag: TableModel {
  static var tableFunctions: ContainerFunctions { .init(insert: "add", remove: "take") }

  func problem(of operations: Operations) -> TableProblem? {
    guard initialState.isEmpty else { return nil }
    return EncodedRows(operations, Self.tableFunctions).map { rows in
      let priorities = Array(repeating: 0.0, count: rows.columns.valueCount)
      return TableProblem(
        problem: .priorityQueue(rows.columns, priorities: priorities), ids: rows.ids)
    }
  }

  func replay(on table: OperationTable) -> any TableReplay {
    UnorderedReplay(UnorderedOperations(table, Self.tableFunctions) { _ in 0 })
  }
}
