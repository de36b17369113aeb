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

/// Replays operations on a container that is empty at first and gives back an element of the lowest
/// priority, any of equals. What took an element that nobody knows must not be in the order.
struct UnorderedReplay: TableReplay {
  private let table: OperationTable
  private let isInsert: [Bool]
  private let isRemove: [Bool]
  private let priority: (Value) -> Double
  /// How often each element is in it.
  private var counts: [UInt32: Int] = [:]
  private var total = 0
  /// The elements by priority, with some that are gone: a heap.
  private var heap: [(priority: Double, element: UInt32)] = []

  init(
    _ table: OperationTable, insert: String, remove: String,
    priority: @escaping (Value) -> Double
  ) {
    self.table = table
    self.priority = priority
    isInsert = table.functionNames.map { $0 == insert }
    isRemove = table.functionNames.map { $0 == remove }
  }

  mutating func apply(_ id: Int) -> Bool {
    let row = table.rows[id]
    let function = Int(row.function)
    if isInsert[function] {
      let element = row.argument
      counts[element, default: 0] += 1
      total += 1
      push((priority(table.values[element]), element))
      return true
    }
    let result = row.result
    if result == OperationTable.none { return !isRemove[function] }
    if result == ValueTable.null { return total == 0 }
    guard counts[result, default: 0] > 0,
      lowestPriority() == priority(table.values[result])
    else { return false }
    if isRemove[function] {
      counts[result, default: 1] -= 1
      total -= 1
    }
    return true
  }

  /// The lowest priority of what is in it. An element that is in the heap more often than in the container
  /// does no harm: one of its kind is still there.
  private mutating func lowestPriority() -> Double? {
    while let first = heap.first, counts[first.element, default: 0] == 0 { pop() }
    return heap.first?.priority
  }

  private mutating func push(_ item: (priority: Double, element: UInt32)) {
    heap.append(item)
    var child = heap.count - 1
    while child > 0, heap[child].priority < heap[(child - 1) / 2].priority {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].priority < heap[smallest].priority {
        smallest = child
      }
      if smallest == parent { return }
      heap.swapAt(parent, smallest)
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
