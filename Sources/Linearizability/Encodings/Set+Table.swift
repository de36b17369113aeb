internal import Histories

extension SetModel: TableModel {
  private enum Role {
    case add, remove, contains, read, unknown
  }

  func problem(of operations: Operations) -> TableProblem? {
    guard let table = operations.rows?.table else { return nil }
    let roles = table.functionNames.map { name -> Role in
      switch name {
      case "add": .add
      case "remove": .remove
      case "contains": .contains
      case "read": .read
      default: .unknown
      }
    }
    let (yes, no) = (table.values.number(of: .bool(true)), table.values.number(of: .bool(false)))
    let rows = EncodedRows(operations, valueCount: { max(1, table.values.count) }) { row in
      let role = roles[Int(row.function)]
      let isCrashed = row.ending != .ok
      let element = row.argument
      // Reading the whole set is for the search.
      if role == .read, isCrashed { return .observedNothing }
      guard role != .read, role != .unknown, element != OperationTable.none else {
        return .malformed
      }
      let result = row.result
      let answer: Bool? = result == yes ? true : result == no ? false : nil
      if role == .contains, isCrashed { return .observedNothing }
      return .call(
        .init(kind: Self.kind(role, answer, isCrashed: isCrashed), value: element))
    }
    let members = initialState.compactMap { table.values.number(of: $0) }
    return rows.map { rows in
      let locals = Set(members.map { rows.number(ofTableValue: $0) })
      return TableProblem(
        problem: .twoState(rows.columns, isOnAtFirst: locals.contains), ids: rows.ids)
    }
  }

  private static func kind(_ role: Role, _ answer: Bool?, isCrashed: Bool) -> UInt8 {
    typealias Kind = TwoStateKind
    switch (role, answer) {
    case (.add, true?): return Kind.switchOn
    case (.add, false?): return Kind.foundOn
    case (.add, nil): return isCrashed ? Kind.switchOn : Kind.unknown
    case (.remove, true?): return Kind.switchOff
    case (.remove, false?): return Kind.foundOff
    case (.remove, nil): return isCrashed ? Kind.switchOff : Kind.unknown
    case (_, let found?): return found ? Kind.observeOn : Kind.observeOff
    case (_, nil): return Kind.observeNothing
    }
  }

  func replay(on table: OperationTable) -> any TableReplay {
    SetReplay(table, initial: initialState)
  }
}
