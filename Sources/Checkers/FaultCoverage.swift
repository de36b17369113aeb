public import Histories

/// What was tried of all the situations that faults may come in, where a run explores them.
public struct FaultCoverage: Sendable, Hashable {
  /// In what situation a fault was injected.
  public struct Situation: Sendable, Hashable, Comparable {
    /// The fault, with its shape where it has one.
    public var fault: String
    /// Who its targets were: the leader, followers.
    public var role: String
    /// Which part of the faults phase it was.
    public var stage: String

    /// Makes a situation.
    public init(fault: String, role: String, stage: String) {
      (self.fault, self.role, self.stage) = (fault, role, stage)
    }

    /// In alphabetic order.
    public static func < (a: Situation, b: Situation) -> Bool {
      (a.fault, a.role, a.stage) < (b.fault, b.role, b.stage)
    }
  }

  /// Two faults, in alphabetic order.
  public struct Pair: Sendable, Hashable, Comparable {
    /// The one.
    public var first: String
    /// The other, or the same again.
    public var second: String

    init(_ a: String, _ b: String) { (first, second) = (min(a, b), max(a, b)) }

    /// In alphabetic order.
    public static func < (a: Pair, b: Pair) -> Bool {
      (a.first, a.second) < (b.first, b.second)
    }
  }

  /// How often each situation that was possible, or came, was tried.
  public var situations: [Situation: Int]
  /// How often two faults were in force at the same time.
  public var pairs: [Pair: Int]

  /// Counts what a history tells.
  ///
  /// - Parameter possible: all situations that could have come.
  public init(_ history: History, possible: Set<Situation>) {
    situations = Dictionary(uniqueKeysWithValues: possible.map { ($0, 0) })
    pairs = [:]
    var injected: [(variant: String, fault: Fault)] = []
    let faults = Dictionary(uniqueKeysWithValues: Fault.all(in: history).map { ($0.id, $0) })
    for event in history.events where event.process == .nemesis {
      guard case .integer(let id)? = event.fields["fault"], let fault = faults[id],
        case .string(let variant)? = event.fields["variant"],
        case .string(let role)? = event.fields["role"],
        case .string(let stage)? = event.fields["stage"]
      else { continue }
      situations[Situation(fault: variant, role: role, stage: stage), default: 0] += 1
      for other in injected
      where other.fault.healed.map({ $0.position > fault.injected.position }) ?? true {
        pairs[Pair(variant, other.variant), default: 0] += 1
      }
      injected.append((variant, fault))
    }
  }

  /// The situations that were tried.
  public var tried: Int { situations.values.count { $0 > 0 } }
}
