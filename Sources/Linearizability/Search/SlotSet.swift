/// A set of slots, which number the calls that are open at the same time.
///
/// Two forms, so that the usual case of few open calls is one word without indirection.
protocol SlotSet: Sendable, Equatable {
  /// An empty set that can hold slots below `capacity`.
  init(capacity: Int)
  func contains(_ slot: Int) -> Bool
  mutating func insert(_ slot: Int)
  mutating func remove(_ slot: Int)
  /// Adds the slots of the other.
  mutating func formUnion(_ other: Self)
  /// Removes the slots of the other.
  mutating func subtract(_ other: Self)
  /// How many slots it has in common with the mask.
  func count(within mask: Self) -> Int
  /// Whether both have the same slots within the mask.
  func isEqual(to other: Self, within mask: Self) -> Bool
  /// A hash of all slots.
  var hash: UInt64 { get }
  /// A hash of the slots within the mask.
  func hash(within mask: Self) -> UInt64
  /// Whether the other has all of its slots.
  func isSubset(of other: Self) -> Bool
  /// Whether it is a subset of the other, once membership of the flipped slots is inverted in both.
  func isSubset(of other: Self, flipping flipped: Self) -> Bool
  /// How many bytes a set takes outside of the value itself.
  static func heapBytes(capacity: Int) -> Int
}

/// Mixes the bits of a word so that all of them depend on all (the finalizer of SplitMix64).
func mixed(_ word: UInt64) -> UInt64 {
  var z = word
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// At most as many slots as the word has bits.
struct WordSlotSet<Word: FixedWidthInteger & UnsignedInteger & Sendable>: SlotSet {
  private var word: Word = 0

  init(capacity: Int) { precondition(capacity <= Word.bitWidth) }

  func contains(_ slot: Int) -> Bool { word & (1 &<< Word(truncatingIfNeeded: slot)) != 0 }
  mutating func insert(_ slot: Int) { word |= 1 &<< Word(truncatingIfNeeded: slot) }
  mutating func remove(_ slot: Int) { word &= ~(1 &<< Word(truncatingIfNeeded: slot)) }
  mutating func formUnion(_ other: Self) { word |= other.word }
  mutating func subtract(_ other: Self) { word &= ~other.word }
  func count(within mask: Self) -> Int { (word & mask.word).nonzeroBitCount }
  func isEqual(to other: Self, within mask: Self) -> Bool { (word ^ other.word) & mask.word == 0 }
  var hash: UInt64 { Self.hash(word) }
  func hash(within mask: Self) -> UInt64 { Self.hash(word & mask.word) }
  func isSubset(of other: Self) -> Bool { word & ~other.word == 0 }
  func isSubset(of other: Self, flipping flipped: Self) -> Bool {
    (word ^ flipped.word) & ~(other.word ^ flipped.word) == 0
  }
  static func heapBytes(capacity: Int) -> Int { 0 }

  private static func hash(_ word: Word) -> UInt64 {
    let low = mixed(UInt64(truncatingIfNeeded: word))
    return Word.bitWidth <= 64 ? low : mixed(low &+ UInt64(truncatingIfNeeded: word >> 64))
  }
}

/// Any number of slots.
struct LargeSlotSet: SlotSet {
  private var words: [UInt64]

  init(capacity: Int) { words = Array(repeating: 0, count: (capacity + 63) / 64) }

  func contains(_ slot: Int) -> Bool { words[slot >> 6] & (1 << UInt64(slot & 63)) != 0 }
  mutating func insert(_ slot: Int) { words[slot >> 6] |= 1 << UInt64(slot & 63) }
  mutating func remove(_ slot: Int) { words[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
  mutating func formUnion(_ other: Self) {
    for i in words.indices { words[i] |= other.words[i] }
  }
  mutating func subtract(_ other: Self) {
    for i in words.indices { words[i] &= ~other.words[i] }
  }

  func count(within mask: Self) -> Int {
    var count = 0
    for i in words.indices { count += (words[i] & mask.words[i]).nonzeroBitCount }
    return count
  }

  func isEqual(to other: Self, within mask: Self) -> Bool {
    for i in words.indices where (words[i] ^ other.words[i]) & mask.words[i] != 0 { return false }
    return true
  }

  var hash: UInt64 {
    var hash: UInt64 = 0
    for i in words.indices { hash = mixed(hash &+ words[i] &+ UInt64(i)) }
    return hash
  }

  func hash(within mask: Self) -> UInt64 {
    var hash: UInt64 = 0
    for i in words.indices { hash = mixed(hash &+ (words[i] & mask.words[i]) &+ UInt64(i)) }
    return hash
  }

  func isSubset(of other: Self) -> Bool {
    for i in words.indices where words[i] & ~other.words[i] != 0 { return false }
    return true
  }

  func isSubset(of other: Self, flipping flipped: Self) -> Bool {
    for i in words.indices
    where (words[i] ^ flipped.words[i]) & ~(other.words[i] ^ flipped.words[i]) != 0 {
      return false
    }
    return true
  }

  static func heapBytes(capacity: Int) -> Int { 32 + (capacity + 63) / 64 * 8 }
}
