internal import Histories

/// Writes values as indented JSON with sorted keys, complete and without bounds: for programs.
enum JSONText {
  static func text(_ value: Value) -> String {
    var text = ""
    write(value, to: &text, indent: "")
    return text + "\n"
  }

  private static func write(_ value: Value, to text: inout String, indent: String) {
    let inner = indent + "  "
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    // JSON has no word for infinity or not-a-number.
    case .double(let number): text += number.isFinite ? String(number) : "null"
    case .string(let string): write(string, to: &text)
    case .array(let elements):
      guard !elements.isEmpty else { return text += "[]" }
      for (i, element) in elements.enumerated() {
        text += (i == 0 ? "[\n" : ",\n") + inner
        write(element, to: &text, indent: inner)
      }
      text += "\n\(indent)]"
    case .object(let fields):
      guard !fields.isEmpty else { return text += "{}" }
      for (i, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
        text += (i == 0 ? "{\n" : ",\n") + inner
        write(field.key, to: &text)
        text += ": "
        write(field.value, to: &text, indent: inner)
      }
      text += "\n\(indent)}"
    }
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
