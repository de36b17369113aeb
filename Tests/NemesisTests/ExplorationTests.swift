import Cluster
import Histories
import Randomness
import Testing

@testable import Nemesis

struct ExplorationTests {
  private let nodes = (1...5).map { Node(name: "n\($0)", host: "192.0.2.\($0)") }

  private func plan(_ target: TargetSelector = .one, shapes: [PartitionShape] = []) -> FaultPlan {
    let settings = ["shape": Value.array(shapes.map { .string($0.rawValue) })]
    return FaultPlan(
      shapes.isEmpty ? .kill : .partition,
      FaultSettings(shapes.isEmpty ? .kill : .partition, shapes.isEmpty ? [:] : settings),
      target: target, after: nil, every: .zero, lasting: .zero)
  }

  /// The situations of so many faults, each the least tried of some draws.
  private func injected(_ plan: FaultPlan, _ count: Int, choices: Int) -> [FaultSituation] {
    var tried = TriedFaults()
    return (1...count).compactMap { id in
      let drawn = (0..<choices).compactMap { choice -> ChosenFault? in
        var random = SeededRandom(seed: 7, UInt64(id), UInt64(choice))
        var draw = Draw(nodes, &random)
        draw.leader = "n1"
        guard var fault = plan.fault(draw, among: nodes)?.fault else { return nil }
        fault.id = id
        fault.situation = FaultSituation(
          fault: fault.variant, role: .init(of: fault.targets.map(\.name), leader: "n1"),
          stage: .early)
        return fault
      }
      guard let best = tried.least(of: drawn.compactMap(\.situation)) else { return nil }
      tried.begin(drawn[best])
      tried.end(drawn[best])
      return drawn[best].situation
    }
  }

  @Test func whatWasNotTriedComesFirst() throws {
    let plan = plan(shapes: [.one, .halves, .bridge, .majoritiesRing])
    let possible = plan.situations(among: nodes, leaderIsKnown: true).filter { $0.stage == .early }
    #expect(possible.count > 4)
    #expect(Set(injected(plan, possible.count + 1, choices: 12)) == possible)
    #expect(Set(injected(plan, possible.count + 1, choices: 1)) != possible, "nothing was at stake")
  }

  @Test func rolesAreThoseThatATargetMayHave() {
    func roles(_ target: TargetSelector, leaderIsKnown: Bool = true) -> Set<FaultSituation.Role> {
      Set(plan(target).situations(among: nodes, leaderIsKnown: leaderIsKnown).map(\.role))
    }
    #expect(roles(.one) == [.leader, .followers])
    #expect(roles(.leader) == [.leader])
    #expect(roles(.follower) == [.followers])
    #expect(roles(.minority) == [.followers, .leaderAndFollowers])
    #expect(roles(.all) == [.leaderAndFollowers])
    #expect(roles(.all, leaderIsKnown: false) == [.unknown])
  }

  /// Among situations that were tried as often, the fault that was not yet together with what is in
  /// force.
  @Test func pairsThatWereNotTriedComeFirst() {
    func fault(_ id: Int, _ name: String) -> ChosenFault {
      var fault = ChosenFault(id: id, .kill, targets: [nodes[0]])
      fault.situation = FaultSituation(fault: name, role: .leader, stage: .early)
      return fault
    }
    var tried = TriedFaults()
    let situations = ["a", "b"].compactMap { fault(0, $0).situation }
    #expect(tried.least(of: situations) == 0)
    tried.begin(fault(1, "held"))
    tried.begin(fault(2, "a"))
    tried.end(fault(2, "a"))
    tried.end(fault(1, "held"))
    tried.begin(fault(3, "b"))
    tried.end(fault(3, "b"))
    #expect(tried.least(of: situations) == 0)
    tried.begin(fault(4, "held"))
    #expect(tried.least(of: situations) == 1)
    #expect(tried.least(of: []) == nil)
  }
}
