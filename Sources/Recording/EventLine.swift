import Histories

/// An event as a line of JSON, in two parts: the position, known only when the line is appended,
/// and the rest, formatted beforehand.
///
/// The order of the fields is index, time, process, type, f, key, value, error, node, then any
/// others by name. A reader that has learned the order of one line finds it again in the next.
enum EventLine {
  /// Appends `{"index":…,"time":…`; the rest of the line follows.
  @inline(__always)
  static func appendPosition(index: Int, time: Int64, to line: inout [UInt8]) {
    append("{\"index\":", to: &line)
    append(UInt64(index), to: &line)
    append(",\"time\":", to: &line)
    append(UInt64(time), to: &line)
  }

  /// Appends `,"process":…}` and the newline. The parts are those of `Event`.
  static func appendRest(
    process: ProcessID, type: EventType, f: String, key: Value?, value: Value?, error: Value?,
    node: String?, fields: [String: Value] = [:], to line: inout [UInt8]
  ) {
    append(",\"process\":", to: &line)
    switch process {
    case .client(let number): append(Int64(number), to: &line)
    case .nemesis: append("\"nemesis\"", to: &line)
    case .other(let name): append(quoted: name, to: &line)
    }
    switch type {
    case .invoke: append(",\"type\":\"invoke\",\"f\":", to: &line)
    case .ok: append(",\"type\":\"ok\",\"f\":", to: &line)
    case .fail: append(",\"type\":\"fail\",\"f\":", to: &line)
    case .info: append(",\"type\":\"info\",\"f\":", to: &line)
    }
    append(quoted: f, to: &line)
    if let key { append(",\"key\":", key, to: &line) }
    if let value { append(",\"value\":", value, to: &line) }
    if let error { append(",\"error\":", error, to: &line) }
    if let node {
      append(",\"node\":", to: &line)
      append(quoted: node, to: &line)
    }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      append(",", to: &line)
      append(quoted: name, to: &line)
      append(":", value, to: &line)
    }
    append("}\n", to: &line)
  }

  /// Appends the header, which is the line that has the key `faultline`.
  static func appendHeader(_ fields: [String: Value], to line: inout [UInt8]) {
    append("{\"faultline\":1", to: &line)
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) where name != "faultline" {
      append(",", to: &line)
      append(quoted: name, to: &line)
      append(":", value, to: &line)
    }
    append("}\n", to: &line)
  }

  @inline(__always)
  private static func append(_ prefix: StaticString, _ value: Value, to line: inout [UInt8]) {
    append(prefix, to: &line)
    append(value, to: &line)
  }

  private static func append(_ value: Value, to line: inout [UInt8]) {
    switch value {
    case .null: append("null", to: &line)
    case .bool(let bool): append(bool ? "true" : "false", to: &line)
    case .integer(let integer): append(integer, to: &line)
    // JSON has no text for what is not a number.
    case .double(let double) where !double.isFinite: append(quoted: "\(double)", to: &line)
    case .double(let double): line.append(contentsOf: "\(double)".utf8)
    case .string(let string): append(quoted: string, to: &line)
    case .array(let values):
      line.append(UInt8(ascii: "["))
      for (position, value) in values.enumerated() {
        if position > 0 { line.append(UInt8(ascii: ",")) }
        append(value, to: &line)
      }
      line.append(UInt8(ascii: "]"))
    case .object(let fields):
      line.append(UInt8(ascii: "{"))
      for (position, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
        if position > 0 { line.append(UInt8(ascii: ",")) }
        append(quoted: field.key, to: &line)
        append(":", field.value, to: &line)
      }
      line.append(UInt8(ascii: "}"))
    }
  }

  @inline(__always)
  private static func append(_ text: StaticString, to line: inout [UInt8]) {
    text.withUTF8Buffer { line.append(contentsOf: $0) }
  }

  private static func append(_ number: Int64, to line: inout [UInt8]) {
    if number < 0 { line.append(UInt8(ascii: "-")) }
    append(number.magnitude, to: &line)
  }

  private static func append(_ number: UInt64, to line: inout [UInt8]) {
    var digits: InlineArray<20, UInt8> = .init(repeating: 0)
    var first = digits.count
    var rest = number
    repeat {
      first -= 1
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    digits.span.withUnsafeBufferPointer { line.append(contentsOf: $0[first...]) }
  }

  private static func append(quoted string: String, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { bytes in
      if bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) {
        line.append(contentsOf: bytes)
      } else {
        for byte in bytes { append(escaped: byte, to: &line) }
      }
    }
    line.append(UInt8(ascii: "\""))
  }

  private static func append(escaped byte: UInt8, to line: inout [UInt8]) {
    let hex: StaticString = "0123456789abcdef"
    switch byte {
    case 0x22, 0x5c: line.append(contentsOf: [0x5c, byte])
    case 0x0a: append("\\n", to: &line)
    case 0x0d: append("\\r", to: &line)
    case 0x09: append("\\t", to: &line)
    case 0..<0x20:
      append("\\u00", to: &line)
      hex.withUTF8Buffer { line.append(contentsOf: [$0[Int(byte >> 4)], $0[Int(byte & 15)]]) }
    default: line.append(byte)
    }
  }
}
