public import Cluster
import Randomness

/// In what situation a fault is injected.
public struct FaultSituation: Sendable, Hashable {
  /// Who its targets are.
  public enum Role: String, Sendable, Hashable {
    case leader
    case followers
    case leaderAndFollowers = "leader and followers"
    /// Nobody leads, or the target's description does not say how to tell.
    case unknown

    init(of targets: [String], leader: String?) {
      guard let leader else {
        self = .unknown
        return
      }
      self =
        !targets.contains(leader)
        ? .followers : targets.count == 1 ? .leader : .leaderAndFollowers
    }
  }

  /// Which third of the faults phase it is.
  public enum Stage: String, Sendable, Hashable, CaseIterable {
    case early, middle, late
  }

  /// The fault, with its shape where it has one: `partition (halves)`.
  public var fault: String
  /// Who its targets are.
  public var role: Role
  /// How far the faults phase is.
  public var stage: Stage
}

/// What a run has tried so far.
struct TriedFaults {
  private var situations: [FaultSituation: Int] = [:]
  private var pairs: [Set<String>: Int] = [:]
  private var inForce: [Int: String] = [:]

  /// Which of the situations was tried least; of those, whose fault was least in force together
  /// with the faults that are now; the first of several.
  func least(of situations: [FaultSituation]) -> Int? {
    let counts = situations.map(count)
    return counts.indices.min { counts[$0] < counts[$1] }
  }

  private func count(_ situation: FaultSituation) -> (Int, Int) {
    let together = inForce.values.reduce(0) { $0 + pairs[[$1, situation.fault], default: 0] }
    return (situations[situation, default: 0], together)
  }

  mutating func begin(_ fault: ChosenFault) {
    guard let situation = fault.situation else { return }
    situations[situation, default: 0] += 1
    for other in inForce.values { pairs[[other, situation.fault], default: 0] += 1 }
    inForce[fault.id] = situation.fault
  }

  mutating func end(_ fault: ChosenFault) { inForce[fault.id] = nil }
}

extension FaultPlan {
  /// The situations that its faults may come in: of as many draws as it takes to see all but
  /// improbable ones.
  public func situations(among nodes: [Node], leaderIsKnown: Bool) -> Set<FaultSituation> {
    var found: Set<FaultSituation> = []
    for round in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: round)
      var draw = Draw(nodes, &random)
      draw.leader = nodes.first?.name
      draw.oldLeader = nodes.last?.name
      draw.inRole = Set(nodes.map(\.name))
      guard let fault = fault(draw, among: nodes)?.fault else { continue }
      let role = FaultSituation.Role(
        of: fault.targets.map(\.name), leader: leaderIsKnown ? draw.leader : nil)
      for stage in FaultSituation.Stage.allCases {
        found.insert(FaultSituation(fault: fault.variant, role: role, stage: stage))
      }
    }
    return found
  }
}
