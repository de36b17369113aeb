internal import Histories

/// The operations that concern one object.
struct Partition: Sendable {
  /// Nil where the history is not partitioned.
  var key: Value?
  var operations: [Operation]

  /// Splits the operations by key, in order of the keys' first appearance.
  static func all(
    of history: History, byKey: Bool
  ) throws(HistoryError) -> [Partition] {
    let operations = try history.operations()
    guard byKey, let first = operations.first else {
      return [Partition(key: nil, operations: operations)]
    }
    var partitions: [Partition] = []
    var indexes: [Value?: Int] = [:]
    for operation in operations {
      if (operation.key == nil) != (first.key == nil) {
        let (with, without) = operation.key == nil ? ("no key", "one") : ("a key", "none")
        throw history.error(
          atEvent: operation.invocation,
          "\(operation.f.shown(limit: 40)) has \(with), but the operations before it have \(without); "
            + "give all or none a key, or judge the history as a single object")
      }
      let index = indexes[operation.key] ?? partitions.count
      if index == partitions.count {
        indexes[operation.key] = index
        partitions.append(Partition(key: operation.key, operations: []))
      }
      partitions[index].operations.append(operation)
    }
    return partitions
  }
}

extension Operation {
  var isOk: Bool { if case .ok = outcome { true } else { false } }
}
