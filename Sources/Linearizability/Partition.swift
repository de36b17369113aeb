internal import Histories

/// The operations that concern one object.
struct Partition: Sendable {
  /// Nil where the history is not partitioned.
  var key: Value?
  var operations: Operations
  /// What a solver reads straight from the history's columns; nil where operations are to be looked at one
  /// by one.
  var problem: TableProblem?

  /// Splits the operations by key, in order of the keys' first appearance.
  static func all(
    of history: History, byKey: Bool
  ) throws(HistoryError) -> [Partition] {
    let table = try history.operationTable()
    guard byKey, !table.keys.isEmpty else {
      return [Partition(key: nil, operations: Operations(of: table))]
    }
    let none = OperationTable.none
    let isFirstKeyed = table.keys[0] != none
    var partitions: [(key: UInt32, ids: [UInt32])] = []
    var indexes = Array(repeating: -1, count: table.keyValues.count)
    for (id, key) in table.keys.enumerated() {
      if (key != none) != isFirstKeyed { throw mixedKeys(history, table[id]) }
      var index = indexes[Int(key)]
      if index < 0 {
        index = partitions.count
        indexes[Int(key)] = index
        partitions.append((key, []))
      }
      partitions[index].ids.append(UInt32(id))
    }
    return partitions.map { key, ids in
      Partition(key: table.keyValues[key], operations: Operations(of: table, ids: ids))
    }
  }

  private static func mixedKeys(_ history: History, _ operation: Operation) -> HistoryError {
    let (with, without) = operation.key == nil ? ("no key", "one") : ("a key", "none")
    return history.error(
      atEvent: operation.invocation,
      "\(operation.f.shown(limit: 40)) has \(with), but the operations before it have \(without); "
        + "give all or none a key, or judge the history as a single object")
  }
}

extension Operation {
  var isOk: Bool { if case .ok = outcome { true } else { false } }
}
