/// Writing JSON text as bytes: what `EventEncoder` and `Value.json` share.
///
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
      for key in members.keys.sorted() {
        guard let member = members[key] else { continue }
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
    var rest = number.magnitude
    var power: UInt64 = 1
    while rest / power >= 10 { power *= 10 }
    while power > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
      rest %= power
      power /= 10
    }
  }

  /// JSON has no text for numbers that are not finite; no reader yields them. They become strings
  /// so that a line stays readable whatever a program puts into it.
  private static func append(_ number: Double, to bytes: inout [UInt8]) {
    if number.isFinite {
      append(ascii: number.description, to: &bytes)
    } else {
      append(number.description, to: &bytes)
    }
  }

  static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        appendEscape(of: byte, to: &bytes)
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func appendEscape(of control: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch control {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    default:
      append(ascii: control < 0x10 ? "u000" : "u001", to: &bytes)
      let digit = control & 0xF
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  /// Appends text that is known to need no escapes.
  static func append(ascii text: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: text.utf8)
  }

  static func append(ascii text: StaticString, to bytes: inout [UInt8]) {
    // Safe: the pointer is to the constant itself, which lives as long as the program.
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
