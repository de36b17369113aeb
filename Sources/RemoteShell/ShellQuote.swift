/// Quoting for a POSIX shell.
public enum ShellQuote {
  /// The word that a POSIX shell reads back as exactly this text.
  ///
  /// Within single quotes no character but the single quote has a meaning, so it alone needs
  /// care: the quotes are closed, an escaped one is written, and they are opened again. The text
  /// must not contain NUL, which no argument of a process can carry.
  public static func quote(_ text: String) -> String {
    if !text.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
    var word = "'"
    for scalar in text.unicodeScalars {
      if scalar == "'" { word += "'\\''" } else { word.unicodeScalars.append(scalar) }
    }
    return word + "'"
  }

  /// The words of a command, quoted and separated by blanks.
  public static func join(_ words: [String]) -> String {
    words.map(quote).joined(separator: " ")
  }

  /// Whether a byte means itself in every shell and at every position of a word but the first
  /// of a command.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ","),
      UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "%"):
      true
    default: false
    }
  }
}
