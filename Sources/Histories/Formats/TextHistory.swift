/// Reads histories that are small enough to be held as text: EDN and Jepsen's console lines.
struct TextHistory {
  private let bytes: [UInt8]
  private let source: String
  private var events: [Event] = []
  private var isIndexed = true
  private var lineStarts: [Int] = [0]

  /// The events, and whether all had an index.
  static func read(
    _ bytes: [UInt8], as format: HistoryFormat, source: String
  ) throws(HistoryError) -> (events: [Event], isIndexed: Bool) {
    var text = TextHistory(bytes, source: source)
    do throws(JSONError) {
      if format == .edn { try text.readEDN() } else { try text.readLog() }
    } catch {
      throw text.error(error)
    }
    return (text.events, text.isIndexed && !text.events.isEmpty)
  }

  private init(_ bytes: [UInt8], source: String) {
    self.bytes = bytes
    self.source = source
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lineStarts.append(offset + 1)
    }
  }

  // MARK: EDN

  private mutating func readEDN() throws(JSONError) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var parser = EDNParser(bytes, from: bytes.starts(with: mark) ? 3 : 0)
    while let byte = try parser.peek() {
      let close: [UInt8: UInt8] = [
        UInt8(ascii: "["): UInt8(ascii: "]"), UInt8(ascii: "("): UInt8(ascii: ")"),
      ]
      guard let close = close[byte] else {
        try add(&parser)
        continue
      }
      parser.position += 1
      while try !parser.closes(close) { try add(&parser) }
    }
  }

  private mutating func add(_ parser: inout EDNParser) throws(JSONError) {
    _ = try parser.peek()
    let start = parser.position
    guard case .object(let members) = try parser.value(depth: 1) else {
      throw parser.error("expected an event, which is a map", at: start)
    }
    try add(members, at: start)
  }

  private mutating func add(_ members: [String: Value], at start: Int) throws(JSONError) {
    do throws(OperationText) {
      var (event, hasIndex) = try EventMembers.event(from: members)
      if !hasIndex {
        event.index = events.count
        isIndexed = false
      }
      event.line = line(of: start)
      events.append(event)
    } catch {
      throw JSONError(offset: start, message: error.text)
    }
  }

  // MARK: Console lines

  /// `INFO  jepsen.util - 3 :invoke :write 2`: what follows the dash is EDN. A value that says
  /// why an operation ended, such as `:timed-out`, is its error.
  private mutating func readLog() throws(JSONError) {
    isIndexed = false
    for (number, start) in lineStarts.enumerated() {
      let end = number + 1 < lineStarts.count ? lineStarts[number + 1] - 1 : bytes.count
      if bytes[start..<end].allSatisfy({ $0 <= 0x20 }) { continue }
      guard let operation = operation(in: start..<end) else {
        throw JSONError(offset: start, message: "expected ' - ' and an operation")
      }
      var parser = EDNParser(bytes, from: operation, to: end)
      var words: [Value] = []
      while try parser.peek() != nil { words.append(try parser.value()) }
      guard words.count == 4 || words.count == 5 else {
        throw JSONError(
          offset: start,
          message: "expected process, type, function and value, found \(words.count) words")
      }
      do throws(OperationText) {
        var event = try event(words)
        event.line = number + 1
        events.append(event)
      } catch {
        throw JSONError(offset: start, message: error.text)
      }
    }
  }

  /// Where the operation of a line begins: after the first dash between spaces.
  private func operation(in line: Range<Int>) -> Int? {
    let space = UInt8(ascii: " ")
    return line.dropLast(2).first {
      bytes[$0 + 1] == UInt8(ascii: "-") && bytes[$0] == space && bytes[$0 + 2] == space
    }.map { $0 + 3 }
  }

  private func event(_ words: [Value]) throws(OperationText) -> Event {
    let type = try EventMembers.type(words[1])
    var (value, error): (Value?, Value?) = (words[3], words.count == 5 ? words[4] : nil)
    if type == .info || type == .fail, case .string = words[3] { (value, error) = (nil, words[3]) }
    var event = Event(
      index: events.count, process: try EventMembers.process(words[0]), type: type,
      f: try EventMembers.function(words[2], of: value))
    event.value = value
    event.error = error
    return event
  }

  // MARK: Places

  private func line(of offset: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  private func error(_ error: JSONError) -> HistoryError {
    let line = line(of: error.offset)
    return HistoryError(
      file: source, line: line, column: error.offset - lineStarts[line - 1] + 1,
      message: error.message)
  }
}
