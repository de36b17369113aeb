/// Places the calls of a priority queue in time, from the elements that go last to those that go first.
///
/// The calls on those that go later cut time into segments; where an element begins to be gone tells
/// its segment. Its calls go at gaps there in which none that goes first is for certain, or at the
/// border, and it is put in as soon as it can be in that segment. Complexity: O(n log n).
struct PriorityQueuePlacement: ~Copyable {
  private let members: [ContainerCalls.Member]
  private let empties: [(call: UInt32, gaps: Range<Int>)]
  /// By element, the gaps in which it goes first of those that are there for certain; the last group
  /// has the gaps in which there is none.
  private let gapsOfFirst: GroupedNumbers
  /// Gaps in which no element that goes first is for certain.
  private var freeGaps: PositionSet
  private var cuts: CutSequence
  /// Where elements are put in: right behind what is in a gap, or first in it.
  private var insertions: [(call: UInt32, gap: Int, place: Int32)] = []

  /// `firsts` has for each gap the element that goes first of those that are there for certain, or
  /// `none`; elements' numbers are below `numberCount`.
  init(
    _ members: [ContainerCalls.Member], empties: [(call: UInt32, gaps: Range<Int>)],
    firsts: borrowing Scratch<UInt32>, numberCount: UInt32
  ) {
    self.members = members
    self.empties = empties
    gapsOfFirst = GroupedNumbers(count: firsts.count, groups: Int(numberCount) + 1) {
      [firsts = firsts.base] in
      Int(min(firsts[$0], numberCount))
    }
    freeGaps = PositionSet(limit: firsts.count)
    cuts = CutSequence(gapCount: firsts.count)
    for gap in gapsOfFirst[Int(numberCount)] { freeGaps.insert(Int(gap)) }
  }

  /// All calls in order, but those that say nothing.
  mutating func order(_ priorities: [Double]) -> [UInt32] {
    for (call, gaps) in empties {
      guard let gap = freeGaps.first(from: gaps.lowerBound) else { continue }
      cuts.append(call, in: gap)
    }
    func priority(_ member: Int) -> Double { priorities[Int(members[member].number)] }
    let sorted = members.indices.sorted { priority($0) > priority($1) }
    var start = 0
    while start < sorted.count {
      let group = sorted[start...].prefix { priority($0) == priority(sorted[start]) }
      place(group)
      start = group.endIndex
    }
    for (call, gap, place) in insertions { cuts.insert(call, in: gap, at: place) }
    return cuts.order
  }

  /// Places elements of the same priority.
  private mutating func place(_ group: ArraySlice<Int>) {
    for index in group {
      for gap in gapsOfFirst[Int(members[index].number)] { freeGaps.insert(Int(gap)) }
    }
    var points: [(segment: CutSequence.Segment, gap: Int, kind: Int, call: UInt32)] = []
    for index in group {
      let member = members[index]
      let segment = cuts.segment(at: member.removalGaps.lowerBound)
      for look in member.looks {
        points.append((segment, earliest(look.gaps, segment), 1, look.call))
      }
      if member.removal != CallColumns.none {
        points.append((segment, latest(member.removalGaps, segment), 2, member.removal))
      }
      if let low = segment.low, member.insertionGaps.lowerBound <= low {
        insertions.append((member.insertion, low, cuts.end(of: low)))
      } else {
        insertions.append((member.insertion, member.insertionGaps.lowerBound, .min))
      }
    }
    points.sort { ($0.gap, $0.kind, $0.call) < ($1.gap, $1.kind, $1.call) }
    for point in points where point.gap != point.segment.high {
      cuts.append(point.call, in: point.gap)
    }
    for point in points.reversed() where point.gap == point.segment.high {
      cuts.prepend(point.call, in: point.gap)
    }
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
