import Cluster
public import Histories

/// Where a fault is in its life, as written into the history.
public enum FaultPhase: String, Sendable, CaseIterable {
  /// Its injection begins.
  case inject
  /// Its effect was seen on every node that it acts on.
  case verified
  /// Its healing begins.
  case heal
  /// Its effect was seen to be gone.
  case healed
  /// A step did not do what it should; the value says which, where and why.
  case failed
}

/// Something the nemesis did, for the history.
public struct FaultEvent: Sendable {
  /// The fault's number.
  public var fault: Int
  /// The fault's name: the event's function.
  public var name: String
  /// Where it is in its life.
  public var phase: FaultPhase
  /// The nodes that it concerns.
  public var targets: [String]
  /// What was done or seen.
  public var value: Value
  private var situation: FaultSituation?

  init(_ fault: ChosenFault, _ phase: FaultPhase, _ value: Value) {
    self.fault = fault.id
    name = fault.name
    self.phase = phase
    targets = fault.targets.map(\.name)
    self.value = value
    if phase == .inject { situation = fault.situation }
  }

  /// The event's extra fields, in the vision's history format.
  public var fields: [String: Value] {
    var fields: [String: Value] = [
      "fault": .integer(Int64(fault)), "phase": .string(phase.rawValue),
      "targets": .array(targets.map { .string($0) }),
    ]
    if let situation {
      fields["variant"] = .string(situation.fault)
      fields["role"] = .string(situation.role.rawValue)
      fields["stage"] = .string(situation.stage.rawValue)
    }
    return fields
  }
}
