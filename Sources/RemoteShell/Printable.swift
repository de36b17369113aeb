/// Text from elsewhere made safe to show: on one line, without control characters or characters
/// that change the direction or visibility of others, and cut at `limit` characters.
func printable(_ text: some StringProtocol, limit: Int = 400) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == limit { return shown + "…" }
    count += 1
    switch scalar.properties.generalCategory {
    case .control where scalar == "\n": shown += "\\n"
    case .control where scalar == "\t": shown += "\\t"
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      shown += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}

/// The same for bytes, of which the last are kept: they tell most about a failure.
func printable(tail bytes: [UInt8], limit: Int = 400) -> String {
  let kept = bytes.suffix(limit)
  let text = printable(String(decoding: kept, as: UTF8.self).trimmingBlanks(), limit: limit)
  return kept.count < bytes.count ? "…" + text : text
}

extension String {
  /// Without blanks and newlines at either end.
  fileprivate func trimmingBlanks() -> Substring {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}

/// A duration in seconds as people write it, such as `2.5 s`.
func seconds(_ duration: Duration) -> String {
  let milliseconds = Int64(duration / .milliseconds(1))
  guard milliseconds % 1000 != 0 else { return "\(milliseconds / 1000) s" }
  return "\(Double(milliseconds) / 1000) s"
}
