import Histories
import Nemesis

extension Workload {
  /// Reads the lanes of the nemesis: what each kind of fault takes is told by `FaultKind`.
  static func faults(_ root: inout TableReader) throws(WorkloadError) -> [FaultPlan] {
    var plans: [FaultPlan] = []
    for var table in try root.tables("fault") {
      let (kind, settings) = try kindAndSettings(&table)
      plans.append(
        FaultPlan(
          kind, settings, target: try target(&table, TargetSelector.byName),
          after: try table.duration("after"),
          every: try table.duration("every") ?? .seconds(10),
          lasting: try table.duration("for") ?? .seconds(5)))
      try table.finish()
    }
    return plans
  }

  static func kindAndSettings(
    _ table: inout TableReader
  ) throws(WorkloadError) -> (FaultKind, FaultSettings) {
    let kind = try kind(&table, "name")
    var given: [String: Value] = [:]
    for parameter in kind.parameters {
      given[parameter.name] = try value(of: parameter, &table)
    }
    return (kind, FaultSettings(kind, given))
  }

  static func kind(
    _ table: inout TableReader, _ key: String
  ) throws(WorkloadError) -> FaultKind {
    let name = try table.required(key)
    guard let kind = FaultKind.named(name) else {
      let names = FaultKind.all.map(\.name).joined(separator: ", ")
      throw table.error(key, "there is no fault \"\(name)\"; there are \(names)")
    }
    return kind
  }

  private static func value(
    of parameter: FaultParameter, _ table: inout TableReader
  ) throws(WorkloadError) -> Value? {
    let name = parameter.name
    switch parameter.domain {
    case .choice(let choices):
      return try table.string(name).map { text throws(WorkloadError) in
        .string(try table.choice(text, name, choices))
      }
    case .choices(let choices):
      guard let texts = try table.strings(name) else { return nil }
      guard !texts.isEmpty else { throw table.error(name, "\(table.name(name)) names no \(name)") }
      return .array(
        try texts.map { text throws(WorkloadError) in
          .string(try table.choice(text, name, choices))
        })
    case .integer(let range):
      return try table.integer(name, in: range).map { .integer(Int64($0)) }
    case .duration(let range):
      guard let duration = try table.duration(name) else { return nil }
      let milliseconds = duration.milliseconds
      guard range.contains(Int(milliseconds)) else {
        throw table.error(
          name, "\(table.name(name)) must be from \(range.lowerBound)ms to \(range.upperBound)ms")
      }
      return .integer(milliseconds)
    case .text:
      return parameter.fallback == nil
        ? .string(try table.required(name)) : try table.string(name).map { .string($0) }
    }
  }

  /// A selector by its name, or a list of nodes.
  static func target(
    _ table: inout TableReader, _ selectors: [(name: String, selector: TargetSelector)]
  ) throws(WorkloadError) -> TargetSelector {
    guard let value = table.value("target") else { return .one }
    if case .string(let text) = value {
      if let selector = TargetSelector(text, among: selectors) { return selector }
      _ = try table.choice(text, "target", selectors.map(\.name) + ["role:NAME"])
    }
    let names = try table.strings("target") ?? []
    guard !names.isEmpty, Set(names).count == names.count else {
      throw table.error("target", "\(table.name("target")) must name nodes, each once")
    }
    return .named(names)
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
