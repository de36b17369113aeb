public import Histories

/// One fault of a history, put together from its nemesis events.
public struct Fault: Sendable, Hashable {
  /// When a phase of the fault was recorded.
  public struct Moment: Sendable, Hashable {
    /// The position in `History.events`, which decides order.
    public var position: Int
    /// Nanoseconds since the start of the run, where recorded.
    public var time: Int64?
  }

  /// The number that ties the fault's events together.
  public var id: Int64
  /// The kind of fault, such as `partition`.
  public var name: String
  /// The nodes that it was aimed at, in the order in which they were first named.
  public var targets: [String]
  /// What the nemesis said about it when it was injected.
  public var value: Value?
  /// The first event of the fault, whatever its phase: its interval starts here.
  public var injected: Moment
  /// When it was seen to have taken effect.
  public var verified: Moment?
  /// When its healing began.
  public var healing: Moment?
  /// When it was seen to be gone: its interval ends here.
  public var healed: Moment?
  /// What went wrong, from events with the phase `failed`.
  public var failures: [String]

  /// The fault in a few words: `fault 7 (partition of n1)`.
  public var title: String {
    let aim = targets.isEmpty ? "" : " of " + targetText
    return "fault \(id) (\(name.shown(limit: 40))\(aim))"
  }

  /// Its name with its shape, or with what one of the user's own is called: `partition (halves)`.
  public var variant: String {
    guard case .object(let fields)? = value else { return name }
    for key in ["shape", "called"] {
      if case .string(let more)? = fields[key], !more.isEmpty { return "\(name) (\(more))" }
    }
    return name
  }

  /// The targets, separated by commas.
  public var targetText: String {
    targets.joined(separator: ", ").shown(limit: 120)
  }

  /// The faults of a history in the order of their injection. Nemesis events without a fault
  /// number and a known phase are annotations and belong to none. O(events).
  public static func all(in history: History) -> [Fault] {
    var faults: [Fault] = []
    var places: [Int64: Int] = [:]
    for (position, event) in history.events.enumerated() where event.process == .nemesis {
      guard case .integer(let id)? = event.fields["fault"],
        case .string(let text)? = event.fields["phase"], let phase = Phase(rawValue: text)
      else { continue }
      let moment = Moment(position: position, time: event.time)
      if places[id] == nil {
        places[id] = faults.count
        faults.append(
          Fault(
            id: id, name: event.f, targets: [], value: event.value, injected: moment, failures: []))
      }
      if let place = places[id] { faults[place].add(event, phase: phase, at: moment) }
    }
    return faults
  }

  private enum Phase: String {
    case inject, verified, heal, healed, failed
  }

  private mutating func add(_ event: Event, phase: Phase, at moment: Moment) {
    if case .array(let nodes)? = event.fields["targets"] {
      for case .string(let node) in nodes where !targets.contains(node) { targets.append(node) }
    }
    switch phase {
    case .inject: break
    case .verified: verified = verified ?? moment
    case .heal: healing = healing ?? moment
    case .healed: healed = moment
    case .failed:
      let reason = event.error ?? event.value
      failures.append(reason.map { $0.asText(limit: 400) } ?? "no reason was recorded")
    }
  }
}

extension Value {
  /// A string as it is, without quotes, anything else as JSON; bounded and escaped.
  package func asText(limit: Int) -> String {
    if case .string(let text) = self { return text.shown(limit: limit) }
    return shown(limit: limit)
  }
}
