import FoundationEssentials
import Histories

/// JSON text to and from `Value`.
enum JSON {
  /// The value that the text holds, or nil where it is not one JSON value.
  static func parse(_ bytes: [UInt8]) -> Value? {
    (try? JSONDecoder().decode(Parsed.self, from: Data(bytes)))?.value
  }

  /// The one text of a value: no white space, keys in order. Equal values have equal texts, which
  /// a comparison of stored bytes rests on.
  static func text(_ value: Value) -> String {
    switch value {
    case .null: return "null"
    case .bool(let bool): return bool ? "true" : "false"
    case .integer(let integer): return String(integer)
    case .double(let double): return String(double)
    case .string(let string): return quoted(string)
    case .array(let values): return "[" + values.map(text).joined(separator: ",") + "]"
    case .object(let fields):
      let pairs = fields.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(text($0.value))" }
      return "{" + pairs.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\0"..."\u{1f}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

private struct Parsed: Decodable {
  let value: Value

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      value = .null
    } else if let bool = try? container.decode(Bool.self) {
      value = .bool(bool)
    } else if let integer = try? container.decode(Int64.self) {
      value = .integer(integer)
    } else if let double = try? container.decode(Double.self) {
      value = .double(double)
    } else if let string = try? container.decode(String.self) {
      value = .string(string)
    } else if let array = try? container.decode([Parsed].self) {
      value = .array(array.map(\.value))
    } else {
      value = .object(try container.decode([String: Parsed].self).mapValues(\.value))
    }
  }
}
