/// What others said went wrong, cut to a length that can be recorded a million times.
enum ErrorText {
  /// The longest text that is kept, in Unicode scalars.
  static let limit = 200

  /// One line of at most `limit` scalars; what was cut is marked, control characters are blanks.
  static func bounded(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for (count, scalar) in text.unicodeScalars.enumerated() {
      if count == limit {
        result.append("…")
        break
      }
      result.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return String(result)
  }

  /// The same for bytes that may not be text at all.
  static func bounded(_ bytes: some Collection<UInt8>) -> String {
    bounded(String(decoding: bytes.prefix(4 * limit), as: UTF8.self))
  }
}
