/// A set of numbers below a limit that finds neighbours quickly: a tree of words, in which a bit says
/// that something is below it.
struct PositionSet {
  /// From the numbers themselves to the single word at the top.
  private var levels: [[UInt64]]

  init(limit: Int) {
    levels = []
    var count = max(limit, 1)
    repeat {
      count = (count + 63) / 64
      levels.append(Array(repeating: 0, count: count))
    } while count > 1
  }

  /// Complexity: O(log n).
  mutating func insert(_ number: Int) {
    var index = number
    for level in levels.indices {
      let word = levels[level][index >> 6]
      levels[level][index >> 6] = word | 1 << UInt64(index & 63)
      if word != 0 { return }
      index >>= 6
    }
  }

  /// The smallest member that is at least that. Complexity: O(log n).
  func first(from number: Int) -> Int? {
    var index = number
    for level in levels.indices {
      if index >> 6 >= levels[level].count { return nil }
      let rest = levels[level][index >> 6] >> UInt64(index & 63)
      if rest != 0 {
        return descend(index + rest.trailingZeroBitCount, from: level) { $0.trailingZeroBitCount }
      }
      index = (index >> 6) + 1
    }
    return nil
  }

  /// The largest member that is at most that. Complexity: O(log n).
  func last(upTo number: Int) -> Int? {
    var index = number
    for level in levels.indices {
      if index < 0 { return nil }
      let rest = levels[level][index >> 6] << UInt64(63 - index & 63)
      if rest != 0 {
        return descend(index - rest.leadingZeroBitCount, from: level) {
          63 - $0.leadingZeroBitCount
        }
      }
      index = (index >> 6) - 1
    }
    return nil
  }

  private func descend(_ index: Int, from level: Int, bit: (UInt64) -> Int) -> Int {
    var index = index
    for lower in levels[..<level].reversed() { index = index << 6 + bit(lower[index]) }
    return index
  }
}
