/// Time as cells: gaps between two borders of critical intervals, over which the same elements are
/// there for certain; and the elements that have such an interval.
struct StackCells: ~Copyable {
  private static let none = CallColumns.none

  /// By gap, its cell.
  let cellOfGap: Scratch<UInt32>
  let cellCount: Int
  /// By cell, how many elements are there for certain at first.
  let cover: Scratch<Int32>
  /// By cell, itself or the first one behind it that is free of all at first.
  private let nextFree: Scratch<UInt32>
  /// The numbers of the elements that take part.
  private(set) var elements: [UInt32] = []
  /// Their critical intervals, in cells.
  private(set) var critical: [Range<UInt32>] = []

  init(_ calls: borrowing ContainerCalls, _ pointers: CallColumns.Pointers) {
    let gapCount = Int(calls.columns.lastPosition) + 1
    // First 1 where an interval begins, 2 where one ends.
    cellOfGap = Scratch(repeating: 0, count: gapCount + 1)
    for number in 0..<calls.count {
      guard let element = calls.element(number, pointers), element.certain < element.gone else {
        continue
      }
      elements.append(number)
      cellOfGap[element.certain] = 1
      if element.gone != Self.none { cellOfGap[element.gone] = 2 }
    }
    let borders = 2 * elements.count
    cover = Scratch(repeating: 0, count: borders + 2)
    var (cell, covered) = (UInt32(0), Int32(0))
    for gap in 0..<gapCount {
      let border = cellOfGap[gap]
      cell += border == 0 ? 0 : 1
      covered += border == 0 ? 0 : border == 1 ? 1 : -1
      cellOfGap[gap] = cell
      cover[cell] = covered
    }
    cellOfGap[gapCount] = cell + 1
    cellCount = Int(cell) + 1
    nextFree = Scratch(repeating: cell + 1, count: cellCount + 1)
    for cell in (0..<cellCount).reversed() {
      nextFree[cell] = cover[cell] == 0 ? UInt32(cell) : nextFree[cell + 1]
    }
    critical.reserveCapacity(elements.count)
    for number in elements {
      guard let element = calls.element(number, pointers) else { continue }
      critical.append(cells(element.certain, element.gone))
    }
  }

  /// The cells that gaps reach into; those before `none` reach to the end.
  func cells(_ start: UInt32, _ end: UInt32) -> Range<UInt32> {
    let first = cellOfGap[start]
    let last = end == Self.none ? UInt32(cellCount) : cellOfGap[end - 1] + 1
    return first..<max(first, last)
  }

  /// Whether one of the cells is free of all elements at first.
  func hasFree(_ cells: Range<UInt32>) -> Bool { nextFree[cells.lowerBound] < cells.upperBound }

  /// The first gap in a range in which there is no element for certain.
  func firstFree(_ gaps: Range<Int>) -> Int? {
    gaps.isEmpty ? nil : gaps.first { cover[cellOfGap[$0]] == 0 }
  }
}
