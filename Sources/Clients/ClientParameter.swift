public import Histories

/// A parameter of a kind of client, as a workload file sets it.
public struct ClientParameter: Hashable, Sendable {
  /// Its name in the workload file.
  public let name: String
  /// What it means, in one line.
  public let summary: String
  /// Its value where none is given.
  public let defaultValue: Value
  /// The values that it may have; nil where any of the default's type will do.
  public let choices: [String]?

  /// What is wrong with a value, or nil. All parameters so far are strings.
  func problem(with value: Value) -> String? {
    guard case .string(let text) = value else { return "must be a string" }
    guard let choices, !choices.contains(text) else { return nil }
    return "must be one of \(choices.joined(separator: ", "))"
  }
}
