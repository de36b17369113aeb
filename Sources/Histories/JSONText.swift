/// Writing JSON text as bytes: what `EventEncoder` and `Value.json` share.
///
/// Equal values have equal texts: the keys of objects are sorted, and there is no white space.
/// Nothing here allocates beyond the growth of the buffer, except the sorting of object keys and
/// the digits of a `double`.
enum JSONText {
  static func append(_ value: Value, to bytes: inout [UInt8]) {
    switch value {
    case .null: append(ascii: "null", to: &bytes)
    case .bool(let flag): append(ascii: flag ? "true" : "false", to: &bytes)
    case .integer(let number): append(number, to: &bytes)
    case .double(let number): append(number, to: &bytes)
    case .string(let text): append(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (position, element) in elements.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        append(element, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      var isFirst = true
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(member, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  static func append(_ number: Int64, to bytes: inout [UInt8]) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var digits: InlineArray<20, UInt8> = .init(repeating: 0)
    var first = digits.count
    var rest = number.magnitude
    repeat {
      first -= 1
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    // Safe: the pointer does not leave the closure.
    digits.span.withUnsafeBufferPointer { bytes.append(contentsOf: $0[first...]) }
  }

  /// JSON has no text for numbers that are not finite; no reader yields them. They become strings
  /// so that a line stays readable whatever a program puts into it.
  private static func append(_ number: Double, to bytes: inout [UInt8]) {
    if number.isFinite {
      bytes.append(contentsOf: number.description.utf8)
    } else {
      append(number.description, to: &bytes)
    }
  }

  static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    // Safe: the pointer does not leave the closure.
    text.withUTF8 { utf8 in
      if utf8.allSatisfy({ !needsEscape($0) }) {
        bytes.append(contentsOf: utf8)
      } else {
        for byte in utf8 { append(escaping: byte, to: &bytes) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func append(escaping byte: UInt8, to bytes: inout [UInt8]) {
    guard needsEscape(byte) else { return bytes.append(byte) }
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0..<0x20:
      append(ascii: byte < 0x10 ? "u000" : "u001", to: &bytes)
      let digit = byte & 0xF
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    default: bytes.append(byte)
    }
  }

  /// Appends text that is known to need no escapes.
  @inline(__always)
  static func append(ascii text: StaticString, to bytes: inout [UInt8]) {
    // Safe: the pointer does not leave the closure.
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }
}
