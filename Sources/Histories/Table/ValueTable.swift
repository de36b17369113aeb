/// The distinct values of a history, numbered from 0 as they are met: equal values have one number,
/// whatever text they were written as. Number 0 is always null.
///
/// A value is kept as small as it can be: an integer as itself, in 32 bits where they do, any other as a place
/// in the text that it was read from. So a table of a million small integers takes 9 bytes for each.
public struct ValueTable: Sendable {
  /// Where there is no value.
  public static let none = UInt32.max
  /// The number of null.
  public static let null: UInt32 = 0

  private enum Kind: UInt8 {
    case smallInteger, integer, text, value
  }

  private var kinds: [Kind] = []
  /// The small integer; or the index in `words` or `values`.
  private var payloads: [UInt32] = []
  /// The other integers, and places in the text.
  private var words: [Int64] = []
  private var values: [Value] = []
  /// What places in the text refer to.
  private let text: [UInt8]
  /// Numbers of small integers, by integer.
  private var small: [UInt32] = []
  private var large: [Int64: UInt32] = [:]
  private var texts = TextNumbers()
  /// Numbers of what is neither an integer nor a string without escapes in the text.
  private var others: [Value: UInt32] = [:]
  private var othersHaveStrings = false

  /// A table of null alone, for values that lie in the text or come from elsewhere.
  init(text: [UInt8] = []) {
    self.text = text
    _ = add(.null)
  }

  /// How many values there are.
  public var count: Int { payloads.count }

  /// The value of that number. Complexity: O(size of the value).
  public subscript(number: UInt32) -> Value {
    let payload = payloads[Int(number)]
    switch kinds[Int(number)] {
    case .smallInteger: return .integer(Int64(payload))
    case .integer: return .integer(words[Int(payload)])
    case .value: return values[Int(payload)]
    case .text: return string(at: TextPlace(packed: words[Int(payload)]))
    }
  }

  /// The integer of that number; nil if it is none.
  public func integer(_ number: UInt32) -> Int64? {
    let payload = payloads[Int(number)]
    return switch kinds[Int(number)] {
    case .smallInteger: Int64(payload)
    case .integer: words[Int(payload)]
    case .text, .value: nil
    }
  }

  /// The number of an equal value; nil if there is none. Complexity: O(size of the value).
  public func number(of value: Value) -> UInt32? {
    switch value {
    case .integer(let integer): return number(of: integer)
    case .string(let string): return plainNumber(of: string) ?? others[value]
    default: return others[value]
    }
  }

  // MARK: Adding

  /// Makes room for values, most of them small integers.
  mutating func reserve(_ count: Int) {
    kinds.reserveCapacity(count)
    payloads.reserveCapacity(count)
    small.reserveCapacity(count)
  }

  /// The number of the value, which is added if it is new.
  mutating func add(_ value: Value) -> UInt32 {
    if case .integer(let integer) = value { return add(integer) }
    if let number = number(of: value) { return number }
    let number = append(.value, UInt32(values.count))
    values.append(value)
    others[value] = number
    if case .string = value { othersHaveStrings = true }
    return number
  }

  /// The number of the integer, which is added if it is new.
  @inline(__always)
  mutating func add(_ integer: Int64) -> UInt32 {
    let index = Int(truncatingIfNeeded: integer)
    if index >= 0, index < small.count, small[index] != Self.none { return small[index] }
    return addNew(integer)
  }

  /// The number of the valid JSON value at a place in the text, which is added if it is new; `isPlain` if
  /// it is a string without escapes.
  ///
  /// `start` is where the text lies in memory. Throws if the value cannot be held, although it is valid.
  mutating func add(
    _ place: TextPlace, isPlain: Bool, of start: UnsafeRawPointer
  ) throws(JSONError) -> UInt32 {
    // Safe: the caller's text has the place, and is not touched meanwhile.
    let bytes = UnsafeRawBufferPointer(start: start + place.offset, count: place.count)
    let hash = TextNumbers.hash(bytes)
    if let number = texts.number(of: bytes, hash: hash, in: start) { return number }
    let number: UInt32
    if !isPlain {
      number = add(try JSONParser.parse(text.span.extracting(place.range)))
    } else if othersHaveStrings, let other = others[string(at: place)] {
      number = other
    } else {
      number = append(.text, word: place.packed)
    }
    texts.insert(number, place, hash: hash)
    return number
  }

  private mutating func append(_ kind: Kind, _ payload: UInt32) -> UInt32 {
    kinds.append(kind)
    payloads.append(payload)
    return UInt32(payloads.count - 1)
  }

  private mutating func append(_ kind: Kind, word: Int64) -> UInt32 {
    words.append(word)
    return append(kind, UInt32(words.count - 1))
  }

  // MARK: Integers

  private func number(of integer: Int64) -> UInt32? {
    if integer >= 0, integer < Int64(small.count) {
      let number = small[Int(integer)]
      return number == Self.none ? nil : number
    }
    return large[integer]
  }

  @inline(never)
  private mutating func addNew(_ integer: Int64) -> UInt32 {
    if let number = number(of: integer) { return number }
    let number =
      UInt32(exactly: integer).map { append(.smallInteger, $0) } ?? append(.integer, word: integer)
    // Integers index an array as long as they are dense. Whatever the array reaches is in it.
    if integer >= 0, integer < max(Int64(small.count), 2 * Int64(payloads.count) + 1024) {
      if integer >= Int64(small.count) { growSmall(to: Int(integer) + 1) }
      small[Int(integer)] = number
    } else {
      large[integer] = number
    }
    return number
  }

  private mutating func growSmall(to least: Int) {
    let count = max(small.count + small.count / 2, least)
    small += repeatElement(Self.none, count: count - small.count)
    // What was too large before may have become small.
    for (integer, number) in large where integer >= 0 && integer < Int64(count) {
      small[Int(integer)] = number
      large[integer] = nil
    }
  }

  // MARK: Strings

  private func string(at place: TextPlace) -> Value {
    .string(String(decoding: text[place.range.dropFirst().dropLast()], as: UTF8.self))
  }

  /// The number of a string that lies in the text without escapes.
  private func plainNumber(of string: String) -> UInt32? {
    if text.isEmpty { return nil }
    let quoted = [UInt8(ascii: "\"")] + string.utf8 + [UInt8(ascii: "\"")]
    // Safe: the pointers do not leave the closures.
    return quoted.withUnsafeBytes { bytes in
      text.withUnsafeBytes { text in
        text.baseAddress.flatMap {
          texts.number(of: bytes, hash: TextNumbers.hash(bytes), in: $0)
        }
      }
    }
  }
}
