/// Puts numbers in order of the positions that they are marked at, no two at one position: a bit for each
/// position, and for each 64 of them how many marks there are before. 3 bits a position, where a number
/// for each would take 32. Complexity: O(positions / 64) beside the calls.
struct ZoneOrder: ~Copyable {
  private let marks: Scratch<UInt64>
  private let before: Scratch<UInt32>

  init(lastPosition: UInt32) {
    let words = Int(lastPosition >> 6) + 1
    marks = Scratch(repeating: 0, count: words)
    before = Scratch(repeating: 0, count: words)
  }

  func mark(_ position: UInt32) { marks[position >> 6] |= 1 << UInt64(position & 63) }

  /// How many marks there are. Ranks are known from then on.
  func countMarks() -> Int {
    var count = 0
    for word in 0..<marks.count {
      before[word] = UInt32(count)
      count += marks[word].nonzeroBitCount
    }
    return count
  }

  /// How many marks there are before the position.
  func rank(of position: UInt32) -> Int {
    let earlier = marks[position >> 6] & (1 << UInt64(position & 63) - 1)
    return Int(before[position >> 6]) + earlier.nonzeroBitCount
  }
}
