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
  private var first: [Int32]
  private var last: [Int32]
  /// By gap, place in the gap, and rank among those that have the same place.
  private var placed: [(gap: UInt32, place: Int32, call: UInt32)] = []

  init(gapCount: Int) {
    used = PositionSet(limit: gapCount)
    first = Array(repeating: 0, count: gapCount)
    last = first
  }

  /// The segment that contains the event at that position.
  func segment(at position: Int) -> Segment {
    Segment(low: used.last(upTo: position - 1), high: used.first(from: position))
  }

  mutating func append(_ call: UInt32, in gap: Int) {
    used.insert(gap)
    last[gap] += 2
    placed.append((UInt32(gap), last[gap], call))
  }

  mutating func prepend(_ call: UInt32, in gap: Int) {
    used.insert(gap)
    first[gap] -= 2
    placed.append((UInt32(gap), first[gap], call))
  }

  /// Puts calls, in order, in gaps of a segment.
  mutating func insert(_ calls: [(gap: Int, call: UInt32)], in segment: Segment) {
    for (gap, call) in calls where gap != segment.high { append(call, in: gap) }
    for (gap, call) in calls.reversed() where gap == segment.high { prepend(call, in: gap) }
  }

  /// The place right behind all that is in the gap now.
  func end(of gap: Int) -> Int32 { last[gap] + 1 }

  /// Puts a call at a place in a gap, behind those that were put there before.
  mutating func insert(_ call: UInt32, in gap: Int, at place: Int32) {
    placed.append((UInt32(gap), place, call))
  }

  /// The calls in order. Complexity: O(n log n) in those of one gap.
  var order: [UInt32] {
    let byGap = GroupedNumbers(count: placed.count, groups: first.count) { Int(placed[$0].gap) }
    var order: [UInt32] = []
    order.reserveCapacity(placed.count)
    for gap in first.indices {
      let members = byGap[gap]
      if members.count < 2 {
        order += members.lazy.map { placed[Int($0)].call }
      } else {
        order += members.sorted { (placed[Int($0)].place, $0) < (placed[Int($1)].place, $1) }
          .lazy.map { placed[Int($0)].call }
      }
    }
    return order
  }
}
