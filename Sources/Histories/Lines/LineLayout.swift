/// How the lines of some kind are laid out, learned from one of them: the text between the values, and
/// what each value is. Recorders write line after line in the same way, so that most of a line only needs to be
/// compared.
///
/// A line that fits was valid JSON in the line that it was learned from, and the values are checked as strictly as
/// `EventScanner` does, so it is valid too.
struct LineLayout {
  enum Slot {
    /// More text than one comparison takes.
    case text
    case index, time, process, type, f, key, value, node
    case integer, other
    /// Behind the last text.
    case end
  }

  /// Up to 16 bytes of text, and the value behind it.
  struct Part {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var lowMask: UInt64 = 0
    var highMask: UInt64 = 0
    var length = 0
    var slot = Slot.text
  }

  /// The last one has the slot `end`.
  private(set) var parts: [Part] = []

  /// Learns from the line that was scanned last, which begins and ends at these offsets; nil if no
  /// client did what is in it, since such lines are rare.
  init?(_ scanner: EventScanner, line: Range<Int>, isClient: Bool) {
    guard isClient else { return nil }
    var position = line.lowerBound
    for field in scanner.fields {
      // Quotes around a type or function belong to the text.
      let isQuoted = field.name == .type || field.name == .f
      let start = isQuoted ? field.value.lowerBound + 1 : field.value.lowerBound
      add(position..<start, slot: Self.slot(of: field, scanner), scanner)
      position = isQuoted ? field.value.upperBound - 1 : field.value.upperBound
    }
    add(position..<line.upperBound, slot: .end, scanner)
  }

  private static func slot(of field: EventScanner.Field, _ scanner: EventScanner) -> Slot {
    switch field.name {
    case .index: .index
    case .time: .time
    case .process: .process
    case .type: .type
    case .f: .f
    case .key: .key
    case .value: .value
    case .node: .node
    case .other: scanner.integer(field.value.lowerBound) == nil ? .other : .integer
    }
  }

  private mutating func add(_ text: Range<Int>, slot: Slot, _ scanner: EventScanner) {
    var start = text.lowerBound
    while text.upperBound - start > 16 {
      parts.append(Self.part(start..<start + 16, slot: .text, scanner))
      start += 16
    }
    parts.append(Self.part(start..<text.upperBound, slot: slot, scanner))
  }

  private static func part(_ text: Range<Int>, slot: Slot, _ scanner: EventScanner) -> Part {
    func mask(_ count: Int) -> UInt64 { count >= 8 ? .max : (1 << UInt64(8 * max(count, 0))) - 1 }
    var part = Part()
    part.lowMask = mask(text.count)
    part.highMask = mask(text.count - 8)
    part.low = scanner.load(text.lowerBound) & part.lowMask
    part.high = scanner.load(text.lowerBound + 8) & part.highMask
    part.length = text.count
    part.slot = slot
    return part
  }

  /// Reads a line at an offset that has the layout of these parts; gives the offset behind it, or nil if it
  /// has another.
  @inline(__always)
  static func read(
    _ parts: UnsafePointer<Part>, at offset: Int, _ scanner: EventScanner,
    _ names: UnsafeBufferPointer<FunctionNames.Name>, into event: inout EventScanner.Event,
    _ pairing: inout Pairing
  ) -> Int? {
    event.index = -1
    event.isClient = true
    event.step = Pairing.Step()
    var position = offset
    var part = parts
    // Safe: the last part ends the loop.
    while true {
      let differs =
        (scanner.load(position) ^ part.pointee.low) & part.pointee.lowMask
        | (scanner.load(position + 8) ^ part.pointee.high) & part.pointee.highMask
      if differs != 0 { return nil }
      position += part.pointee.length
      let slot = part.pointee.slot
      part += 1
      switch slot {
      case .text: continue
      case .end: return position
      case .index:
        guard let (number, end) = scanner.integer(position), number >= 0 else { return nil }
        (event.index, position) = (number, end)
      case .time:
        guard let (number, end) = scanner.integer(position) else { return nil }
        (event.step.time, position) = (number, end)
      case .process:
        guard let (number, end) = scanner.integer(position) else { return nil }
        (event.step.process, position) = (Int(number), end)
      case .type:
        guard let (type, length) = type(scanner.load(position)) else { return nil }
        event.step.type = type
        position += length
      case .f:
        guard let (function, length) = FunctionNames.find(names, scanner, at: position) else {
          return nil
        }
        event.step.function = function
        position += length
      case .key:
        guard let (number, end) = scanner.number(at: position, &pairing.table.keyValues) else {
          return nil
        }
        (event.step.key, position) = (number, end)
      case .value:
        guard let (number, end) = scanner.number(at: position, &pairing.table.values) else {
          return nil
        }
        (event.step.value, position) = (number, end)
      case .node:
        guard let end = scanner.plainString(position) else { return nil }
        position = end
      case .integer:
        guard let end = scanner.integer(position)?.end else { return nil }
        position = end
      case .other:
        guard let end = scanner.skipValue(position, depth: 1) else { return nil }
        position = end
      }
    }
  }

  /// The type that a word begins with, and its length. The text behind it begins with a quote, which is
  /// compared next.
  @inline(__always)
  private static func type(_ word: UInt64) -> (EventType, Int)? {
    if word & 0xFFFF == 0x6B6F { return (.ok, 2) }
    if word & 0xFFFF_FFFF_FFFF == 0x656B_6F76_6E69 { return (.invoke, 6) }
    if word & 0xFFFF_FFFF == 0x6F66_6E69 { return (.info, 4) }
    if word & 0xFFFF_FFFF == 0x6C69_6166 { return (.fail, 4) }
    return nil
  }
}

/// Functions by the first bytes of their names as they lie in a text, for names of up to 15 bytes.
struct FunctionNames {
  struct Name {
    var low: UInt64
    var high: UInt64
    var lowMask: UInt64
    var highMask: UInt64
    var length: Int
    var number: UInt16
  }

  private(set) var names: [Name] = []

  /// Adds the functions that a table has got since.
  mutating func update(_ table: OperationTable) {
    while names.count < table.functionNames.count {
      names.append(Self.name(table.functionNames[names.count], UInt16(names.count)))
    }
  }

  /// The function whose name, with the quote behind it, is at the offset, and the length of the name.
  @inline(__always)
  static func find(
    _ names: UnsafeBufferPointer<Name>, _ scanner: EventScanner, at offset: Int
  ) -> (UInt16, Int)? {
    let (low, high) = (scanner.load(offset), scanner.load(offset + 8))
    for name in names
    where (low ^ name.low) & name.lowMask | (high ^ name.high) & name.highMask == 0 {
      return (name.number, name.length)
    }
    return nil
  }

  /// Never found: no valid text begins with these bytes, of which seven are zero.
  private static let nothing = Name(
    low: 1, high: 0, lowMask: .max, highMask: .max, length: 0, number: 0)

  private static func name(_ text: String, _ number: UInt16) -> Name {
    let bytes = Array(text.utf8) + [UInt8(ascii: "\"")]
    // What does not fit, or is written with escapes, is never found: its mask asks for more than there is.
    guard bytes.count <= 16,
      bytes.dropLast().allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
    else {
      return Name(low: 1, high: 0, lowMask: .max, highMask: .max, length: 0, number: number)
    }
    func word(_ slice: ArraySlice<UInt8>) -> UInt64 {
      slice.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func mask(_ count: Int) -> UInt64 { count >= 8 ? .max : (1 << UInt64(8 * max(count, 0))) - 1 }
    return Name(
      low: word(bytes.prefix(8)), high: word(bytes.dropFirst(8)), lowMask: mask(bytes.count),
      highMask: mask(bytes.count - 8), length: bytes.count - 1, number: number)
  }
}
