extension String {
  /// The text as it may be shown in a terminal or a message: on one line, without anything that a
  /// terminal or a bidirectional layout would act on, and at most `limit` characters long.
  ///
  /// Control characters, line separators, and Unicode's format characters (bidirectional
  /// overrides among them) become `\n`, `\t`, `\r` or `\u{…}`; a text that is cut ends in `…`.
  /// So do combining marks, or two spellings of `é`, which are two values, would look the same.
  /// Complexity: O(`limit`), however long the text is.
  public func shown(limit: Int) -> String {
    var result = ""
    var length = 0
    for scalar in unicodeScalars {
      let piece = scalar.shown
      let size = piece.unicodeScalars.count
      if length + size > limit {
        return result + "…"
      }
      result += piece
      length += size
    }
    return result
  }
}

extension Unicode.Scalar {
  fileprivate var shown: String {
    switch self {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case " "..."~": return String(self)
    default: break
    }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned, .nonspacingMark, .enclosingMark:
      return "\\u{" + String(value, radix: 16) + "}"
    default:
      return String(self)
    }
  }
}
