package import Histories

extension Value {
  /// This value as one line of JSON of at most `limit` characters, with whatever could act on a
  /// terminal or reorder text escaped; longer values end in `…`.
  package func shown(limit: Int) -> String {
    var text = ""
    append(to: &text, limit: limit)
    return text.count > limit ? text.prefix(max(limit - 1, 0)) + "…" : text
  }

  /// Appends until `text` has outgrown `limit`: what follows would be cut off anyway.
  private func append(to text: inout String, limit: Int) {
    guard text.utf8.count <= limit * 4 else { return }
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .double(let number): text += String(number)
    case .string(let string): text += "\"" + printable(string, limit: limit, quoted: true) + "\""
    case .array(let elements):
      text += "["
      for (i, element) in elements.prefix(limit + 1).enumerated() {
        text += i == 0 ? "" : ", "
        element.append(to: &text, limit: limit)
      }
      text += "]"
    case .object(let fields):
      text += "{"
      for (i, key) in fields.keys.sorted().prefix(limit + 1).enumerated() {
        text += i == 0 ? "" : ", "
        text += "\"" + printable(key, limit: limit, quoted: true) + "\": "
        fields[key]?.append(to: &text, limit: limit)
      }
      text += "}"
    }
  }
}

/// `text` on one line, of at most `limit` characters: control characters, line separators and
/// characters that change the direction of text are written as escapes.
package func printable(_ text: String, limit: Int, quoted: Bool = false) -> String {
  var result = ""
  var length = 0
  for scalar in text.unicodeScalars {
    guard length < limit else { return result + "…" }
    let escaped = escape(scalar, quoted: quoted)
    result.unicodeScalars.append(contentsOf: escaped.unicodeScalars)
    length += escaped.unicodeScalars.count
  }
  return result
}

private func escape(_ scalar: Unicode.Scalar, quoted: Bool) -> String {
  switch scalar {
  case "\n": return "\\n"
  case "\t": return "\\t"
  case "\r": return "\\r"
  case "\"" where quoted: return "\\\""
  case "\\" where quoted: return "\\\\"
  default: break
  }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  default:
    return String(scalar)
  }
}
