/// What is wrong with a workload file, with its place in it.
public struct WorkloadError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// The 1-based line; nil where the file could not be read at all.
  public var line: Int?
  /// What is wrong, and what would be right.
  public var reason: String
  /// Whether the file is missing or unreadable, rather than wrong.
  public var isMissing = false

  /// In the style of compilers: `file:line: error: reason`.
  public var description: String {
    "\(file)\(line.map { ":\($0)" } ?? ""): error: \(reason)"
  }
}
