/// Reads a history event by event: JSON lines, or one JSON array of the same objects.
///
/// Memory is constant apart from the longest line. A byte order mark, CRLF and blank lines are
/// tolerated; whatever else is not understood is an error with its position, never skipped.
public struct HistoryReader: ~Copyable {
  /// The first line where it has the key `faultline`; empty otherwise. Complete once `next()` has
  /// returned for the first time.
  public private(set) var header: [String: Value] = [:]
  /// Whether the last line was cut off in the middle, as a killed run leaves it. Such a line has
  /// no newline and becomes valid JSON only by adding to it. Known once `next()` returned nil.
  public private(set) var lastLineIsPartial = false

  /// Whether every event had an index.
  private(set) var isIndexed = true
  /// Where an index is smaller than one before it, if anywhere: to be put in order, which takes an
  /// index on every event.
  private(set) var disorder: HistoryError?

  private var records: RecordScanner
  private var isFirst = true
  /// How many events were read.
  private var count = 0
  /// The recorded index seen last, and its line.
  private var lastIndex: (index: Int, line: Int)?

  /// Opens a file; `-` is the standard input.
  public init(path: String) throws(HistoryError) {
    if path == "-" {
      self.init(fileDescriptor: 0, source: path)
      return
    }
    do {
      self.init(try ByteSource(path: path), source: path)
    } catch {
      throw HistoryError(kind: .unreadable, file: path, message: "cannot be opened: \(error)")
    }
  }

  /// Reads from a descriptor, which stays open; `source` names it in messages.
  public init(fileDescriptor: CInt, source: String) {
    self.init(ByteSource(descriptor: fileDescriptor), source: source)
  }

  /// Reads from bytes of which none was consumed.
  init(_ bytes: consuming ByteSource, source: String) {
    records = RecordScanner(source: bytes, file: source)
  }

  /// The next event; nil at the end. After an error in a line it goes on with the next one.
  public mutating func next() throws(HistoryError) -> Event? {
    while let record = try records.next() {
      defer { isFirst = false }
      do {
        if isFirst, try readHeader(record) {
          records.finish(record)
          isFirst = false
          continue
        }
        let (event, hasIndex) = try EventParser.parse(
          records.source.buffer.span.extracting(range(of: record)))
        let checked = try check(event, hasIndex: hasIndex, record)
        records.finish(record)
        return checked
      } catch {
        if error.isAtEnd, record.endsFile {
          lastLineIsPartial = true
          records.finish(record)
          return nil
        }
        let error = records.error(error.message, at: error.offset, of: record)
        records.finish(record)
        throw error
      }
    }
    return nil
  }

  /// Where the record lies in the source's buffer.
  private func range(of record: Record) -> Range<Int> {
    records.source.start..<records.source.start + record.length
  }

  /// Whether the record is a header; keeps it if so.
  private mutating func readHeader(_ record: Record) throws(JSONError) -> Bool {
    let value = try JSONParser.parse(records.source.buffer.span.extracting(range(of: record)))
    guard case .object(let members) = value,
      let version = members["faultline"]
    else { return false }
    guard version == .integer(1) else {
      throw JSONError(
        offset: 0,
        message: "this is format version \(version.shown(limit: 20)); only version 1 is known")
    }
    header = members
    return true
  }

  /// Gives an event its line and index, and checks that recorded indexes increase.
  private mutating func check(
    _ parsed: Event, hasIndex: Bool, _ record: Record
  ) throws(JSONError) -> Event {
    var event = parsed
    event.line = record.line
    if !hasIndex {
      event.index = count
      isIndexed = false
    } else if let last = lastIndex, event.index <= last.index {
      if event.index == last.index {
        throw JSONError(
          offset: 0, message: "index \(event.index) was already used in line \(last.line)")
      }
      disorder =
        disorder
        ?? records.error(
          "index \(event.index) comes after index \(last.index) in line \(last.line), and not "
            + "every event has an index to put them in order by", at: 0, of: record)
    }
    if hasIndex { lastIndex = (event.index, record.line) }
    count += 1
    return event
  }
}
