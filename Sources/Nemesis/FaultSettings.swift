public import Histories

/// The values of a fault's parameters. Times are in milliseconds; what lists several choices is an
/// array until one is drawn.
public struct FaultSettings: Sendable, Hashable {
  /// By name.
  public var values: [String: Value]

  /// Settings that were given; those that are missing have their parameter's default.
  init(_ parameters: [FaultParameter], _ given: [String: Value]) {
    values = given
    for parameter in parameters where values[parameter.name] == nil {
      values[parameter.name] = parameter.fallback
    }
  }

  /// A text or a drawn choice; empty where there is none.
  public func text(_ name: String) -> String {
    if case .string(let text)? = values[name] { text } else { "" }
  }

  /// A number, or a time in milliseconds; 0 where there is none.
  public func integer(_ name: String) -> Int {
    if case .integer(let number)? = values[name] { Int(number) } else { 0 }
  }

  /// Seconds, as the shell's `sleep` takes them.
  func seconds(_ name: String) -> String {
    let milliseconds = integer(name)
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(milliseconds / 1000).\(fraction)"
  }

  /// The choices of a list.
  public func choices(_ name: String) -> [String] {
    switch values[name] {
    case .array(let elements)?:
      elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    case .string(let text)?: [text]
    default: []
    }
  }

  /// Draws one of each list of choices.
  func drawn(_ choice: UInt64) -> FaultSettings {
    var drawn = self
    for (name, value) in values {
      guard case .array(let elements) = value, !elements.isEmpty else { continue }
      drawn.values[name] = elements[Int(choice % UInt64(elements.count))]
    }
    return drawn
  }
}
