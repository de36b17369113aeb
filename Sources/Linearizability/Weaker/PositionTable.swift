/// Vectors of numbers that were met, all of one width: each is kept once. The newest may be changed until it
/// is inserted.
struct PositionTable {
  private let width: Int
  private var numbers: [Int32]
  /// Open addressing, by the hash of a vector: its number, or -1.
  private var places: [Int32] = Array(repeating: -1, count: 64)

  /// Holds one vector that is not inserted yet.
  init(start: [Int32]) {
    width = start.count
    numbers = start
  }

  /// How many there are, the newest included.
  var count: Int { numbers.count / width }

  /// A number of the newest vector.
  func last(_ index: Int) -> Int32 { numbers[numbers.count - width + index] }

  /// Changes a number of the newest vector.
  mutating func setLast(_ index: Int, _ number: Int32) {
    numbers[numbers.count - width + index] = number
  }

  /// Makes a copy of a vector the newest.
  mutating func copyToLast(_ vector: Int) {
    for index in vector * width..<(vector + 1) * width { numbers.append(numbers[index]) }
  }

  /// Forgets the newest, which was not inserted.
  mutating func removeLast() { numbers.removeLast(width) }

  /// Inserts the newest; false if it is there already.
  @discardableResult mutating func insertLast() -> Bool {
    if count * 2 > places.count { grow() }
    let place = place(of: count - 1)
    if places[place] >= 0 { return false }
    places[place] = Int32(count - 1)
    return true
  }

  /// Where the vector is, or belongs.
  private func place(of vector: Int) -> Int {
    let range = vector * width..<(vector + 1) * width
    var hash: UInt64 = 0
    for index in range { hash = mixed(hash ^ UInt64(UInt32(bitPattern: numbers[index]))) }
    var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
    while places[place] >= 0, !isEqual(Int(places[place]), range) {
      place = (place + 1) & (places.count - 1)
    }
    return place
  }

  private func isEqual(_ vector: Int, _ range: Range<Int>) -> Bool {
    let start = vector * width
    for index in range where numbers[index] != numbers[start + index - range.lowerBound] {
      return false
    }
    return true
  }

  private mutating func grow() {
    let old = places
    places = Array(repeating: -1, count: old.count * 2)
    for vector in old where vector >= 0 { places[place(of: Int(vector))] = vector }
  }
}
