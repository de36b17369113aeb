internal import Histories

/// Replays operations on a queue that is empty at first.
struct QueueReplay: TableReplay {
  private let table: OperationTable
  private let isEnqueue: [Bool]
  private let isDequeue: [Bool]
  private var elements: [UInt32] = []
  private var front = 0

  init(_ table: OperationTable) {
    self.table = table
    isEnqueue = table.functionNames.map { $0 == "enqueue" }
    isDequeue = table.functionNames.map { $0 == "dequeue" }
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = table.rows[id]
    let function = Int(row.function)
    if isEnqueue[function] {
      elements.append(row.argument)
      return true
    }
    let first = front < elements.count ? elements[front] : ValueTable.null
    let result = row.result
    if isDequeue[function], front < elements.count { front += 1 }
    return result == OperationTable.none || result == first
  }
}

/// Replays operations on a stack that is empty at first.
struct StackReplay: TableReplay {
  private let table: OperationTable
  private let isPush: [Bool]
  private let isPop: [Bool]
  private var elements: [UInt32] = []

  init(_ table: OperationTable) {
    self.table = table
    isPush = table.functionNames.map { $0 == "push" }
    isPop = table.functionNames.map { $0 == "pop" }
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = table.rows[id]
    let function = Int(row.function)
    if isPush[function] {
      elements.append(row.argument)
      return true
    }
    let last = elements.last ?? ValueTable.null
    let result = row.result
    if isPop[function], !elements.isEmpty { elements.removeLast() }
    return result == OperationTable.none || result == last
  }
}

/// Operations on a container that gives back an element of the lowest priority, any of equals.
struct UnorderedOperations {
  enum Act {
    case insert
    case remove
    case look
  }

  let table: OperationTable
  private let acts: [Act]
  private let priority: (Value) -> Double

  init(
    _ table: OperationTable, _ functions: ContainerFunctions, priority: @escaping (Value) -> Double
  ) {
    self.table = table
    self.priority = priority
    acts = table.functionNames.map {
      $0 == functions.insert ? .insert : $0 == functions.remove ? .remove : .look
    }
  }

  func act(_ row: OperationTable.Row) -> Act { acts[Int(row.function)] }

  func priority(of element: UInt32) -> Double { priority(table.values[element]) }
}

/// Replays operations on such a container that is empty at first.
struct UnorderedReplay: TableReplay {
  private let operations: UnorderedOperations
  /// How often each element is in it.
  private var counts: [UInt32: Int] = [:]
  private var total = 0
  /// The elements by priority, with some that are gone.
  private var heap = LowestFirst()
  /// Goes on from the first call that took an element which nobody knows.
  private var owing: OwingReplay?

  init(_ operations: UnorderedOperations) { self.operations = operations }

  mutating func apply(_ id: Int) -> Bool {
    if let isPossible = owing?.apply(id) { return isPossible }
    let row = operations.table.rows[id]
    let act = operations.act(row)
    if act == .insert {
      let element = row.argument
      counts[element, default: 0] += 1
      total += 1
      heap.push((operations.priority(of: element), element))
      return true
    }
    let result = row.result
    if result == OperationTable.none {
      if act == .look { return true }
      owing = OwingReplay(operations, holding: counts)
      return apply(id)
    }
    if result == ValueTable.null { return total == 0 }
    guard counts[result, default: 0] > 0,
      lowestPriority() == operations.priority(of: result)
    else { return false }
    if act == .remove {
      counts[result, default: 1] -= 1
      total -= 1
    }
    return true
  }

  /// The lowest priority of what is in it. An element that is in the heap more often than in the container
  /// does no harm: one of its kind is still there.
  private mutating func lowestPriority() -> Double? {
    while let first = heap.first, counts[first.element, default: 0] == 0 { heap.pop() }
    return heap.first?.priority
  }
}

/// Replays what `UnorderedReplay` does, also calls that took elements which nobody knows.
///
/// Such a call took one of those that were there and of the lowest priority; nobody needs to know which until
/// others are taken. So each priority keeps, for each of its debts, how many of the elements that were there when it
/// was made can still be taken before there are too few for it and the debts before it. Of equal elements
/// the last to be put in is taken. Complexity: O(1) for an element that is put in after the last debt, else O(debts since).
struct OwingReplay: TableReplay {
  private let operations: UnorderedOperations
  private var levels: [Double: Level] = [:]
  /// The priorities, with some of which nothing is left.
  private var heap = LowestFirst()

  private struct Level {
    /// By element, for each time that it is there, how many debts there were before.
    var debtsBefore: [UInt32: [Int]] = [:]
    var total = 0
    /// By debt, how many can still be taken that were there before it.
    var spare: [Int] = []

    var isEmpty: Bool { total == spare.count }

    mutating func insert(_ element: UInt32) {
      debtsBefore[element, default: []].append(spare.count)
      total += 1
    }

    mutating func owe() { spare.append(total - spare.count - 1) }

    mutating func remove(_ element: UInt32) -> Bool {
      guard let before = debtsBefore[element]?.popLast() else { return false }
      for debt in before..<spare.count {
        if spare[debt] == 0 { return false }
        spare[debt] -= 1
      }
      total -= 1
      return true
    }
  }

  init(_ operations: UnorderedOperations, holding counts: [UInt32: Int]) {
    self.operations = operations
    for (element, count) in counts {
      for _ in 0..<count { insert(element) }
    }
  }

  private mutating func insert(_ element: UInt32) {
    let level = operations.priority(of: element)
    if levels[level] == nil { heap.push((level, element)) }
    levels[level, default: Level()].insert(element)
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = operations.table.rows[id]
    let act = operations.act(row)
    if act == .insert {
      insert(row.argument)
      return true
    }
    while let first = heap.first, levels[first.priority] == nil { heap.pop() }
    let lowest = heap.first?.priority
    switch row.result {
    case ValueTable.null: return lowest == nil
    case OperationTable.none:
      guard let lowest, act == .remove else { return true }
      levels[lowest]?.owe()
    case let element:
      guard let lowest, operations.priority(of: element) == lowest,
        levels[lowest]?.remove(element) == true
      else { return false }
      if act == .look { levels[lowest]?.insert(element) }
    }
    if let lowest, levels[lowest]?.isEmpty == true { levels[lowest] = nil }
    return true
  }
}

/// A heap of elements, the lowest priority first.
private struct LowestFirst {
  private var items: [(priority: Double, element: UInt32)] = []

  var first: (priority: Double, element: UInt32)? { items.first }

  mutating func push(_ item: (priority: Double, element: UInt32)) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child].priority < items[(child - 1) / 2].priority {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() {
    items.swapAt(0, items.count - 1)
    items.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < items.count && items[child].priority < items[smallest].priority {
        smallest = child
      }
      if smallest == parent { return }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}

/// Replays operations on the elements of a set.
struct SetReplay: TableReplay {
  private let table: OperationTable
  private let isAdd: [Bool]
  private let isRemove: [Bool]
  private let yes: UInt32?
  private let no: UInt32?
  private var isMember: [Bool]

  init(_ table: OperationTable, initial: Set<Value>) {
    self.table = table
    isAdd = table.functionNames.map { $0 == "add" }
    isRemove = table.functionNames.map { $0 == "remove" }
    yes = table.values.number(of: .bool(true))
    no = table.values.number(of: .bool(false))
    isMember = Array(repeating: false, count: table.values.count)
    for value in initial {
      if let number = table.values.number(of: value) { isMember[Int(number)] = true }
    }
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = table.rows[id]
    let function = Int(row.function)
    let element = Int(row.argument)
    let result = row.result
    let wasMember = isMember[element]
    let answer = isAdd[function] ? !wasMember : wasMember
    if isAdd[function] { isMember[element] = true }
    if isRemove[function] { isMember[element] = false }
    if result == OperationTable.none || result != yes && result != no { return true }
    return result == (answer ? yes : no)
  }
}
