/// Places the calls of a stack in time, as its elements are taken off from below.
///
/// The calls on an element cut time into segments, and what lies on it was pushed and popped in one of
/// them: in the one in which its pop begins, or the last. Its calls go at gaps there in which no
/// other remaining element is for certain; where a call reaches beyond the segment, right at its
/// border. Elements that take no part are pushed and popped at one gap. Complexity: O(n log n).
struct StackPlacement {
  /// The elements that take part, and those that do not.
  private let members: [ContainerCalls.Member]
  private let others: [ContainerCalls.Member]
  private let cellOfGap: [UInt32]
  /// By cell, its first gap.
  private let starts: [Int]
  /// Cells in which no remaining element is for certain.
  private var freeCells: PositionSet
  private var cuts: CutSequence

  init(
    _ members: [ContainerCalls.Member], empties: [(call: UInt32, gaps: Range<Int>)],
    cells: borrowing StackCells
  ) {
    self.members = members.filter { !$0.critical.isEmpty }
    others = members.filter(\.critical.isEmpty)
    let gapCount = cells.cellOfGap.count - 1
    var (cellOfGap, starts) = ([UInt32](), [Int]())
    for gap in 0...gapCount {
      cellOfGap.append(cells.cellOfGap[gap])
      if starts.count <= cellOfGap[gap] { starts.append(gap) }
    }
    (self.cellOfGap, self.starts) = (cellOfGap, starts)
    freeCells = PositionSet(limit: cells.cellCount)
    for cell in 0..<cells.cellCount where cells.cover[cell] == 0 { freeCells.insert(cell) }
    cuts = CutSequence(gapCount: gapCount)
    for (call, gaps) in empties {
      if let gap = firstFree(from: gaps.lowerBound) { cuts.append(call, in: gap) }
    }
  }

  /// Places an element, after cells have become free.
  mutating func place(_ index: Int, _ freed: [UInt32]) {
    for cell in freed { freeCells.insert(Int(cell)) }
    let member = members[index]
    let segment = cuts.segment(at: member.removalGaps.lowerBound)
    var points = [(earliest(member.insertionGaps, segment), 0, member.insertion)]
    for look in member.looks { points.append((earliest(look.gaps, segment), 1, look.call)) }
    if member.removal != CallColumns.none {
      points.append((latest(member.removalGaps, segment), 2, member.removal))
    }
    points.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    cuts.insert(points.map { ($0.0, $0.2) }, in: segment)
  }

  /// All calls in order, but those that say nothing.
  mutating func order() -> [UInt32] {
    for member in others {
      let gap = member.removalGaps.lowerBound
      let place = cuts.end(of: gap)
      let removal = member.removal == CallColumns.none ? [] : [member.removal]
      for call in [member.insertion] + member.looks.map(\.call) + removal {
        cuts.insert(call, in: gap, at: place)
      }
    }
    return cuts.order
  }

  /// The first free gap of an interval within the segment, or the segment's border.
  private func earliest(_ gaps: Range<Int>, _ segment: CutSequence.Segment) -> Int {
    if let low = segment.low, gaps.lowerBound <= low { return low }
    let end = min(gaps.upperBound, segment.high ?? .max)
    if let gap = firstFree(from: gaps.lowerBound), gap < end { return gap }
    return segment.high ?? gaps.lowerBound
  }

  /// The last free gap of an interval within the segment, or the segment's border.
  private func latest(_ gaps: Range<Int>, _ segment: CutSequence.Segment) -> Int {
    if let high = segment.high, gaps.upperBound > high { return high }
    let start = max(gaps.lowerBound, (segment.low ?? -1) + 1)
    if let gap = lastFree(upTo: gaps.upperBound - 1), gap >= start { return gap }
    return segment.low ?? start
  }

  private func firstFree(from gap: Int) -> Int? {
    freeCells.first(from: Int(cellOfGap[gap])).map { max(gap, starts[$0]) }
  }

  private func lastFree(upTo gap: Int) -> Int? {
    freeCells.last(upTo: Int(cellOfGap[gap])).map { min(gap, starts[$0 + 1] - 1) }
  }
}
