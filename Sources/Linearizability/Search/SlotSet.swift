/// A set of slots, which number the calls that are open at the same time.
///
/// Two forms, so that the usual case of at most 64 open calls is one word without indirection.
protocol SlotSet: Sendable {
  /// An empty set that can hold slots below `capacity`.
  init(capacity: Int)
  func contains(_ slot: Int) -> Bool
  mutating func insert(_ slot: Int)
  mutating func remove(_ slot: Int)
  /// How many slots it has in common with the mask.
  func count(within mask: Self) -> Int
  /// Whether both have the same slots within the mask.
  func isEqual(to other: Self, within mask: Self) -> Bool
  /// A hash of the slots within the mask.
  func hash(within mask: Self) -> UInt64
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

/// At most 64 slots.
struct SmallSlotSet: SlotSet {
  private var word: UInt64 = 0

  init(capacity: Int) { precondition(capacity <= 64) }

  func contains(_ slot: Int) -> Bool { word & (1 << UInt64(slot)) != 0 }
  mutating func insert(_ slot: Int) { word |= 1 << UInt64(slot) }
  mutating func remove(_ slot: Int) { word &= ~(1 << UInt64(slot)) }
  func count(within mask: Self) -> Int { (word & mask.word).nonzeroBitCount }
  func isEqual(to other: Self, within mask: Self) -> Bool { (word ^ other.word) & mask.word == 0 }
  func hash(within mask: Self) -> UInt64 { mixed(word & mask.word) }
  func isSubset(of other: Self, flipping flipped: Self) -> Bool {
    (word ^ flipped.word) & ~(other.word ^ flipped.word) == 0
  }
  static func heapBytes(capacity: Int) -> Int { 0 }
}

/// Any number of slots.
struct LargeSlotSet: SlotSet {
  private var words: [UInt64]

  init(capacity: Int) { words = Array(repeating: 0, count: (capacity + 63) / 64) }

  func contains(_ slot: Int) -> Bool { words[slot >> 6] & (1 << UInt64(slot & 63)) != 0 }
  mutating func insert(_ slot: Int) { words[slot >> 6] |= 1 << UInt64(slot & 63) }
  mutating func remove(_ slot: Int) { words[slot >> 6] &= ~(1 << UInt64(slot & 63)) }

  func count(within mask: Self) -> Int {
    var count = 0
    for i in words.indices { count += (words[i] & mask.words[i]).nonzeroBitCount }
    return count
  }

  func isEqual(to other: Self, within mask: Self) -> Bool {
    for i in words.indices where (words[i] ^ other.words[i]) & mask.words[i] != 0 { return false }
    return true
  }

  func hash(within mask: Self) -> UInt64 {
    var hash: UInt64 = 0
    for i in words.indices { hash = mixed(hash &+ (words[i] & mask.words[i]) &+ UInt64(i)) }
    return hash
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
