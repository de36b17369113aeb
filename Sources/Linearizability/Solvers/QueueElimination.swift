/// Brings the elements of a queue into an order in which they may be enqueued and be first.
///
/// An element may come next if no other remaining one must have been enqueued earlier, and no call at
/// the front for another remaining one was over before one for it began. Removing an element that may
/// come next removes constraints only, so the order of elimination does not matter, and if none may
/// there is no order. Both thresholds, the first end of an enqueue and of a call at the front among
/// the remaining elements, only grow, so each is a pointer that goes over the positions once, and so
/// are those that find what is below them. Complexity: O(n).
struct QueueElimination: ~Copyable {
  private static let none = CallColumns.none
  private static let mayBeEnqueued: UInt8 = 1
  private static let mayBeFirst: UInt8 = 2
  private static let isGone: UInt8 = 4

  /// `gone` is when the last call at the front began, `end` when the first one ended.
  private let elements: Scratch<ContainerCalls.Element>
  private let numbers: [UInt32]
  /// For each position the element that it belongs to, as any of its four.
  private let owners: Scratch<UInt32>
  private let marks: Scratch<UInt8>

  /// Elements of which none may come next.
  struct Stuck: Error {
    var remaining: Set<UInt32>
  }

  init(_ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers) {
    let absent = ContainerCalls.Element(
      start: Self.none, certain: Self.none, gone: Self.none, end: Self.none)
    elements = Scratch(repeating: absent, count: Int(calls.count))
    owners = Scratch(repeating: Self.none, count: Int(calls.columns.lastPosition) + 1)
    marks = Scratch(repeating: Self.isGone, count: Int(calls.count))
    var numbers: [UInt32] = []
    numbers.reserveCapacity(Int(calls.count))
    for number in 0..<calls.count {
      guard var element = calls.element(number, pointers) else { continue }
      element.end = calls.frontEnd(of: number, element)
      elements[number] = element
      marks[number] = 0
      numbers.append(number)
      for position in [element.start, element.certain, element.gone, element.end]
      where position != Self.none {
        owners[position] = number
      }
    }
    self.numbers = numbers
  }

  func run() -> Result<[UInt32], Stuck> {
    var order: [UInt32] = []
    order.reserveCapacity(numbers.count)
    var ready: [UInt32] = []
    // Where the first remaining enqueue ends, and the first and second remaining call at the front.
    var (enqueueEnd, frontEnd, secondEnd) = (UInt32(0), UInt32(0), UInt32(0))
    // How far elements have been marked by the starts of their enqueues and calls at the front.
    var (enqueued, fronted) = (UInt32(0), UInt32(0))
    var taken = numbers.count { elements[$0].gone != Self.none }
    while order.count < numbers.count {
      enqueueEnd = next(from: enqueueEnd) { $0.certain }
      frontEnd = next(from: frontEnd) { $0.end }
      mark(Self.mayBeEnqueued, upTo: enqueueEnd, from: &enqueued, &ready) { $0.start }
      mark(Self.mayBeFirst, upTo: frontEnd, from: &fronted, &ready) { $0.gone }
      if frontEnd < owners.count {
        secondEnd = next(from: max(secondEnd, frontEnd + 1)) { $0.end }
        let first = owners[frontEnd]
        // The element whose call ends first at the front need not wait for itself.
        let mayStay = taken == 0 && secondEnd == owners.count
        if elements[first].gone <= secondEnd || mayStay { mark(first, Self.mayBeFirst, &ready) }
      } else if taken == 0 {
        // What stays at the front for ever comes when nothing else has to be there.
        for number in numbers { mark(number, Self.mayBeFirst, &ready) }
        taken = -1
      }
      guard let element = ready.popLast() else { return .failure(Stuck(remaining: remaining())) }
      marks[element] = Self.isGone
      if elements[element].gone != Self.none { taken -= 1 }
      order.append(element)
    }
    return .success(order)
  }

  private func remaining() -> Set<UInt32> {
    Set(numbers.filter { marks[$0] & Self.isGone == 0 })
  }

  /// The first position from there on that is that one of a remaining element; the number of positions
  /// if there is none.
  private func next(
    from start: UInt32, _ role: (ContainerCalls.Element) -> UInt32
  ) -> UInt32 {
    var position = start
    while position < owners.count {
      let owner = owners[position]
      if owner != Self.none, marks[owner] & Self.isGone == 0, role(elements[owner]) == position {
        return position
      }
      position += 1
    }
    return position
  }

  /// Marks all elements for which that position is not behind the limit.
  private func mark(
    _ bit: UInt8, upTo limit: UInt32, from position: inout UInt32, _ ready: inout [UInt32],
    _ role: (ContainerCalls.Element) -> UInt32
  ) {
    while position <= limit, position < owners.count {
      let owner = owners[position]
      if owner != Self.none, role(elements[owner]) == position { mark(owner, bit, &ready) }
      position += 1
    }
  }

  private func mark(_ element: UInt32, _ bit: UInt8, _ ready: inout [UInt32]) {
    if marks[element] & (Self.isGone | bit) != 0 { return }
    marks[element] |= bit
    if marks[element] == Self.mayBeEnqueued | Self.mayBeFirst { ready.append(element) }
  }
}
