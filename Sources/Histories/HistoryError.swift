/// Why a history cannot be used: where, what is wrong, and what to do.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of trouble it is, so that a program can exit accordingly.
  public enum Kind: Hashable, Sendable {
    /// The file is missing or cannot be read.
    case unreadable
    /// The file was read, and its content is not a valid history.
    case malformed
  }

  /// What sort of trouble it is.
  public var kind: Kind
  /// The file as it was named, or `-`.
  public var file: String
  /// The 1-based line, where one is to blame and known.
  public var line: Int?
  /// The 1-based column in bytes, where known.
  public var column: Int?
  /// What is wrong; one line, bounded and escaped.
  public var message: String

  /// Makes an error.
  public init(
    kind: Kind = .malformed, file: String, line: Int? = nil, column: Int? = nil, message: String
  ) {
    self.kind = kind
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// `file:line:column: error: message`, with what is known of the position.
  public var description: String {
    var text = file.shown(limit: 4096)
    if let line { text += ":\(line)" }
    if line != nil, let column { text += ":\(column)" }
    return text + ": error: " + message
  }
}
