/// Calls that have their place in time, as they are found: gaps in order, and in each gap the calls in
/// an order that grows at both ends.
struct CutSequence {
  /// A segment of time without calls so far, between two gaps that have some.
  struct Segment {
    /// The gap that it begins in, behind all that is there; nil where it begins with time.
    var low: Int?
    /// The gap that it ends in, before all that is there; nil where it has no end.
    var high: Int?
  }

  private var used: PositionSet
  private var first: [Int]
  private var last: [Int]
  /// By gap, place in the gap, and rank among those that have the same place.
  private var placed: [(gap: Int, place: Int, rank: Int, call: Int)] = []

  init(gapCount: Int) {
    used = PositionSet(limit: gapCount)
    first = Array(repeating: 0, count: gapCount)
    last = first
  }

  /// The segment that contains the event at that position.
  func segment(at position: Int) -> Segment {
    Segment(low: used.last(upTo: position - 1), high: used.first(from: position))
  }

  mutating func append(_ call: Int, in gap: Int) {
    used.insert(gap)
    last[gap] += 2
    placed.append((gap, last[gap], 0, call))
  }

  mutating func prepend(_ call: Int, in gap: Int) {
    used.insert(gap)
    first[gap] -= 2
    placed.append((gap, first[gap], 0, call))
  }

  /// Puts calls, in order, in gaps of a segment.
  mutating func insert(_ calls: [(gap: Int, call: Int)], in segment: Segment) {
    for (gap, call) in calls where gap != segment.high { append(call, in: gap) }
    for (gap, call) in calls.reversed() where gap == segment.high { prepend(call, in: gap) }
  }

  /// The place right behind all that is in the gap now.
  func end(of gap: Int) -> Int { last[gap] + 1 }

  /// Puts a call where the end of the gap was.
  mutating func insert(_ call: Int, in gap: Int, at place: Int) {
    placed.append((gap, place, placed.count, call))
  }

  /// Puts a call before all that is in the gap.
  mutating func insertFirst(_ call: Int, in gap: Int) { insert(call, in: gap, at: .min) }

  /// The calls in order. Complexity: O(n log n).
  var order: [Int] {
    placed.sorted { ($0.gap, $0.place, $0.rank) < ($1.gap, $1.place, $1.rank) }.map(\.call)
  }
}

/// The places of calls that found nothing: the first gap of each in which no element is for certain;
/// nil if one has none.
func placesOfEmpties(
  _ empties: [(call: Int, gaps: Range<Int>)], free: PositionSet
) -> [(gap: Int, call: Int)]? {
  var places: [(gap: Int, call: Int)] = []
  for (call, gaps) in empties {
    guard let gap = free.first(from: gaps.lowerBound), gap < gaps.upperBound else { return nil }
    places.append((gap, call))
  }
  return places
}
