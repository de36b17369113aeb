/// Operations in order of their ids: those of a table, all or some, made when they are asked for.
public struct Operations: RandomAccessCollection, Sendable, ExpressibleByArrayLiteral {
  private enum Kind {
    /// Those that were made one by one.
    case made
    /// All of the table.
    case all
    /// Those of the table whose ids are in `ids`.
    case some
  }

  // Not one enum with all of it, which would be copied, with all arrays of the table, at each access.
  private let kind: Kind
  private let made: [Operation]
  private let table: OperationTable
  private let ids: [UInt32]

  /// The operations of a table: all, or those with the given ids, which increase.
  public init(of table: OperationTable, ids: [UInt32]? = nil) {
    kind = ids == nil ? .all : .some
    self.table = table
    self.ids = ids ?? []
    made = []
  }

  /// Operations that were made one by one.
  public init(_ operations: [Operation]) {
    kind = .made
    made = operations
    table = OperationTable()
    ids = []
  }

  /// Operations that were made one by one.
  public init(arrayLiteral elements: Operation...) { self.init(elements) }

  /// The table and the ids of those that are meant, or nil for all; nil for operations that were made
  /// one by one.
  public var rows: (table: OperationTable, ids: [UInt32]?)? {
    switch kind {
    case .made: nil
    case .all: (table, nil)
    case .some: (table, ids)
    }
  }

  /// 0.
  public var startIndex: Int { 0 }

  /// How many they are.
  public var endIndex: Int {
    switch kind {
    case .made: made.count
    case .all: table.count
    case .some: ids.count
    }
  }

  /// The operation at that index, which is not its id.
  public subscript(index: Int) -> Operation {
    switch kind {
    case .made: made[index]
    case .all: table[index]
    case .some: table[Int(ids[index])]
    }
  }

  /// The operation with that id; nil if it is not among these. Complexity: O(log n).
  public func first(withID id: Int) -> Operation? { index(ofID: id).map { self[$0] } }

  /// The index of the operation with that id; nil if it is not among these. Complexity: O(log n), and O(1) in all
  /// of a table.
  public func index(ofID id: Int) -> Int? {
    if kind == .all { return indices.contains(id) ? id : nil }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self.id(at: middle) < id { low = middle + 1 } else { high = middle }
    }
    return low < count && self.id(at: low) == id ? low : nil
  }

  private func id(at index: Int) -> Int {
    switch kind {
    case .made: made[index].id
    case .all: index
    case .some: Int(ids[index])
    }
  }

  /// When an operation was open.
  public struct Span: Sendable {
    /// Its `Operation.id`.
    public let id: Int
    /// The position of its invocation.
    public let invocation: Int
    /// The position of its completion; nil where it has none, or may take effect after it.
    public let end: Int?
    /// Whether it is known not to have happened.
    public let isFailed: Bool
  }

  /// When the operation at that index was open: much cheaper than to make the operation.
  public func span(at index: Int) -> Span {
    let id = id(at: index)
    if kind == .made {
      let outcome = made[index].outcome
      return Span(
        id: id, invocation: made[index].invocation,
        end: outcome == .info ? nil : made[index].completion, isFailed: outcome == .fail)
    }
    let row = table.rows[id]
    return Span(
      id: id, invocation: Int(row.invocation),
      end: row.ending == .info ? nil : Int(row.completion), isFailed: row.ending == .fail)
  }
}

extension Operations: Equatable {
  /// Whether both have the same operations.
  public static func == (a: Operations, b: Operations) -> Bool { a.elementsEqual(b) }
}
