/// How lines are laid out, learned from some of them: the text between the values, and what each value is.
/// Recorders write line after line in few ways, so that most of a line only needs to be compared.
///
/// The layouts make a trie, whose edges are text and the value behind it: lines that begin alike are read alike, and
/// what tells an invocation from its completion is looked at where it comes.
///
/// A line that fits was valid JSON in the line that it was learned from, and the values are checked as strictly as
/// `EventScanner` does, so it is valid too.
struct LineLayouts {
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
    var length: Int32 = 0
    /// The first part of those that may follow, and the next of those that may stand in its place; -1 if
    /// there is none. Only an end is followed by none.
    var next: Int32 = -1
    var other: Int32 = -1
    var slot = Slot.text

    func isSame(_ part: Part) -> Bool {
      slot == part.slot && length == part.length && low == part.low && high == part.high
    }
  }

  /// The first of them begins lines.
  private(set) var parts: [Part] = []
  private static let limit = 256

  /// Learns from the line that was scanned last, which begins and ends at these offsets.
  mutating func learn(_ scanner: EventScanner, line: Range<Int>) {
    let path = Self.path(scanner, line)
    if path.count > Self.limit { return }
    // Newer layouts are the ones that matter.
    if parts.count + path.count > Self.limit { parts = [] }
    var parent: Int?
    for part in path { parent = add(part, behind: parent) }
  }

  /// The index of the part among those that follow `parent`, which it is added to if it is new.
  private mutating func add(_ part: Part, behind parent: Int?) -> Int {
    var last: Int?
    var index = parent.map { Int(parts[$0].next) } ?? (parts.isEmpty ? -1 : 0)
    while index >= 0 {
      if parts[index].isSame(part) { return index }
      last = index
      index = Int(parts[index].other)
    }
    index = parts.count
    parts.append(part)
    if let last {
      parts[last].other = Int32(index)
    } else if let parent {
      parts[parent].next = Int32(index)
    }
    return index
  }

  // MARK: The parts of a line

  private static func path(_ scanner: EventScanner, _ line: Range<Int>) -> [Part] {
    var path: [Part] = []
    var position = line.lowerBound
    for field in scanner.fields {
      // Quotes around a type or function belong to the text.
      let isQuoted = field.name == .type || field.name == .f
      let start = isQuoted ? field.value.lowerBound + 1 : field.value.lowerBound
      path += parts(position..<start, slot: slot(of: field, scanner), scanner)
      position = isQuoted ? field.value.upperBound - 1 : field.value.upperBound
    }
    return path + parts(position..<line.upperBound, slot: .end, scanner)
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

  private static func parts(_ text: Range<Int>, slot: Slot, _ scanner: EventScanner) -> [Part] {
    stride(from: text.lowerBound, to: max(text.upperBound, text.lowerBound + 1), by: 16).map {
      let end = min($0 + 16, text.upperBound)
      return part($0..<end, slot: end < text.upperBound ? .text : slot, scanner)
    }
  }

  private static func part(_ text: Range<Int>, slot: Slot, _ scanner: EventScanner) -> Part {
    func mask(_ count: Int) -> UInt64 { count >= 8 ? .max : (1 << UInt64(8 * max(count, 0))) - 1 }
    var part = Part()
    part.lowMask = mask(text.count)
    part.highMask = mask(text.count - 8)
    part.low = scanner.load(text.lowerBound) & part.lowMask
    part.high = scanner.load(text.lowerBound + 8) & part.highMask
    part.length = Int32(text.count)
    part.slot = slot
    return part
  }

  // MARK: Reading

  /// Reads a line at an offset that has a layout of these parts; gives the offset behind it, or nil if it
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
    // Safe: the indexes are those of other parts, and an end ends the loop.
    while true {
      let differs =
        (scanner.load(position) ^ part.pointee.low) & part.pointee.lowMask
        | (scanner.load(position + 8) ^ part.pointee.high) & part.pointee.highMask
      if differs == 0,
        let end = take(
          part.pointee.slot, at: position + Int(part.pointee.length), scanner, names, &event,
          &pairing)
      {
        if part.pointee.next < 0 { return end }
        position = end
        part = parts + Int(part.pointee.next)
      } else {
        if part.pointee.other < 0 { return nil }
        part = parts + Int(part.pointee.other)
      }
    }
  }

  /// Reads a value, and gives the offset behind it; nil if it is no such value.
  @inline(__always)
  private static func take(
    _ slot: Slot, at position: Int, _ scanner: EventScanner,
    _ names: UnsafeBufferPointer<FunctionNames.Name>, _ event: inout EventScanner.Event,
    _ pairing: inout Pairing
  ) -> Int? {
    switch slot {
    case .text, .end: return position
    case .index:
      guard let (number, end) = scanner.integer(position), number >= 0 else { return nil }
      event.index = number
      return end
    case .time:
      guard let (number, end) = scanner.integer(position) else { return nil }
      event.step.time = number
      return end
    case .process:
      guard let (number, end) = scanner.integer(position) else { return nil }
      event.step.process = Int(number)
      return end
    case .type:
      guard let (type, length) = type(scanner.load(position)) else { return nil }
      event.step.type = type
      return position + length
    case .f:
      guard let (function, length) = FunctionNames.find(names, scanner, at: position) else {
        return nil
      }
      event.step.function = function
      return position + length
    case .key:
      guard let (number, end) = scanner.number(at: position, &pairing.table.keyValues) else {
        return nil
      }
      event.step.key = number
      return end
    case .value:
      guard let (number, end) = scanner.number(at: position, &pairing.table.values) else {
        return nil
      }
      event.step.value = number
      return end
    case .node: return scanner.plainString(position)
    case .integer: return scanner.integer(position)?.end
    case .other: return scanner.skipValue(position, depth: 1)
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
