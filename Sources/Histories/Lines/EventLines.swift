internal import Glibc

/// The events of JSON lines, which are parsed again when they are asked for. It remembers where every 32nd
/// is.
struct EventLines: Sendable {
  private static let stride = 32

  /// The text, with padding behind it.
  private let text: [UInt8]
  /// The offset of the line of every 32nd event, and its number.
  private var starts: [(offset: Int, line: Int)] = []
  private(set) var count = 0
  /// What became of the events when they were paired.
  var table: OperationTable

  init(text: [UInt8]) {
    self.text = text
    table = OperationTable()
  }

  /// Makes room for events.
  mutating func reserve(_ events: Int) { starts.reserveCapacity(events / Self.stride + 1) }

  /// Adds an event, which was found to be valid. All of them are added in order.
  @inline(__always)
  mutating func add(offset: Int, line: Int) {
    if count % Self.stride == 0 { starts.append((offset, line)) }
    count += 1
  }

  subscript(position: Int) -> Event {
    precondition(position >= 0 && position < count, "there is no such event")
    var (offset, line) = starts[position / Self.stride]
    var rest = position % Self.stride
    while true {
      let end = lineEnd(offset)
      if !isBlank(offset..<end) {
        if rest == 0 { return event(offset..<end, line: line, position: position) }
        rest -= 1
      }
      offset = end + 1
      line += 1
    }
  }

  private func lineEnd(_ offset: Int) -> Int {
    let count = text.count - WholeText.padding
    // Safe: the pointer does not leave the closure, and memchr stays within the text.
    return text.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let found = memchr(base + offset, CInt(UInt8(ascii: "\n")), count - offset)
      else { return count }
      return UnsafeRawPointer(found) - base
    }
  }

  private func isBlank(_ range: Range<Int>) -> Bool {
    text[range].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  private func event(_ range: Range<Int>, line: Int, position: Int) -> Event {
    guard let (parsed, hasIndex) = try? EventParser.parse(text.span.extracting(range)) else {
      preconditionFailure("lines are found to be valid before they are added")
    }
    var event = parsed
    event.line = line
    if !hasIndex { event.index = position }
    return event
  }
}
