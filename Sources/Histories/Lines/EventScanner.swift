internal import Glibc

/// Reads the parts of an event that pairing needs straight from its JSON text, without making an
/// `Event`.
///
/// It takes on what is usual, and checks as strictly as `EventParser` whatever it takes on; it says nil of all
/// else, which is then for `EventParser` to decide. Offsets count from the start of the text, which is followed
/// by at least `WholeText.padding` zero bytes.
struct EventScanner {
  /// What is known of an event.
  struct Event {
    /// -1 where none was recorded.
    var index: Int64 = -1
    /// Whether a client did it. If not, it is not paired, and the rest is without meaning.
    var isClient = false
    var step = Pairing.Step()
  }

  let start: UnsafeRawPointer
  /// Where the fields of the event that was scanned last lie, to learn its line's layout from.
  private(set) var fields: [Field] = []

  /// A field of an event: its name, and where its value lies.
  struct Field {
    enum Name: Hashable {
      case index, time, process, type, f, key, value, node, other
    }

    var name: Name
    var value: Range<Int>
  }

  init(start: UnsafeRawPointer) { self.start = start }

  /// Reads the object at an offset; gives the offset right behind it.
  mutating func scan(
    at offset: Int, into event: inout Event, _ pairing: inout Pairing
  ) -> Int? {
    fields.removeAll(keepingCapacity: true)
    event = Event()
    var seen: UInt = 0
    var others: [Range<Int>] = []
    var position = skipSpace(offset)
    guard byte(position) == UInt8(ascii: "{") else { return nil }
    position = skipSpace(position + 1)
    while true {
      guard let keyEnd = plainString(position) else { return nil }
      let key = position + 1..<keyEnd - 1
      position = skipSpace(keyEnd)
      guard byte(position) == UInt8(ascii: ":") else { return nil }
      position = skipSpace(position + 1)
      let name = name(key)
      if name == .other {
        guard others.count < 8, !others.contains(where: { isSame($0, key) }) else { return nil }
        others.append(key)
      } else {
        let bit: UInt = 1 << UInt(name.bit)
        if seen & bit != 0 { return nil }
        seen |= bit
      }
      guard let end = value(of: name, at: position, &event, &pairing) else { return nil }
      fields.append(Field(name: name, value: position..<end))
      position = skipSpace(end)
      let separator = byte(position)
      position += 1
      if separator == UInt8(ascii: "}") { break }
      guard separator == UInt8(ascii: ",") else { return nil }
      position = skipSpace(position)
    }
    // Process, type and function must be there.
    return seen & 0b11100 == 0b11100 ? position : nil
  }

  // MARK: Fields

  private func name(_ key: Range<Int>) -> Field.Name {
    switch key.count {
    case 1 where byte(key.lowerBound) == UInt8(ascii: "f"): .f
    case 3 where isText(key, "key"): .key
    case 4 where isText(key, "time"): .time
    case 4 where isText(key, "type"): .type
    case 4 where isText(key, "node"): .node
    case 5 where isText(key, "index"): .index
    case 5 where isText(key, "value"): .value
    case 7 where isText(key, "process"): .process
    default: .other
    }
  }

  private mutating func value(
    of name: Field.Name, at offset: Int, _ event: inout Event, _ pairing: inout Pairing
  ) -> Int? {
    switch name {
    case .index:
      guard let (number, end) = integer(offset), number >= 0 else { return nil }
      event.index = number
      return end
    case .time:
      guard let (number, end) = integer(offset), number > .min else { return nil }
      event.step.time = number
      return end
    case .process: return process(offset, &event)
    case .type: return type(offset, &event)
    case .f: return function(offset, &event, &pairing)
    case .key:
      guard let (number, end) = number(at: offset, &pairing.table.keyValues) else { return nil }
      event.step.key = number
      return end
    case .value:
      guard let (number, end) = number(at: offset, &pairing.table.values) else { return nil }
      event.step.value = number
      return end
    case .node: return plainString(offset)
    case .other: return skipValue(offset, depth: 1)
    }
  }

  private func process(_ offset: Int, _ event: inout Event) -> Int? {
    if let (number, end) = integer(offset) {
      event.isClient = true
      event.step.process = Int(number)
      return end
    }
    return plainString(offset)
  }

  private func type(_ offset: Int, _ event: inout Event) -> Int? {
    guard let end = plainString(offset) else { return nil }
    let text = offset + 1..<end - 1
    for (type, name) in [
      (EventType.invoke, "invoke" as StaticString), (.ok, "ok"), (.fail, "fail"), (.info, "info"),
    ] where isText(text, name) {
      event.step.type = type
      return end
    }
    return nil
  }

  private func function(_ offset: Int, _ event: inout Event, _ pairing: inout Pairing) -> Int? {
    guard let end = plainString(offset) else { return nil }
    let text = UnsafeRawBufferPointer(start: start + offset + 1, count: end - offset - 2)
    event.step.function = pairing.function(named: String(decoding: text, as: UTF8.self))
    return end
  }

  /// The number that a table has for the value at the offset, and where the value ends.
  func number(at offset: Int, _ table: inout ValueTable) -> (UInt32, end: Int)? {
    if let (integer, end) = integer(offset) { return (table.add(integer), end) }
    if isWord("null", at: offset) { return (ValueTable.null, offset + 4) }
    let plain = plainString(offset)
    guard let end = plain ?? skipValue(offset, depth: 1), end - offset < 1 << 24 else { return nil }
    let place = TextPlace(offset: offset, count: end - offset)
    guard let number = try? table.add(place, isPlain: plain != nil, of: start) else { return nil }
    return (number, end)
  }

  // MARK: Values

  /// Where the value at the offset ends; nil if it is unusual or invalid.
  func skipValue(_ offset: Int, depth: Int) -> Int? {
    switch byte(offset) {
    case UInt8(ascii: "\""): plainString(offset)
    case UInt8(ascii: "["): skipArray(offset, depth: depth + 1)
    case UInt8(ascii: "t"): isWord("true", at: offset) ? offset + 4 : nil
    case UInt8(ascii: "f"): isWord("false", at: offset) ? offset + 5 : nil
    case UInt8(ascii: "n"): isWord("null", at: offset) ? offset + 4 : nil
    default: integer(offset)?.end
    }
  }

  private func skipArray(_ offset: Int, depth: Int) -> Int? {
    if depth > JSONParser.nestingLimit { return nil }
    var position = skipSpace(offset + 1)
    if byte(position) == UInt8(ascii: "]") { return position + 1 }
    while true {
      guard let end = skipValue(position, depth: depth) else { return nil }
      position = skipSpace(end)
      let separator = byte(position)
      position += 1
      if separator == UInt8(ascii: "]") { return position }
      guard separator == UInt8(ascii: ",") else { return nil }
      position = skipSpace(position)
    }
  }

  /// An integer of up to 18 digits, and where it ends; nil if there is none, or a number of another kind.
  @inline(__always)
  func integer(_ offset: Int) -> (Int64, end: Int)? {
    let isNegative = byte(offset) == UInt8(ascii: "-")
    let first = isNegative ? offset + 1 : offset
    let (value, count) = DecimalDigits.parse(start + first)
    if count == 0 { return nil }
    let end = first + count
    // A fraction or an exponent may follow.
    let next = byte(end)
    if next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") { return nil }
    return (isNegative ? -Int64(value) : Int64(value), end)
  }

  /// Where the string ends, quotes included; nil unless it is one of printable ASCII without escapes.
  @inline(__always)
  func plainString(_ offset: Int) -> Int? {
    guard byte(offset) == UInt8(ascii: "\"") else { return nil }
    var position = offset + 1
    while true {
      let word = load(position)
      let quotes = zeroBytes(word ^ 0x2222_2222_2222_2222)
      // Below a space, a backslash, or beyond ASCII.
      let odd =
        ((word &- 0x2020_2020_2020_2020) & ~word | word) & 0x8080_8080_8080_8080
        | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
      if (quotes | odd) != 0 {
        // The lowest marks are exact; those above may be carries.
        if quotes == 0 || odd.trailingZeroBitCount < quotes.trailingZeroBitCount { return nil }
        return position + quotes.trailingZeroBitCount / 8 + 1
      }
      position += 8
    }
  }

  // MARK: Bytes

  /// The high bit of each byte that is zero; above the lowest one, others may be set too.
  @inline(__always)
  private func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  // Safe: scanning ends at the first zero byte, which the padding has, and words reach no further than it.
  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { start.load(fromByteOffset: offset, as: UInt8.self) }

  @inline(__always)
  func load(_ offset: Int) -> UInt64 {
    start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// Skips what is white space within a line. Records do not go on over lines.
  @inline(__always)
  func skipSpace(_ offset: Int) -> Int {
    var position = offset
    while byte(position) == 0x20 || byte(position) == 0x09 || byte(position) == 0x0D {
      position += 1
    }
    return position
  }

  private func isWord(_ text: StaticString, at offset: Int) -> Bool {
    memcmp(start + offset, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  private func isText(_ range: Range<Int>, _ text: StaticString) -> Bool {
    range.count == text.utf8CodeUnitCount && isWord(text, at: range.lowerBound)
  }

  private func isSame(_ a: Range<Int>, _ b: Range<Int>) -> Bool {
    a.count == b.count && memcmp(start + a.lowerBound, start + b.lowerBound, a.count) == 0
  }
}

extension EventScanner.Field.Name {
  /// The bit of the name among those that may occur once.
  fileprivate var bit: Int {
    switch self {
    case .index: 0
    case .time: 1
    case .process: 2
    case .type: 3
    case .f: 4
    case .key: 5
    case .value: 6
    case .node: 7
    case .other: 8
    }
  }
}
