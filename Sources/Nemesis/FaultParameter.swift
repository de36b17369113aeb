public import Histories

/// Something that can be set for a fault.
public struct FaultParameter: Sendable {
  /// What values it takes.
  public enum Domain: Sendable {
    /// One of these.
    case choice([String])
    /// Any of these; one is drawn anew for each injection.
    case choices([String])
    /// A number in a range.
    case integer(ClosedRange<Int>)
    /// A time, in milliseconds.
    case duration(ClosedRange<Int>)
    /// A text, such as a shell command.
    case text
  }

  /// Its key in workload files.
  public let name: String
  /// What it means.
  public let summary: String
  /// What values it takes.
  public let domain: Domain
  /// Its value where none is given; nil where one must be given.
  public let fallback: Value?

  init(_ name: String, _ summary: String, _ domain: Domain, default fallback: Value?) {
    self.name = name
    self.summary = summary
    self.domain = domain
    self.fallback = fallback
  }

  static let shape = FaultParameter(
    "shape", "who no longer hears whom", .choices(PartitionShape.allCases.map(\.rawValue)),
    default: .array([.string(PartitionShape.halves.rawValue)]))

  static func milliseconds(
    _ name: String, _ summary: String, _ range: ClosedRange<Int>, default value: Int
  ) -> FaultParameter {
    FaultParameter(name, summary, .duration(range), default: .integer(Int64(value)))
  }

  static func integer(
    _ name: String, _ summary: String, _ range: ClosedRange<Int>, default value: Int
  ) -> FaultParameter {
    FaultParameter(name, summary, .integer(range), default: .integer(Int64(value)))
  }

  static func choice(_ name: String, _ summary: String, _ values: [String]) -> FaultParameter {
    FaultParameter(name, summary, .choice(values), default: values.first.map { .string($0) })
  }
}

/// The values of a fault's parameters. Times are in milliseconds; what lists several choices is an
/// array until one is drawn.
public struct FaultSettings: Sendable, Hashable {
  /// By name.
  public var values: [String: Value]

  /// Settings that were given; those that are missing have their parameter's default.
  public init(_ kind: FaultKind, _ given: [String: Value] = [:]) {
    values = given
    for parameter in kind.parameters where values[parameter.name] == nil {
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
