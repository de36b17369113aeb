internal import Histories

/// Decides a priority queue whose elements are unique, though not their priorities (after P. Gibbons,
/// J. Bruno and S. Phillips, "Black-box correctness tests for basic parallel data structures", 2002).
///
/// Whoever takes or sees an element needs a gap in the interval in which no element that goes first is
/// there for certain; a call that found nothing one in which none is at all. That is enough: elements
/// are placed from those that go last to those that go first. The calls on those that go later cut
/// time into segments; where an element begins to be gone tells its segment. Its calls go at gaps
/// there in which none that goes first is for certain, or at the border, and it is put in as soon
/// as it can be in that segment.
///
/// A crashed poll is left out. If there is no linearization without it, the question is left to the
/// search. Complexity: O(n log n).
struct PriorityQueueSolver {
  private let elements: [ElementCalls.Element]
  private var cover: GapCover
  /// Gaps in which no element that goes first is for certain.
  private var freeGaps: PositionSet
  private var cuts: CutSequence
  /// Where elements are put in: right behind what is in a gap, or first in it.
  private var insertions: [(call: Int, gap: Int, place: Int)] = []

  /// An order of the calls; nil if there is none without crashed polls.
  static func order(of calls: ElementCalls, priority: (Value) -> Double) -> [Int]? {
    var solver = PriorityQueueSolver(calls)
    solver.drain()
    guard let empties = placesOfEmpties(calls.empties, free: solver.freeGaps) else { return nil }
    for (gap, call) in empties { solver.cuts.append(call, in: gap) }
    let priorities = calls.elements.map { priority($0.value) }
    let byPriority = priorities.indices.sorted { priorities[$0] > priorities[$1] }
    var start = 0
    while start < byPriority.count {
      let group = byPriority[start...].prefix { priorities[$0] == priorities[byPriority[start]] }
      guard solver.place(group) else { return nil }
      start = group.endIndex
    }
    for (call, gap, place) in solver.insertions { solver.cuts.insert(call, in: gap, at: place) }
    return solver.cuts.order
  }

  private init(_ calls: ElementCalls) {
    elements = calls.elements
    cover = GapCover(count: calls.gapCount, intervals: elements.map(\.critical))
    freeGaps = PositionSet(limit: calls.gapCount)
    cuts = CutSequence(gapCount: calls.gapCount)
  }

  private mutating func drain() {
    while let (gap, coveredBy) = cover.next() {
      if coveredBy == nil { freeGaps.insert(gap) }
    }
  }

  /// Places elements of the same priority; false if one cannot be.
  private mutating func place(_ group: ArraySlice<Int>) -> Bool {
    for number in group {
      cover.remove(number, elements[number].critical)
      drain()
    }
    var points: [(segment: CutSequence.Segment, gap: Int, kind: Int, call: Int)] = []
    for number in group {
      let element = elements[number]
      let segment = cuts.segment(at: element.removalGaps.lowerBound)
      for look in element.looks {
        guard hasFreeGap(look.gaps) else { return false }
        points.append((segment, earliest(look.gaps, segment), 1, look.call))
      }
      if let removal = element.removal {
        guard hasFreeGap(element.removalGaps) else { return false }
        points.append((segment, latest(element.removalGaps, segment), 2, removal))
      }
      if let low = segment.low, element.insertionGaps.lowerBound <= low {
        insertions.append((element.insertion, low, cuts.end(of: low)))
      } else {
        insertions.append((element.insertion, element.insertionGaps.lowerBound, .min))
      }
    }
    points.sort { ($0.gap, $0.kind, $0.call) < ($1.gap, $1.kind, $1.call) }
    for point in points where point.gap != point.segment.high {
      cuts.append(point.call, in: point.gap)
    }
    for point in points.reversed() where point.gap == point.segment.high {
      cuts.prepend(point.call, in: point.gap)
    }
    return true
  }

  private func hasFreeGap(_ gaps: Range<Int>) -> Bool {
    freeGaps.first(from: gaps.lowerBound).map { $0 < gaps.upperBound } ?? false
  }

  /// The first free gap of an interval within the segment, or the segment's border.
  private func earliest(_ gaps: Range<Int>, _ segment: CutSequence.Segment) -> Int {
    if let low = segment.low, gaps.lowerBound <= low { return low }
    if let high = segment.high, gaps.upperBound > high { return high }
    return freeGaps.first(from: gaps.lowerBound) ?? gaps.lowerBound
  }

  /// The last free gap of an interval within the segment, or the segment's border.
  private func latest(_ gaps: Range<Int>, _ segment: CutSequence.Segment) -> Int {
    if let high = segment.high, gaps.upperBound > high { return high }
    let start = max(gaps.lowerBound, (segment.low ?? -1) + 1)
    if let gap = freeGaps.last(upTo: gaps.upperBound - 1), gap >= start { return gap }
    return segment.low ?? start
  }
}

extension PriorityQueue {
  /// Unique elements need no search. The elements at first would need calls of their own.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    guard initialState == [[]] else { return .undecided }
    return ElementCalls.solve(calls, kind: Self.kind(of:)) { elements in
      PriorityQueueSolver.order(of: elements) { Self.priority($0) ?? 0 }
    }
  }

  private static func kind(of command: Command) -> ElementCalls.Kind {
    switch command {
    case .insert(let value): .insert(value)
    case .poll(.null), .peek(.null): .findNothing
    case .poll(let value): .remove(value)
    case .peek(let value): .look(value)
    case .peekUnknown: .observeNothing
    case .pollUnknown: .removeUnknown
    }
  }
}

extension Bag {
  /// An unordered queue of unique elements is a priority queue in which all have the same priority.
  func solve(_ calls: [Call<Command>]) -> SolverResult {
    guard initialState == [[:]] else { return .undecided }
    return ElementCalls.solve(calls, kind: Self.kind(of:)) { elements in
      PriorityQueueSolver.order(of: elements) { _ in 0 }
    }
  }

  private static func kind(of command: Command) -> ElementCalls.Kind {
    switch command {
    case .add(let value): .insert(value)
    case .take(.null): .findNothing
    case .take(let value): .remove(value)
    case .takeUnknown: .removeUnknown
    }
  }
}
