internal import Histories

/// Decides a stack whose elements are unique (after P. Abdulla and others, "Efficient linearizability
/// monitoring", 2025, and Z. Lee and U. Mathur, "Efficient decrease-and-conquer linearizability
/// monitoring", 2025).
///
/// An element can lie below all others if each call on it has a gap in its interval in which no other
/// is there for certain: in such gaps the stack can be empty but for it. Elements are taken off from
/// below, one after the other, until none is left; if none of those left can lie below the others,
/// there is no linearization: in one, the first of them to be pushed does, for none of the others is
/// there when it is pushed, seen or popped. Taking one off removes constraints only, so the order does
/// not matter, and what has a gap keeps it. A call that found nothing needs a gap in which no element is for certain.
///
/// The calls on an element cut time into segments, and what lies on it was pushed and popped in one of
/// them: in the one in which its pop begins, or the last. Its calls go at gaps there in which no
/// other remaining element is for certain; where a call reaches beyond the segment, right at its
/// border.
///
/// A crashed pop is left out. If there is no linearization without it, the question is left to the
/// search. Complexity: O(n log n).
struct StackSolver {
  private struct Point {
    var gap: Int
    /// Push, peek, pop.
    var kind: Int
    var call: Int
  }

  private let elements: [ElementCalls.Element]
  private var cover: GapCover
  /// Gaps in which no remaining element is for certain.
  private var freeGaps: PositionSet
  private var cuts: CutSequence
  /// Intervals of calls that have no gap yet: pushes and pops in one group, peeks by element in the
  /// other.
  private var waiting: IntervalGroups
  private var waitingPeeks: IntervalGroups
  /// Which element a waiting interval belongs to.
  private let owners: [Int]
  private var isServed: [Bool]
  /// How many calls on an element have no gap yet.
  private var missing: [Int]
  private var ready: [Int] = []

  /// An order of the calls; nil if there is none without crashed pops.
  static func order(of calls: ElementCalls) -> [Int]? {
    var solver = StackSolver(calls)
    solver.drain()
    guard let empties = placesOfEmpties(calls.empties, free: solver.freeGaps) else { return nil }
    for (gap, call) in empties { solver.cuts.append(call, in: gap) }
    var count = 0
    while let element = solver.ready.popLast() {
      solver.remove(element)
      count += 1
    }
    return count == calls.elements.count ? solver.cuts.order : nil
  }

  private init(_ calls: ElementCalls) {
    elements = calls.elements
    cover = GapCover(count: calls.gapCount, intervals: elements.map(\.critical))
    freeGaps = PositionSet(limit: calls.gapCount)
    cuts = CutSequence(gapCount: calls.gapCount)
    missing = Array(repeating: 0, count: elements.count)
    var intervals: [(group: Int, interval: Range<Int>, item: Int)] = []
    var peeks: [(group: Int, interval: Range<Int>, item: Int)] = []
    var owners: [Int] = []
    for (number, element) in elements.enumerated() {
      var own = [element.insertionGaps]
      if element.removal != nil { own.append(element.removalGaps) }
      for gaps in own + element.looks.map(\.gaps) {
        intervals.append((0, gaps, owners.count))
        owners.append(number)
        missing[number] += 1
      }
      for (index, look) in element.looks.enumerated() {
        peeks.append((number, look.gaps, owners.count - element.looks.count + index))
      }
    }
    self.owners = owners
    waiting = IntervalGroups(intervals)
    waitingPeeks = IntervalGroups(peeks)
    isServed = Array(repeating: false, count: owners.count)
  }

  /// Serves the calls that have a gap now.
  private mutating func drain() {
    while let (gap, coveredBy) = cover.next() {
      if let element = coveredBy {
        // An element is not in the way of those who look at it.
        while let item = waitingPeeks.removeItem(group: element, at: gap) { serve(item) }
      } else {
        freeGaps.insert(gap)
        while let item = waiting.removeItem(group: 0, at: gap) { serve(item) }
      }
    }
  }

  private mutating func serve(_ item: Int) {
    if isServed[item] { return }
    isServed[item] = true
    missing[owners[item]] -= 1
    if missing[owners[item]] == 0 { ready.append(owners[item]) }
  }

  private mutating func remove(_ number: Int) {
    let element = elements[number]
    cover.remove(number, element.critical)
    drain()
    let segment = cuts.segment(at: element.removalGaps.lowerBound)
    var points = [
      Point(gap: earliest(element.insertionGaps, segment), kind: 0, call: element.insertion)
    ]
    for look in element.looks {
      points.append(Point(gap: earliest(look.gaps, segment), kind: 1, call: look.call))
    }
    if let removal = element.removal {
      points.append(Point(gap: latest(element.removalGaps, segment), kind: 2, call: removal))
    }
    points.sort { ($0.gap, $0.kind) < ($1.gap, $1.kind) }
    cuts.insert(points.map { ($0.gap, $0.call) }, in: segment)
  }

  /// The first free gap of an interval within the segment, or the segment's border.
  private func earliest(_ gaps: Range<Int>, _ segment: CutSequence.Segment) -> Int {
    if let low = segment.low, gaps.lowerBound <= low { return low }
    let end = min(gaps.upperBound, segment.high ?? .max)
    if let gap = freeGaps.first(from: gaps.lowerBound), gap < end { return gap }
    return segment.high ?? gaps.lowerBound
  }

  /// The last free gap of an interval within the segment, or the segment's border.
  private func latest(_ gaps: Range<Int>, _ segment: CutSequence.Segment) -> Int {
    if let high = segment.high, gaps.upperBound > high { return high }
    let start = max(gaps.lowerBound, (segment.low ?? -1) + 1)
    if let gap = freeGaps.last(upTo: gaps.upperBound - 1), gap >= start { return gap }
    return segment.low ?? start
  }
}

extension Stack {
  /// Unique elements need no search. The elements at first would need calls of their own.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    guard initialState.isEmpty else { return .undecided }
    return ElementCalls.solve(calls, kind: Self.kind(of:), order: StackSolver.order(of:))
  }

  private static func kind(of command: Command) -> ElementCalls.Kind {
    switch command {
    case .push(let value): .insert(value)
    case .pop(.null), .peek(.null): .findNothing
    case .pop(let value): .remove(value)
    case .peek(let value): .look(value)
    case .peekUnknown: .observeNothing
    case .popUnknown: .removeUnknown
    }
  }
}
