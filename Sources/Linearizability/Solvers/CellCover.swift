/// How many intervals cover each cell. Intervals are only taken away; each cell that is covered at
/// first is given out when it is covered by none any more, and, if asked for, once before, when it is
/// covered by one only.
///
/// A tree over the cells holds the smallest count below each node, less one until a cell was given out
/// as covered by one, so that what to give out next always has the value 0 at the top.
struct CellCover: ~Copyable {
  /// The smallest value below a node, and what was added to all below it. Not private: Swift 6.3 cannot
  /// compile the memory of a private type in another file without optimising.
  struct Node: BitwiseCopyable {
    var smallest: Int32
    var added: Int32 = 0
  }

  private static let never = Int32.max / 2

  private let count: Int
  private let nodes: Scratch<Node>
  /// Whether a cell is given out as covered by one.
  private let givesSingles: Bool
  private let wasGiven: Scratch<Bool>
  /// Differences of the sums of the covering intervals' numbers (P. Fenwick, 1994).
  private let sums: Scratch<Int>

  /// `intervals` are given where cells that are covered by one are asked for.
  init(_ cover: borrowing Scratch<Int32>, count: Int, intervals: [Range<UInt32>]?) {
    self.count = count
    givesSingles = intervals != nil
    nodes = Scratch(repeating: Node(smallest: Self.never), count: 2 * count)
    wasGiven = Scratch(repeating: !givesSingles, count: count)
    sums = Scratch(repeating: 0, count: givesSingles ? count + 2 : 0)
    for cell in 0..<count where cover[cell] > 0 {
      nodes[count + cell].smallest = cover[cell] - (givesSingles ? 1 : 0)
    }
    for node in (1..<max(count, 1)).reversed() { update(node) }
    for (number, interval) in (intervals ?? []).enumerated() { addSum(number, to: interval) }
  }

  /// A cell that is covered by none, or by the one of that number; nil if no other is left.
  /// Complexity: O(log n).
  mutating func next() -> (cell: UInt32, coveredBy: UInt32?)? {
    let nodes = nodes.base
    guard count > 0, nodes[1].smallest == 0 else { return nil }
    var (node, sum) = (1, Int32(0))
    while node < count {
      sum += nodes[node].added
      node *= 2
      if nodes[node].smallest + sum != 0 { node += 1 }
    }
    let cell = node - count
    let isFree = wasGiven[cell]
    nodes[node].smallest = isFree ? Self.never : nodes[node].smallest + 1
    wasGiven[cell] = true
    update(above: node)
    return (UInt32(cell), isFree ? nil : UInt32(sumOfNumbers(at: cell)))
  }

  /// Takes away the interval with that number. Complexity: O(log n).
  mutating func remove(_ number: Int, _ interval: Range<UInt32>) {
    if interval.isEmpty { return }
    if givesSingles { addSum(-number, to: interval) }
    let nodes = nodes.base
    var (low, high) = (Int(interval.lowerBound) + count, Int(interval.upperBound) + count)
    let (first, last) = (low, high - 1)
    while low < high {
      if low & 1 == 1 {
        nodes[low].smallest -= 1
        nodes[low].added -= 1
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        nodes[high].smallest -= 1
        nodes[high].added -= 1
      }
      low >>= 1
      high >>= 1
    }
    update(above: first)
    if first != last { update(above: last) }
  }

  private func update(above node: Int) {
    var node = node >> 1
    while node > 0 {
      update(node)
      node >>= 1
    }
  }

  private func update(_ node: Int) {
    let nodes = nodes.base
    nodes[node].smallest =
      min(nodes[2 * node].smallest, nodes[2 * node + 1].smallest) + nodes[node].added
  }

  private func addSum(_ number: Int, to interval: Range<UInt32>) {
    addSum(number, from: Int(interval.lowerBound))
    addSum(-number, from: Int(interval.upperBound))
  }

  private func addSum(_ number: Int, from cell: Int) {
    var index = cell + 1
    while index < sums.count {
      sums[index] += number
      index += index & -index
    }
  }

  private func sumOfNumbers(at cell: Int) -> Int {
    var (index, sum) = (cell + 1, 0)
    while index > 0 {
      sum += sums[index]
      index -= index & -index
    }
    return sum
  }
}
