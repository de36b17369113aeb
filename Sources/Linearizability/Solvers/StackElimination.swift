/// Takes the elements of a stack off from below.
///
/// A call waits until a cell in its interval is free: of all remaining elements, or, if it looks at an
/// element, of all but that one. Most need not wait. `CellCover` gives out the cells that become free,
/// and `WaitingCalls` the calls that wait for them. Complexity: O(n log n).
struct StackElimination: ~Copyable {
  private let critical: [Range<UInt32>]
  private var cover: CellCover
  private var waiting: WaitingCalls
  /// Looks once more, by element.
  private var waitingLooks: WaitingCalls
  /// By element, how many of its calls wait.
  private let missing: Scratch<UInt32>
  private let isServed: Scratch<Bool>
  /// By waiting call, its element.
  private let owners: [UInt32]
  private var ready: [UInt32] = []
  /// How many elements have not been taken off.
  private(set) var remaining: Int

  /// A call that waits: the cells that it can take effect in and its element.
  private struct Window {
    var cells: Range<UInt32>
    var element: UInt32
    var isLook = false
  }

  init(
    _ cells: borrowing StackCells, _ calls: borrowing ContainerCalls,
    _ pointers: CallColumns.Pointers
  ) {
    let windows = Self.windows(cells, calls, pointers)
    critical = cells.critical
    remaining = critical.count
    missing = Scratch(repeating: 0, count: remaining)
    for window in windows { missing[window.element] += 1 }
    for element in 0..<remaining where missing[element] == 0 { ready.append(UInt32(element)) }
    owners = windows.map(\.element)
    isServed = Scratch(repeating: false, count: windows.count)
    waiting = WaitingCalls(
      windows.indices.map { (UInt32($0), windows[$0].cells) }, groups: cells.cellCount
    ) {
      Int(windows[Int($0)].cells.lowerBound)
    }
    waitingLooks = WaitingCalls(
      windows.indices.filter { windows[$0].isLook }
        .sorted { windows[$0].cells.lowerBound < windows[$1].cells.lowerBound }
        .map { (UInt32($0), windows[$0].cells) }, groups: critical.count
    ) {
      Int(windows[Int($0)].element)
    }
    cover = CellCover(
      cells.cover, count: cells.cellCount, intervals: calls.hasLooks ? critical : nil)
  }

  /// The calls that have no free cell at first.
  private static func windows(
    _ cells: borrowing StackCells, _ calls: borrowing ContainerCalls,
    _ pointers: CallColumns.Pointers
  ) -> [Window] {
    var windows: [Window] = []
    let looks =
      calls.hasLooks
      ? GroupedNumbers(pointers, kind: ContainerKind.look, valueCount: calls.count) : nil
    for (index, number) in cells.elements.enumerated() {
      guard let element = calls.element(number, pointers) else { continue }
      let index = UInt32(index)
      let push = cells.cells(element.start, element.certain)
      if !cells.hasFree(push) { windows.append(Window(cells: push, element: index)) }
      if element.gone != CallColumns.none {
        let pop = cells.cells(element.gone, element.end)
        if !cells.hasFree(pop) { windows.append(Window(cells: pop, element: index)) }
      }
      guard let looks else { continue }
      for call in looks[Int(number)] {
        guard let gaps = calls.interval(of: call, pointers) else { continue }
        let look = cells.cells(gaps.lowerBound, gaps.upperBound)
        if !cells.hasFree(look) {
          windows.append(Window(cells: look, element: index, isLook: true))
        }
      }
    }
    return windows
  }

  /// Takes off what can be, and tells of each element which cells were freed since the one before it.
  mutating func run(_ onRemoval: (_ element: Int, _ freed: [UInt32]) -> Void) {
    var freed: [UInt32] = []
    drain(&freed)
    while let element = ready.popLast() {
      remaining -= 1
      cover.remove(Int(element), critical[Int(element)])
      drain(&freed)
      onRemoval(Int(element), freed)
      freed.removeAll(keepingCapacity: true)
    }
  }

  /// The numbers of the elements of which none can be taken off.
  func stuck(_ cells: borrowing StackCells) -> Set<UInt32> {
    var numbers: Set<UInt32> = []
    for (element, number) in cells.elements.enumerated() where missing[element] > 0 {
      numbers.insert(number)
    }
    return numbers
  }

  /// Serves the calls for which there is a cell now.
  private mutating func drain(_ freed: inout [UInt32]) {
    while let next = cover.next() {
      let cell = next.cell
      if let element = next.coveredBy {
        // An element is not in the way of those who look at it.
        while let call = waitingLooks.take(in: cell, ofGroup: element) { serve(call) }
      } else {
        freed.append(cell)
        while let call = waiting.take(in: cell) { serve(call) }
      }
    }
  }

  private mutating func serve(_ call: UInt32) {
    if isServed[call] { return }
    isServed[call] = true
    let element = owners[Int(call)]
    missing[element] -= 1
    if missing[element] == 0 { ready.append(element) }
  }
}

/// Calls that wait for a cell, in groups and within them by the first cell that they can have.
struct WaitingCalls: ~Copyable {
  private let groups: GroupedNumbers
  private let calls: [UInt32]
  private let starts: [UInt32]
  private let width: Int
  /// The largest end of the cells of the calls below each node; 0 where they were taken.
  private let ends: Scratch<UInt32>

  /// Calls of one group must be in the order of their first cells. Complexity: O(n).
  init(
    _ calls: [(call: UInt32, cells: Range<UInt32>)], groups groupCount: Int,
    group: (UInt32) -> Int
  ) {
    groups = GroupedNumbers(count: calls.count, groups: groupCount) { group(calls[$0].call) }
    let order = groups.all
    self.calls = order.map { calls[Int($0)].call }
    starts = order.map { calls[Int($0)].cells.lowerBound }
    // More than there are calls, so that every place has a node behind it.
    var width = 1
    while width <= calls.count { width *= 2 }
    self.width = width
    ends = Scratch(repeating: 0, count: 2 * width)
    for (place, index) in order.enumerated() {
      ends[width + place] = calls[Int(index)].cells.upperBound
    }
    for node in (1..<width).reversed() { ends[node] = max(ends[2 * node], ends[2 * node + 1]) }
  }

  /// Takes out a call that can have the cell; groups are by first cell. Complexity: O(log n).
  func take(in cell: UInt32) -> UInt32? { take(cell, groups.range(upTo: Int(cell))) }

  /// Takes out a call of the group that can have the cell. Complexity: O(log n).
  func take(in cell: UInt32, ofGroup group: UInt32) -> UInt32? {
    let range = groups.range(of: Int(group))
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] > cell { high = middle } else { low = middle + 1 }
    }
    return take(cell, range.lowerBound..<low)
  }

  /// Takes out the last one of the places that ends behind the cell.
  private func take(_ cell: UInt32, _ places: Range<Int>) -> UInt32? {
    var node = width + places.upperBound
    // What lies left of the end of the places, from near to far.
    while node & 1 == 0 || ends[node ^ 1] <= cell {
      node >>= 1
      if node <= 1 { return nil }
    }
    node ^= 1
    while node < width { node = ends[2 * node + 1] > cell ? 2 * node + 1 : 2 * node }
    let place = node - width
    if place < places.lowerBound { return nil }
    ends[node] = 0
    while node > 1 {
      node >>= 1
      let end = max(ends[2 * node], ends[2 * node + 1])
      if ends[node] == end { break }
      ends[node] = end
    }
    return calls[place]
  }
}
