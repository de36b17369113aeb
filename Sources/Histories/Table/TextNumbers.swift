internal import Glibc

/// A place in a text of up to 2^40 bytes: its offset and length, in one word.
struct TextPlace: Equatable {
  var packed: Int64

  init(packed: Int64) { self.packed = packed }

  /// Lengths are at most 2^24, the limit of a line.
  init(offset: Int, count: Int) { packed = Int64(offset) << 24 | Int64(count) }

  var offset: Int { Int(packed >> 24) }
  var count: Int { Int(packed & 0xFF_FFFF) }
  var range: Range<Int> { offset..<offset + count }
}

/// Numbers by the bytes at places in a text, which others keep: a hash table with open addressing.
struct TextNumbers {
  private struct Entry {
    var hash: UInt64
    var place: TextPlace
    var number: UInt32
  }

  private var entries: [Entry] = []
  /// Indexes into the entries, plus 1; 0 where nothing is.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  /// The number of equal bytes; nil if there is none. `text` is what places refer to.
  func number(of bytes: UnsafeRawBufferPointer, hash: UInt64, in text: UnsafeRawPointer) -> UInt32?
  {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      // Safe: the place lies in the text, and both have as many bytes.
      if entry.hash == hash, entry.place.count == bytes.count,
        let start = bytes.baseAddress,
        memcmp(start, text + entry.place.offset, bytes.count) == 0
      {
        return entry.number
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Adds bytes that have no number yet.
  mutating func insert(_ number: UInt32, _ place: TextPlace, hash: UInt64) {
    entries.append(Entry(hash: hash, place: place, number: number))
    if entries.count * 2 > slots.count {
      slots = Array(repeating: 0, count: slots.count * 2)
      for (index, entry) in entries.enumerated() { put(index, entry.hash) }
    } else {
      put(entries.count - 1, hash)
    }
  }

  private mutating func put(_ index: Int, _ hash: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(index + 1)
  }

  /// A hash of bytes, a word at a time (multiply and fold). The seed differs from process to process, so that
  /// no history can be made whose values all collide.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = seed ^ UInt64(bytes.count)
    var offset = 0
    // Safe: only whole words within the bytes are loaded, then single bytes.
    while offset + 8 <= bytes.count {
      hash = folded(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < bytes.count {
      rest = rest << 8 | UInt64(bytes[offset])
      offset += 1
    }
    return folded(folded(hash ^ rest) ^ seed)
  }

  private static let seed = UInt64.random(in: .min ... .max)

  private static func folded(_ word: UInt64) -> UInt64 {
    let (high, low) = word.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return high ^ low
  }
}
