internal import Glibc

/// Reads a history of JSON lines in one pass, from bytes to paired operations.
///
/// It is for what needs no more than that: valid lines, in order. Of anything else it gives nil, and
/// `HistoryReader` says what is wrong or puts it in order.
struct LineHistory {
  private let text: [UInt8]
  private let count: Int
  private let source: String
  private var header: [String: Value] = [:]
  private var lines: EventLines
  private var pairing: Pairing
  private var layouts = LineLayouts()
  /// How many lines had no layout that was known.
  private var unusualLines = 0
  private var names = FunctionNames()
  private var lastIndex: Int64 = -1
  private var lastTime = Int64.min
  /// Whether all events so far have an index, have a time, and are in order of time.
  private var isIndexed = true
  private var isTimed = true
  private var isInOrder = true
  private var lastLineIsPartial = false

  /// The history; nil if it takes more than this.
  static func read(_ text: WholeText, source: String) -> History? {
    var history = LineHistory(text, source: source)
    guard history.readLines() else { return nil }
    if !history.isIndexed, history.isTimed, !history.isInOrder { return nil }
    history.lines.table = history.pairing.table
    return History(
      source: source, header: history.header, events: Events(history.lines),
      lastLineIsPartial: history.lastLineIsPartial)
  }

  private init(_ text: WholeText, source: String) {
    self.text = text.bytes
    self.source = source
    count = text.count
    lines = EventLines(text: text.bytes)
    pairing = Pairing(OperationTable(text: text.bytes))
  }

  private mutating func readLines() -> Bool {
    let text = text
    // Safe: the pointer does not leave the closure, and the array has the padding behind the text.
    return text.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      var scanner = EventScanner(start: start)
      return readLines(&scanner)
    }
  }

  private mutating func readLines(_ scanner: inout EventScanner) -> Bool {
    var offset = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var line = 1
    while offset < count, isBlank(offset..<lineEnd(offset)) {
      offset = lineEnd(offset) + 1
      line += 1
    }
    if offset >= count { return true }
    // An array is no lines.
    guard text[scanner.skipSpace(offset)] == UInt8(ascii: "{") else { return false }
    guard let end = readHeader(at: offset) else { return false }
    if end > offset { (offset, line) = (end, line + 1) }
    reserve(for: count - offset, lineLength: lineEnd(offset) + 1 - offset)
    var event = EventScanner.Event()
    while offset < count {
      guard readUsual(from: &offset, &line, scanner, &event) else { return false }
      if offset >= count { break }
      let end = lineEnd(offset)
      if !isBlank(offset..<end) {
        guard readOther(offset..<end, &scanner, &event), add(event, offset: offset, line: line)
        else { return lastLineIsPartial }
      }
      offset = end + 1
      line += 1
    }
    return true
  }

  /// Reads lines of known layouts, newlines included, up to one of another; false if they are out of
  /// order.
  private mutating func readUsual(
    from offset: inout Int, _ line: inout Int, _ scanner: EventScanner,
    _ event: inout EventScanner.Event
  ) -> Bool {
    let (parts, names) = (layouts.parts, names.names)
    if parts.isEmpty { return true }
    // Safe: the pointers do not leave the closures.
    return parts.withUnsafeBufferPointer { parts in
      names.withUnsafeBufferPointer { names in
        guard let parts = parts.baseAddress else { return true }
        while offset < count {
          guard
            let end = LineLayouts.read(parts, at: offset, scanner, names, into: &event, &pairing)
          else { return true }
          guard add(event, offset: offset, line: line) else { return false }
          offset = end
          line += 1
        }
        return true
      }
    }
  }

  /// Reads any other line, and learns its layout; false if it is not valid.
  private mutating func readOther(
    _ line: Range<Int>, _ scanner: inout EventScanner, _ event: inout EventScanner.Event
  ) -> Bool {
    let start = scanner.skipSpace(line.lowerBound)
    if let end = scanner.scan(at: start, into: &event, &pairing),
      scanner.skipSpace(end) == line.upperBound
    {
      names.update(pairing.table)
      // The newline belongs to the layout. The last line may have none.
      let whole = line.lowerBound..<line.upperBound + 1
      // Few lines are not a client's.
      if learnsLayouts(), whole.upperBound <= count, event.isClient {
        layouts.learn(scanner, line: whole)
      }
      return true
    }
    return parse(line, into: &event)
  }

  /// Counts a line of no known layout. Where most lines are such, layouts only cost time, and are given up.
  private mutating func learnsLayouts() -> Bool {
    unusualLines += 1
    let areUseful = unusualLines < 64 || unusualLines * 2 < lines.count
    if !areUseful { layouts = LineLayouts() }
    return areUseful
  }

  /// Reads a line as strictly and slowly as it can be.
  private mutating func parse(_ line: Range<Int>, into event: inout EventScanner.Event) -> Bool {
    guard line.count <= RecordScanner.lengthLimit else { return false }
    let parsed: Event
    let hasIndex: Bool
    do throws(JSONError) {
      (parsed, hasIndex) = try EventParser.parse(text.span.extracting(line))
    } catch {
      lastLineIsPartial = error.isAtEnd && line.upperBound == count
      return false
    }
    event = EventScanner.Event()
    if hasIndex { event.index = Int64(parsed.index) }
    event.step.time = parsed.time ?? .min
    guard let step = pairing.step(for: parsed) else { return true }
    event.isClient = true
    event.step = step
    return true
  }

  private mutating func add(
    _ event: EventScanner.Event, offset: Int, line: Int
  ) -> Bool {
    if event.index >= 0 {
      if event.index <= lastIndex { return false }
      lastIndex = event.index
    } else {
      isIndexed = false
    }
    if event.step.time == .min {
      isTimed = false
    } else {
      if event.step.time < lastTime { isInOrder = false }
      lastTime = event.step.time
    }
    if event.isClient, pairing.add(event.step, at: lines.count) != nil { return false }
    lines.add(offset: offset, line: line)
    // Positions are numbers of 32 bits.
    return lines.count < Int(Int32.max)
  }

  /// Makes room as if all lines were as long as the first, and each second an invocation.
  private mutating func reserve(for length: Int, lineLength: Int) {
    let lines = length / max(lineLength, 1)
    pairing.table.reserve(lines / 2 + lines / 32)
    self.lines.reserve(lines + lines / 16)
  }

  // MARK: Lines

  /// Reads the first line if it is a header; gives the offset behind it, or nil if it is one of another version.
  private mutating func readHeader(at offset: Int) -> Int? {
    let end = lineEnd(offset)
    guard let value = try? JSONParser.parse(text.span.extracting(offset..<end)),
      case .object(let members) = value, let version = members["faultline"]
    else { return offset }
    guard version == .integer(1) else { return nil }
    header = members
    return min(end + 1, count)
  }

  /// Where the line at the offset ends, its newline left aside.
  private func lineEnd(_ offset: Int) -> Int {
    // Safe: the pointer does not leave the closure, and memchr stays within the text.
    text.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let found = memchr(base + offset, CInt(UInt8(ascii: "\n")), count - offset)
      else { return count }
      return UnsafeRawPointer(found) - base
    }
  }

  private func isBlank(_ range: Range<Int>) -> Bool { text[range].allSatisfy(Self.isSpace) }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}
