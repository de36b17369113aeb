/// How many intervals cover each gap between two events. Intervals are only taken away; gaps that
/// are covered by one interval, and then by none, are given out once each.
///
/// A tree over the gaps holds the smallest count below each node, less one until a gap was given out
/// as covered by one, so that what to give out next always has the value 0 at the top.
struct GapCover {
  private let width: Int
  private var smallest: [Int32]
  /// What was added to all below a node.
  private var added: [Int32]
  private var wasGiven: [Bool]
  /// Differences of the sums of the covering intervals' numbers (P. Fenwick, 1994).
  private var sums: [Int]

  private static let never = Int32.max / 2

  /// Gaps below `count`, covered by the intervals, whose numbers are their indices.
  init(count: Int, intervals: [Range<Int>]) {
    var width = 1
    while width < count { width *= 2 }
    self.width = width
    smallest = Array(repeating: Self.never, count: 2 * width)
    added = Array(repeating: 0, count: 2 * width)
    wasGiven = Array(repeating: false, count: count)
    sums = Array(repeating: 0, count: count + 2)
    var changes = Array(repeating: Int32(0), count: count + 1)
    for (number, interval) in intervals.enumerated() where !interval.isEmpty {
      changes[interval.lowerBound] += 1
      changes[interval.upperBound] -= 1
      addSum(number, to: interval)
    }
    var covered: Int32 = 0
    for gap in 0..<count {
      covered += changes[gap]
      // What is covered by none was never covered by one.
      wasGiven[gap] = covered == 0
      smallest[width + gap] = covered == 0 ? 0 : covered - 1
    }
    for node in (1..<width).reversed() {
      smallest[node] = min(smallest[2 * node], smallest[2 * node + 1])
    }
  }

  /// A gap that is covered by at most one interval, and its number; nil if no other is left.
  /// Complexity: O(log n).
  mutating func next() -> (gap: Int, coveredBy: Int?)? {
    guard smallest[1] == 0 else { return nil }
    var (node, sum) = (1, Int32(0))
    while node < width {
      sum += added[node]
      node *= 2
      if smallest[node] + sum != 0 { node += 1 }
    }
    let gap = node - width
    let number = wasGiven[gap] ? nil : sumOfNumbers(at: gap)
    smallest[node] = wasGiven[gap] ? Self.never : smallest[node] + 1
    wasGiven[gap] = true
    update(above: node)
    return (gap, number)
  }

  /// Takes away the interval with that number. Complexity: O(log n).
  mutating func remove(_ number: Int, _ interval: Range<Int>) {
    if interval.isEmpty { return }
    addSum(-number, to: interval)
    var (low, high) = (interval.lowerBound + width, interval.upperBound + width)
    let (first, last) = (low, high - 1)
    while low < high {
      if low & 1 == 1 {
        lower(low)
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        lower(high)
      }
      low /= 2
      high /= 2
    }
    update(above: first)
    update(above: last)
  }

  private mutating func lower(_ node: Int) {
    smallest[node] -= 1
    added[node] -= 1
  }

  private mutating func update(above node: Int) {
    var node = node / 2
    while node > 0 {
      smallest[node] = min(smallest[2 * node], smallest[2 * node + 1]) + added[node]
      node /= 2
    }
  }

  private mutating func addSum(_ number: Int, to interval: Range<Int>) {
    for (start, change) in [(interval.lowerBound, number), (interval.upperBound, -number)] {
      var index = start + 1
      while index < sums.count {
        sums[index] += change
        index += index & -index
      }
    }
  }

  private func sumOfNumbers(at gap: Int) -> Int {
    var (index, sum) = (gap + 1, 0)
    while index > 0 {
      sum += sums[index]
      index -= index & -index
    }
    return sum
  }
}

/// Intervals in groups, which are taken out by a gap that they contain.
struct IntervalGroups {
  private let width: Int
  /// Sorted by group and beginning.
  private let items: [(group: Int, start: Int, item: Int)]
  /// The largest end below each node; -1 where it was taken out.
  private var ends: [Int]

  init(_ intervals: [(group: Int, interval: Range<Int>, item: Int)]) {
    let sorted = intervals.sorted {
      ($0.group, $0.interval.lowerBound) < ($1.group, $1.interval.lowerBound)
    }
    var width = 1
    while width < sorted.count { width *= 2 }
    self.width = width
    items = sorted.map { ($0.group, $0.interval.lowerBound, $0.item) }
    ends = Array(repeating: -1, count: 2 * width)
    for (index, entry) in sorted.enumerated() { ends[width + index] = entry.interval.upperBound }
    for node in (1..<width).reversed() { ends[node] = max(ends[2 * node], ends[2 * node + 1]) }
  }

  /// Takes out some item of the group whose interval contains the gap. Complexity: O(log n).
  mutating func removeItem(group: Int, at gap: Int) -> Int? {
    var low = place { ($0.group, $0.start) >= (group, 0) } + width
    var high = place { ($0.group, $0.start) > (group, gap) } + width
    var node = 0
    while low < high, node == 0 {
      if low & 1 == 1 {
        if ends[low] > gap { node = low }
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        if node == 0, ends[high] > gap { node = high }
      }
      low /= 2
      high /= 2
    }
    if node == 0 { return nil }
    while node < width { node = ends[2 * node] > gap ? 2 * node : 2 * node + 1 }
    let item = items[node - width].item
    ends[node] = -1
    while node > 1 {
      node /= 2
      ends[node] = max(ends[2 * node], ends[2 * node + 1])
    }
    return item
  }

  /// The first place that fits, where all behind it fit too.
  private func place(_ fits: ((group: Int, start: Int, item: Int)) -> Bool) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if fits(items[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
