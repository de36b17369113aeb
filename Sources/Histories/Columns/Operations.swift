/// Operations in order of their ids: those of a table, all or some, made when they are asked for.
public struct Operations: RandomAccessCollection, Sendable, ExpressibleByArrayLiteral {
  private enum Storage {
    case array([Operation])
    case all(OperationTable)
    case some(OperationTable, ids: [UInt32])
  }

  private let storage: Storage

  /// The operations of a table: all, or those with the given ids, which increase.
  public init(of table: OperationTable, ids: [UInt32]? = nil) {
    storage = ids.map { .some(table, ids: $0) } ?? .all(table)
  }

  /// Operations that were made one by one.
  public init(_ operations: [Operation]) { storage = .array(operations) }

  /// Operations that were made one by one.
  public init(arrayLiteral elements: Operation...) { storage = .array(elements) }

  /// The table and the ids of those that are meant, or nil for all; nil for operations that were made
  /// one by one.
  public var rows: (table: OperationTable, ids: [UInt32]?)? {
    switch storage {
    case .array: nil
    case .all(let table): (table, nil)
    case .some(let table, let ids): (table, ids)
    }
  }

  /// 0.
  public var startIndex: Int { 0 }

  /// How many they are.
  public var endIndex: Int {
    switch storage {
    case .array(let operations): operations.count
    case .all(let table): table.count
    case .some(_, let ids): ids.count
    }
  }

  /// The operation at that index, which is not its id.
  public subscript(index: Int) -> Operation {
    switch storage {
    case .array(let operations): operations[index]
    case .all(let table): table[index]
    case .some(let table, let ids): table[Int(ids[index])]
    }
  }

  /// The operation with that id; nil if it is not among these. Complexity: O(log n).
  public func first(withID id: Int) -> Operation? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self.id(at: middle) < id { low = middle + 1 } else { high = middle }
    }
    return low < count && self.id(at: low) == id ? self[low] : nil
  }

  private func id(at index: Int) -> Int {
    switch storage {
    case .array(let operations): operations[index].id
    case .all: index
    case .some(_, let ids): Int(ids[index])
    }
  }
}

extension Operations: Equatable {
  /// Whether both have the same operations.
  public static func == (a: Operations, b: Operations) -> Bool { a.elementsEqual(b) }
}
