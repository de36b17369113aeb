/// What others said went wrong, cut to a length that can be recorded a million times.
enum ErrorText {
  /// The longest text that is kept, in characters.
  static let limit = 200

  /// At most `limit` characters; what was cut is marked.
  static func bounded(_ text: String) -> String {
    let end = text.index(text.startIndex, offsetBy: limit, limitedBy: text.endIndex)
    guard let end, end < text.endIndex else { return text }
    return text[..<end] + "…"
  }

  /// The same for bytes that may not be text at all.
  static func bounded(_ bytes: some Collection<UInt8>) -> String {
    bounded(String(decoding: bytes.prefix(4 * limit), as: UTF8.self))
  }
}
