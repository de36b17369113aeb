/// Decides a first-in-first-out queue whose elements are unique (after P. Gibbons, J. Bruno and
/// S. Phillips, "Black-box correctness tests for basic parallel data structures", 2002).
///
/// Each element is enqueued once, looked at while it is first, and dequeued at most once, in tightened
/// intervals (`ContainerCalls`).
///
/// Without calls that found nothing, the queue is linearizable if and only if its elements can be
/// eliminated one by one, each being one that may come next: no other remaining one must have been
/// enqueued earlier, and no call at the front for another remaining one was over before one for it
/// began (`QueueElimination`). Without peeks it is enough to look at pairs: none may have been
/// enqueued in one order and dequeued in the other, for certain. That takes one pass: of all elements
/// whose enqueues are over, the latest moment at which one may first have gone must not lie behind
/// the end of a dequeue of an element whose enqueue begins now.
///
/// A call that found nothing needs a gap in its interval in which no element is for certain. The pass
/// sees those gaps: they are those behind the same latest moment. Such a gap parts the elements
/// into those before and those after, so both conditions are independent.
///
/// What crashed dequeues took is found out by `CrashedRemovals`. An element is in the way of whatever was
/// enqueued after it and came to the front. Where no call looked at an element or found nothing, that is
/// all, so the answer is exact; else there may be none, and the question is left to the search.
///
/// Complexity: O(n) for each guess, and n log n in the number of elements in the way; 12 bytes an operation, with
/// peeks 24.
package struct QueueSolver: ColumnSolver, ~Copyable {
  typealias Kind = ContainerKind
  private static let none = CallColumns.none
  /// What a mark over a position says, in its two upper bits: there the element is there for certain,
  /// until the position in the mark; there one is put in that is taken out before the position in the
  /// mark; there a call ends that found nothing and began at the position in the mark.
  private static let certain: UInt32 = 1 << 30
  private static let begins: UInt32 = 2 << 30
  private static let empty: UInt32 = 3 << 30
  private static let place: UInt32 = 1 << 30 - 1

  var calls: ContainerCalls
  /// For each position a mark, or 0.
  private let marks: Scratch<UInt32>
  /// The elements in order, once they were eliminated.
  private var order: [UInt32]?

  package init(_ columns: CallColumns) {
    calls = ContainerCalls(columns)
    marks = Scratch(repeating: 0, count: Int(columns.lastPosition) + 1)
  }

  package mutating func decide() -> Decision {
    let columns = calls.columns
    return columns.withPointers { pointers in
      if let decision = calls.gather(pointers) { return decision }
      let crashed = CrashedRemovals(
        calls, pointers, claims: claimsOfLaterElements(pointers) + calls.claimsOfEmpties(pointers),
        rank: { _, _ in 1 })
      var order: [UInt32]?
      let decision = crashed.decide(
        calls, pointers, isExact: !calls.hasEmpties && !calls.hasLooks,
        decideOthers: { QueueSolver($0).decision() }
      ) {
        flaw(pointers, &order)
      }
      self.order = order
      return decision
    }
  }

  /// Whatever was enqueued before is gone when an element comes to the front.
  private func claimsOfLaterElements(_ pointers: CallColumns.Pointers) -> [RemovalClaim] {
    var claims: [RemovalClaim] = []
    if calls.unknownRemovals.isEmpty { return claims }
    for number in 0..<calls.count {
      guard let element = calls.element(number, pointers) else { continue }
      claims.append(
        RemovalClaim(rank: 0, start: element.start, end: calls.frontEnd(of: number, element)))
    }
    return claims
  }

  /// A core if there is no order with what crashed dequeues took as it is assumed; else the elements in their
  /// order, where looks need it.
  private func flaw(_ pointers: CallColumns.Pointers, _ order: inout [UInt32]?) -> [Int]? {
    placeMarks(pointers)
    if let position = sweep() { return core(at: position, pointers) }
    if !calls.hasLooks { return nil }
    switch QueueElimination(calls, pointers).run() {
    case .success(let elements):
      order = elements
      return nil
    case .failure(let stuck): return calls.calls { stuck.remaining.contains($0) }
    }
  }

  // MARK: One pass

  private func placeMarks(_ pointers: CallColumns.Pointers) {
    if !calls.unknownRemovals.isEmpty { marks.fill(0) }
    let marks = marks.base
    for number in 0..<calls.count {
      guard let element = calls.element(number, pointers) else { continue }
      if element.certain != Self.none {
        marks[element.certain] = Self.certain | min(element.gone, Self.place)
      }
      // What a crashed call took is gone before what nobody took.
      if element.gone != Self.none {
        marks[element.start] = Self.begins | min(element.end, Self.place - 1)
      }
    }
    if !calls.hasEmpties { return }
    forEachEmpty(pointers) { marks[pointers.completion[$0]] = Self.empty | pointers.invocation[$0] }
  }

  private func forEachEmpty(_ pointers: CallColumns.Pointers, _ body: (Int) -> Void) {
    for call in 0..<pointers.count where pointers.completion[call] != Self.none {
      let kind = pointers.kind[call]
      if kind == Kind.removeNothing || kind == Kind.lookNothing { body(call) }
    }
  }

  /// The first position at which something is impossible.
  private func sweep() -> UInt32? {
    var latest: UInt32 = 0
    var lastFree: UInt32 = 0
    // A loop without branches but for the rare failure.
    for position in 0..<UInt32(marks.count) {
      let mark = marks[position]
      let (what, place) = (mark & ~Self.place, mark & Self.place)
      let isLate = what == Self.begins && place < latest
      let isCovered = what == Self.empty && place > lastFree
      if isLate || isCovered { return position }
      latest = max(latest, what == Self.certain ? place : 0)
      lastFree = latest <= position ? position : lastFree
    }
    return nil
  }
}

extension ContainerCalls {
  /// The first end of a call at the front for an element.
  func frontEnd(of number: UInt32, _ element: Element) -> UInt32 {
    hasLooks ? min(element.end, lookEnd[number]) : element.end
  }
}

// MARK: Cores

extension QueueSolver {
  /// The calls that make it impossible to get past that position.
  private func core(at position: UInt32, _ pointers: CallColumns.Pointers) -> [Int] {
    if marks[position] & ~Self.place == Self.empty {
      return coreOfEmpty(endingAt: position, pointers)
    }
    // The element that is put in there, and the one before it that is gone last.
    var later = Self.none
    var earlier = (gone: UInt32(0), number: Self.none)
    for number in 0..<calls.count {
      guard let element = calls.element(number, pointers) else { continue }
      if element.start == position { later = number }
      if element.certain < position, element.gone > earlier.gone {
        earlier = (element.gone, number)
      }
    }
    return calls.calls { $0 == later || $0 == earlier.number }
  }

  /// The call and elements of which one was always there during it: from each on to the one that was
  /// there longest among those that were there when it may first have gone.
  private func coreOfEmpty(endingAt end: UInt32, _ pointers: CallColumns.Pointers) -> [Int] {
    guard let call = (0..<pointers.count).first(where: { pointers.completion[$0] == end }) else {
      return []
    }
    let chosen = calls.elementsCovering(pointers.invocation[call]..<end, pointers)
    return ([call] + calls.calls(on: chosen.contains)).sorted()
  }
}

// MARK: Order

extension QueueSolver {
  /// Calls by time: each as early as the order of the elements allows. What was there before a gap in
  /// which the queue was empty stays before it.
  package mutating func linearization() -> [UInt32] {
    let columns = calls.columns
    return columns.withPointers { pointers in
      let timeline = QueueTimeline(calls, pointers, gaps: gapsOfEmpties(pointers))
      return calls.mergingFree(timeline.calls(of: order ?? eliminated(pointers)))
    }
  }

  private func eliminated(_ pointers: CallColumns.Pointers) -> [UInt32] {
    guard case .success(let order) = QueueElimination(calls, pointers).run() else {
      preconditionFailure("the elements of a linearizable queue have no order")
    }
    return order
  }

  /// For each call that found nothing the last gap in its interval in which no element is for certain,
  /// in order.
  private func gapsOfEmpties(
    _ pointers: CallColumns.Pointers
  ) -> [(gap: UInt32, call: UInt32)] {
    guard calls.hasEmpties else { return [] }
    var ends: [(end: UInt32, call: UInt32)] = []
    forEachEmpty(pointers) { ends.append((pointers.completion[$0], UInt32($0))) }
    ends.sort { $0.end < $1.end }
    var gaps: [(gap: UInt32, call: UInt32)] = []
    var (latest, lastFree, position) = (UInt32(0), UInt32(0), UInt32(0))
    for (end, call) in ends {
      while position < end {
        let mark = marks[position]
        if mark & ~Self.place == Self.certain { latest = max(latest, mark & Self.place) }
        if latest <= position { lastFree = position }
        position += 1
      }
      gaps.append((lastFree, call))
    }
    return gaps
  }
}
