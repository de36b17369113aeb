extension Value {
  /// The number in its normal form: an `integer` wherever it is integral and fits 64 bits.
  public static func number(_ number: Double) -> Value {
    if let integer = Int64(exactly: number) { return .integer(integer) }
    return .double(number)
  }

  /// The value as compact JSON text, object keys sorted: equal values have equal texts.
  public var json: String {
    var bytes: [UInt8] = []
    JSONText.append(self, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value as JSON text that is safe to show: on one line, escaped, and cut to `limit`
  /// characters. Complexity: O(`limit`) for strings, O(size) for arrays and objects.
  public func shown(limit: Int = 80) -> String {
    switch self {
    case .string(let text):
      // Four bytes a character at most: a cut that never changes what is shown within the limit.
      let part = text.unicodeScalars.prefix(limit + 1)
      return Value.string(String(String.UnicodeScalarView(part))).json.shown(limit: limit)
    default:
      return json.shown(limit: limit)
    }
  }
}

extension Value: CustomStringConvertible {
  /// `shown()`: for messages; `json` is the full text.
  public var description: String { shown() }
}
