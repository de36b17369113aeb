/// Whether text output is coloured. Words always carry the meaning; colour only helps the eye.
public struct Style: Sendable {
  private var coloured: Bool

  /// Text without escape sequences.
  public static let plain = Style(coloured: false)
  /// Text with ANSI colours, for terminals.
  public static let coloured = Style(coloured: true)

  enum Ink: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"
    case boldRed = "1;31"
  }

  func ink(_ ink: Ink, _ text: String) -> String {
    coloured ? "\u{1b}[\(ink.rawValue)m\(text)\u{1b}[0m" : text
  }
}
