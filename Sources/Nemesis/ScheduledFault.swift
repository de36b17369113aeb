public import Cluster
public import Histories

/// A fault that was injected, and when: a line of `faults.jsonl`, from which the same schedule can
/// be run again. A fault that a sequence holds gets a second line, with how long it was held, when
/// its healing begins: the last line of a fault counts.
public struct ScheduledFault: Sendable, Hashable {
  /// The lane that it was in.
  public var lane: Int
  /// Which time a sequence is carried out, for one of its faults: those of one time may overlap.
  public var round: Int?
  /// From the start of the faults phase to its injection.
  public var at: Duration
  /// How long it was meant to last.
  public var lasting: Duration
  /// The fault.
  public var fault: ChosenFault

  /// Makes one.
  public init(
    lane: Int, round: Int? = nil, at: Duration, lasting: Duration, fault: ChosenFault
  ) {
    self.lane = lane
    self.round = round
    self.at = at
    self.lasting = lasting
    self.fault = fault
  }

  /// As it is written: times in nanoseconds.
  public var asValue: Value {
    var fields: [String: Value] = [
      "fault": .integer(Int64(fault.id)), "name": .string(fault.name),
      "targets": .array(fault.targets.map { .string($0.name) }),
      "settings": .object(fault.settings.values), "lane": .integer(Int64(lane)),
      "at": .integer(at.wholeNanoseconds), "for": .integer(lasting.wholeNanoseconds),
    ]
    if let round { fields["round"] = .integer(Int64(round)) }
    if let grudge = fault.grudge { fields["unheard"] = grudge.asValue }
    return .object(fields)
  }

  /// Reads one that was written.
  ///
  /// - Throws: `ScheduleError` with what is wrong, such as a node that is not there.
  public init(_ value: Value, nodes: [Node]) throws(ScheduleError) {
    guard case .object(let fields) = value else { throw ScheduleError("it is no object") }
    let names = try Self.names(fields["targets"], "targets", nodes)
    guard case .string(let name)? = fields["name"], let kind = FaultKind.named(name) else {
      throw ScheduleError("'name' is no fault that there is; see 'faultline faults'")
    }
    fault = ChosenFault(
      id: Int(try Self.number(fields, "fault")), kind, try Self.settings(fields["settings"], kind),
      targets: nodes.filter { names.contains($0.name) })
    if case .object(let entries)? = fields["unheard"] {
      var unheard: [String: Set<String>] = [:]
      for (node, value) in entries {
        _ = try Self.names(.array([.string(node)]), "unheard", nodes)
        unheard[node] = Set(try Self.names(value, "unheard", nodes))
      }
      fault.grudge = Grudge(unheard: unheard)
    }
    guard kind.reach != .shape || fault.grudge != nil else {
      throw ScheduleError("'unheard' is missing")
    }
    lane = Int(try Self.number(fields, "lane"))
    round = fields["round"] == nil ? nil : Int(try Self.number(fields, "round"))
    at = .nanoseconds(try Self.number(fields, "at"))
    lasting = .nanoseconds(try Self.number(fields, "for"))
  }

  /// Settings that an injection of this kind can have had: its parameters, and `draw`.
  private static func settings(
    _ value: Value?, _ kind: FaultKind
  ) throws(ScheduleError) -> FaultSettings {
    guard case .object(let given)? = value else { throw ScheduleError("'settings' is missing") }
    if given["draw"] != nil { _ = try number(given, "draw") }
    let names = kind.parameters.map(\.name)
    if let unknown = given.keys.sorted().first(where: { $0 != "draw" && !names.contains($0) }) {
      throw ScheduleError(
        "'settings': the fault \(kind.name) has no parameter '\(unknown)', but: "
          + names.joined(separator: ", "))
    }
    for parameter in kind.parameters {
      guard let value = given[parameter.name] ?? parameter.fallback else {
        throw ScheduleError("'settings': '\(parameter.name)' is missing")
      }
      guard given[parameter.name] == nil || parameter.domain.mayBe(value) else {
        throw ScheduleError(
          "'settings': '\(parameter.name)' is \(value.shown()), and must be: "
            + parameter.summary + parameter.domain.shown)
      }
    }
    return FaultSettings(kind, given)
  }

  private static func number(
    _ fields: [String: Value], _ key: String
  ) throws(ScheduleError) -> Int64 {
    guard case .integer(let number)? = fields[key], number >= 0 else {
      throw ScheduleError("'\(key)' must be a whole number from 0")
    }
    return number
  }

  private static func names(
    _ value: Value?, _ key: String, _ nodes: [Node]
  ) throws(ScheduleError) -> [String] {
    guard case .array(let elements)? = value else { throw ScheduleError("'\(key)' must be a list") }
    return try elements.map { element throws(ScheduleError) in
      guard case .string(let name) = element, nodes.contains(where: { $0.name == name }) else {
        throw ScheduleError("'\(key)' names a node that is not there: \(element.json)")
      }
      return name
    }
  }
}

/// Why a schedule cannot be run again.
public struct ScheduleError: Error, Sendable, CustomStringConvertible {
  /// What is wrong.
  public var description: String

  init(_ description: String) { self.description = description }
}

extension Duration {
  /// Whole nanoseconds.
  var wholeNanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
