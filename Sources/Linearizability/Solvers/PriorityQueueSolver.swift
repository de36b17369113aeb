/// Decides a priority queue whose elements are unique, though not their priorities (after P. Gibbons,
/// J. Bruno and S. Phillips, "Black-box correctness tests for basic parallel data structures", 2002).
/// The smallest priority goes first.
///
/// Whoever takes or sees an element needs a gap in the interval in which no element that goes first is
/// there for certain; a call that found nothing one in which none is at all. That is enough:
/// `PriorityQueuePlacement` places the calls.
///
/// One pass decides. At each gap a heap has the elements that are there for certain, so its top tells
/// who may go: all whose priority is not larger. Of the gaps so far, those are kept that allow more
/// than every later one (a stack, as the allowance only falls from one to the next); at the end of a
/// call, the first of them in its interval allows the most.
///
/// What crashed polls took is found out by `CrashedRemovals`. An element is in the way of the calls on those
/// that go later. Where that leads to no answer, the question is left to the search.
/// Complexity: O(n log n), and as much again for each guess; 12 bytes an operation, and 16 for each element at a
/// time.
package struct PriorityQueueSolver: ColumnSolver, ~Copyable {
  typealias Kind = ContainerKind
  private static let none = CallColumns.none

  private var calls: ContainerCalls
  /// By element; finite.
  private let priorities: [Double]
  /// By position, a call that must have taken effect by then.
  private let ending: Scratch<UInt32>
  /// By call, if there are looks, another one that must have taken effect by the same position: looks
  /// end when their element is taken out.
  private let another: Scratch<UInt32>

  /// `priorities` are by the elements' numbers.
  package init(_ columns: CallColumns, priorities: [Double]) {
    precondition(priorities.count >= columns.valueCount)
    calls = ContainerCalls(columns)
    self.priorities = priorities
    ending = Scratch(repeating: Self.none, count: Int(columns.lastPosition) + 1)
    let hasLooks = columns.kind.contains(Kind.look)
    another = Scratch(repeating: Self.none, count: hasLooks ? columns.count : 0)
  }

  package mutating func decide() -> Decision {
    let columns = calls.columns
    return columns.withPointers { pointers in
      if let decision = calls.gather(pointers) { return decision }
      placeEnds(pointers)
      func lateness(_ number: UInt32, _: ContainerCalls.Element) -> Double {
        -priorities[Int(number)]
      }
      let claims = calls.claimsOfSights(pointers, rank: lateness)
      let crashed = CrashedRemovals(
        calls, pointers, claims: claims + calls.claimsOfEmpties(pointers), rank: lateness)
      return crashed.decide(
        calls, pointers,
        decideOthers: { PriorityQueueSolver($0, priorities: priorities).decision() }
      ) {
        sweep(pointers, noting: nil).map { core(at: $0, pointers) }
      }
    }
  }

  package mutating func linearization() -> [UInt32] {
    let columns = calls.columns
    return columns.withPointers { pointers in
      let firsts = Scratch(repeating: Self.none, count: ending.count)
      _ = sweep(pointers, noting: firsts.base)
      var placement = PriorityQueuePlacement(
        calls.members(pointers), empties: calls.empties(pointers), firsts: firsts,
        numberCount: calls.count)
      return calls.mergingFree(placement.order(priorities))
    }
  }

  // MARK: One pass

  private func placeEnds(_ pointers: CallColumns.Pointers) {
    let ending = ending.base
    for call in 0..<pointers.count {
      var end = pointers.completion[call]
      if end == Self.none { continue }
      if another.count > 0 {
        if pointers.kind[call] == Kind.look {
          end = calls.interval(of: UInt32(call), pointers)?.upperBound ?? end
        }
        another[call] = ending[end]
      }
      ending[end] = UInt32(call)
    }
  }

  /// The first position at which a call cannot complete; notes for each gap the element that goes
  /// first of those that are there for certain.
  private func sweep(
    _ pointers: CallColumns.Pointers, noting firsts: UnsafeMutablePointer<UInt32>?
  ) -> UInt32? {
    var there = PriorityHeap()
    var allowances = Allowances()
    for position in 0..<UInt32(ending.count) {
      var call = ending[position]
      while call != Self.none {
        if !isPossible(call, pointers, allowances) { return position }
        if pointers.kind[call] <= Kind.look {
          enter(pointers.value[call], &there, at: position, pointers)
        }
        call = another.count > 0 ? another[call] : Self.none
      }
      while let top = there.first, top.gone <= position { there.removeFirst() }
      allowances.append(there.first?.priority ?? .infinity, at: position)
      if let firsts, let top = there.first { firsts[position] = top.element }
    }
    return nil
  }

  private func enter(
    _ number: UInt32, _ there: inout PriorityHeap, at position: UInt32,
    _ pointers: CallColumns.Pointers
  ) {
    guard let element = calls.element(number, pointers), element.certain == position,
      position < element.gone
    else { return }
    there.insert(.init(priority: priorities[Int(number)], gone: element.gone, element: number))
  }

  private func isPossible(
    _ call: UInt32, _ pointers: CallColumns.Pointers, _ allowances: borrowing Allowances
  ) -> Bool {
    switch pointers.kind[call] {
    case Kind.insert: return true
    case Kind.remove, Kind.look:
      let number = pointers.value[call]
      guard let interval = calls.interval(of: call, pointers) else { return false }
      return allowances.largest(from: interval.lowerBound, upTo: interval.upperBound)
        >= priorities[Int(number)]
    case Kind.observeNothing: return true
    default:
      return allowances.largest(from: pointers.invocation[call], upTo: pointers.completion[call])
        == .infinity
    }
  }

  // MARK: Cores

  /// A call that cannot have taken effect by then, its element, and elements that go first and of which
  /// one was always there.
  private func core(at end: UInt32, _ pointers: CallColumns.Pointers) -> [Int] {
    // The calls that end there are on one element.
    let call = ending[end]
    let isEmpty = pointers.kind[call] > Kind.look
    let number = pointers.value[call]
    var chosen: Set<UInt32> = []
    for blocked in [Int(call)] + (isEmpty ? [] : calls.calls { $0 == number }) {
      let interval =
        isEmpty
        ? pointers.invocation[blocked]..<end
        : pointers.kind[blocked] == Kind.insert
          ? 0..<0 : calls.interval(of: UInt32(blocked), pointers) ?? 0..<0
      if interval.upperBound != end { continue }
      let cover = calls.elementsCovering(interval, pointers) {
        isEmpty || priorities[Int($0)] < priorities[Int(number)]
      }
      chosen.formUnion(cover)
    }
    let core = [Int(call)] + calls.calls { chosen.contains($0) || !isEmpty && $0 == number }
    return Array(Set(core)).sorted()
  }
}

/// What the gaps so far allow, as far as no later one allows more.
private struct Allowances: ~Copyable {
  private var gaps: [UInt32] = []
  private var largest: [Double] = []

  /// Complexity: O(1) amortised.
  mutating func append(_ allowance: Double, at gap: UInt32) {
    while let last = largest.last, last <= allowance {
      largest.removeLast()
      gaps.removeLast()
    }
    largest.append(allowance)
    gaps.append(gap)
  }

  /// The largest allowance from a gap on; -infinity if there is none before the end.
  /// Complexity: O(log n).
  func largest(from start: UInt32, upTo end: UInt32) -> Double {
    let index = gaps.partitioningIndex { $0 >= start }
    return index < gaps.count && gaps[index] < end ? largest[index] : -.infinity
  }
}

/// Elements by priority, until they may be gone.
private struct PriorityHeap: ~Copyable {
  struct Item {
    var priority: Double
    var gone: UInt32
    var element: UInt32
  }

  private var items: [Item] = []

  var first: Item? { items.first }

  /// Complexity: O(log n).
  mutating func insert(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if items[parent].priority <= item.priority { break }
      items[child] = items[parent]
      child = parent
    }
    items[child] = item
  }

  /// Complexity: O(log n).
  mutating func removeFirst() {
    let last = items.removeLast()
    if items.isEmpty { return }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= items.count { break }
      if child + 1 < items.count, items[child + 1].priority < items[child].priority { child += 1 }
      if items[child].priority >= last.priority { break }
      items[parent] = items[child]
      parent = child
    }
    items[parent] = last
  }
}
