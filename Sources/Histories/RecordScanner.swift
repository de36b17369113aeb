/// One JSON text in the source's buffer, not consumed yet.
struct Record {
  /// How many bytes it has, from the source's `start` on.
  var length: Int
  /// How many bytes follow that belong to it no more: a newline.
  var terminator = 0
  /// The 1-based line and column of its first byte.
  var line: Int
  var column: Int
  /// Whether the file ends right after it, without a newline.
  var endsFile: Bool
}

/// Splits a file into records: the lines of JSON lines, or the elements of one JSON array.
///
/// Memory is bounded by the longest record, which is bounded by `lengthLimit`.
struct RecordScanner: ~Copyable {
  /// How many bytes a line, or an element of an array, may have.
  static let lengthLimit = 16 << 20

  /// The same, but for tests.
  private let lengthLimit: Int

  private enum Layout {
    case unknown, lines
    /// An array, where `afterElement` says that `,` or `]` comes next.
    case array(afterElement: Bool)
    case finished
  }

  var source: ByteSource
  private let file: String
  private var layout = Layout.unknown
  /// The position of the first byte that is not consumed.
  private var line = 1
  private var column = 1

  init(source: consuming ByteSource, file: String, lengthLimit: Int = Self.lengthLimit) {
    self.source = source
    self.lengthLimit = lengthLimit
    self.file = file
  }

  /// Finds the next record that is not blank; nil at the end. `finish(_:)` it before the next one.
  mutating func next() throws(HistoryError) -> Record? {
    if case .unknown = layout { try detectLayout() }
    switch layout {
    case .lines, .unknown: return try nextLine()
    case .array(let afterElement): return try nextElement(afterElement: afterElement)
    case .finished: return nil
    }
  }

  /// Moves past a record.
  mutating func finish(_ record: Record) {
    advance(record.length + record.terminator)
  }

  /// An error at a byte of the record that `next()` gave last.
  func error(_ message: String, at offset: Int, of record: Record) -> HistoryError {
    var line = record.line
    var column = record.column + offset
    let end = min(source.start + offset, source.buffer.count)
    for position in source.start..<end where source.buffer[position] == UInt8(ascii: "\n") {
      line += 1
      column = end - position
    }
    return HistoryError(file: file, line: line, column: column, message: message)
  }

  // MARK: Lines

  private mutating func nextLine() throws(HistoryError) -> Record? {
    while true {
      guard let record = try wholeLine() else { return nil }
      if !isBlank(record) { return record }
      finish(record)
    }
  }

  private mutating func wholeLine() throws(HistoryError) -> Record? {
    var searched = 0
    while true {
      if let newline = source.offset(of: UInt8(ascii: "\n"), from: searched) {
        try checkLength(newline)
        return Record(
          length: newline, terminator: 1, line: line, column: column, endsFile: false)
      }
      searched = source.available
      try checkLength(searched)
      if try !fill() { break }
    }
    if source.available == 0 { return nil }
    return Record(length: source.available, line: line, column: column, endsFile: true)
  }

  private func isBlank(_ record: Record) -> Bool {
    for offset in 0..<record.length where !isSpace(source.buffer[source.start + offset]) {
      return false
    }
    return true
  }

  private func checkLength(_ length: Int) throws(HistoryError) {
    if length > lengthLimit {
      let what = if case .array = layout { "element" } else { "line" }
      throw HistoryError(
        file: file, line: line, column: column,
        message: "the \(what) is longer than \(lengthLimit >> 20) MiB, which is the limit")
    }
  }

  // MARK: Array

  private mutating func nextElement(afterElement: Bool) throws(HistoryError) -> Record? {
    try skipSpace()
    guard var byte = try peek() else { throw unclosed() }
    if byte == UInt8(ascii: "]") {
      advance(1)
      try skipSpace()
      if let byte = try peek() {
        throw here("unexpected \(shown(byte)) after the end of the array")
      }
      layout = .finished
      return nil
    }
    if afterElement {
      guard byte == UInt8(ascii: ",") else {
        throw here("expected ',' or ']' after an event, found \(shown(byte))")
      }
      advance(1)
      try skipSpace()
      guard let next = try peek() else { throw unclosed() }
      byte = next
    }
    guard byte == UInt8(ascii: "{") else {
      throw here("expected an event, which is an object, found \(shown(byte))")
    }
    layout = .array(afterElement: true)
    let length = try elementLength()
    return Record(length: length, line: line, column: column, endsFile: false)
  }

  /// The length of the object at `start`: up to where its brackets balance, strings left aside.
  private mutating func elementLength() throws(HistoryError) -> Int {
    var depth = 0
    var inString = false
    var offset = 0
    while true {
      while offset < source.available {
        let byte = source.buffer[source.start + offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""): inString.toggle()
        case UInt8(ascii: "\\") where inString: offset += 1
        case UInt8(ascii: "{") where !inString: depth += 1
        case UInt8(ascii: "}") where !inString:
          depth -= 1
          if depth == 0 { return offset }
        default: break
        }
      }
      try checkLength(offset)
      if try !fill() { throw unclosed() }
    }
  }

  private func unclosed() -> HistoryError {
    here("the file ends before the array is closed by ']'")
  }

  // MARK: Bytes

  /// Tells lines from an array by the first byte that counts.
  private mutating func detectLayout() throws(HistoryError) {
    while source.available < 3, try fill() {}
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if source.available >= 3, source.buffer[source.start..<source.start + 3].elementsEqual(mark) {
      source.consume(3)
    }
    try skipSpace()
    layout = .lines
    if try peek() == UInt8(ascii: "[") {
      advance(1)
      layout = .array(afterElement: false)
    }
  }

  private mutating func skipSpace() throws(HistoryError) {
    while let byte = try peek(), isSpace(byte) { advance(1) }
  }

  private mutating func peek() throws(HistoryError) -> UInt8? {
    if source.available == 0, try !fill() { return nil }
    return source.buffer[source.start]
  }

  /// Consumes bytes and keeps line and column in step.
  private mutating func advance(_ count: Int) {
    var lineStart = 0
    while let newline = source.offset(of: UInt8(ascii: "\n"), from: lineStart), newline < count {
      lineStart = newline + 1
      line += 1
      column = 1
    }
    column += count - lineStart
    source.consume(count)
  }

  private mutating func fill() throws(HistoryError) -> Bool {
    do {
      return try source.fill()
    } catch {
      throw HistoryError(kind: .unreadable, file: file, message: "cannot be read: \(error)")
    }
  }

  private func here(_ message: String) -> HistoryError {
    HistoryError(file: file, line: line, column: column, message: message)
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}
