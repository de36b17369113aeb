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
    default: .array([.string(PartitionShape.targets.rawValue)]))

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

extension FaultParameter.Domain {
  /// What values it takes, for people: goes on after what the parameter means.
  public var shown: String {
    switch self {
    case .choice(let choices), .choices(let choices): ": " + choices.joined(separator: ", ")
    case .integer(let range): ", from \(range.lowerBound) to \(range.upperBound)"
    case .duration(let range): ", from \(range.lowerBound)ms to \(range.upperBound)ms"
    case .text: ""
    }
  }

  /// Whether an injection may have been given this value, or have drawn it.
  func mayBe(_ value: Value) -> Bool {
    switch (self, value) {
    case (.choice(let choices), .string(let text)), (.choices(let choices), .string(let text)):
      choices.contains(text)
    case (.integer(let range), .integer(let number)), (.duration(let range), .integer(let number)):
      Int(exactly: number).map(range.contains) ?? false
    case (.text, .string): true
    default: false
    }
  }
}

extension FaultParameter {
  /// Its default, for people: goes on after what values it takes.
  public var shownDefault: String {
    guard let fallback else { return "; must be given" }
    guard fallback != .string("") else { return "; none by default" }
    if case .array(let values) = fallback {
      return "; by default " + values.map { $0.json.filter { $0 != "\"" } }.joined(separator: ", ")
    }
    let unit = if case .duration = domain { "ms" } else { "" }
    return "; by default \(fallback.json)\(unit)"
  }
}
