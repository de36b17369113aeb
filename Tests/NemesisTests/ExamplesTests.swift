import Cluster
import Histories
import Randomness
import Testing

@testable import Nemesis

struct ExamplesTests {
  private let nodes = (1...5).map { Node(name: "n\($0)", host: "10.0.0.\($0)") }

  private func plan(_ kind: FaultKind, _ target: TargetSelector = .one) -> FaultPlan {
    FaultPlan(kind, target: target, after: nil, every: .seconds(3), lasting: .seconds(1))
  }

  @Test func oneSeedGivesTheSameFaults() {
    for kind in FaultKind.all {
      for lane in 0..<3 {
        for seed: UInt64 in 0..<20 {
          let first = FaultLanes.examples(of: plan(kind), lane: lane, nodes: nodes, seed: seed)
          #expect(
            first == FaultLanes.examples(of: plan(kind), lane: lane, nodes: nodes, seed: seed))
          #expect(!first.isEmpty)
        }
      }
    }
  }

  @Test func everyNodeIsHitUnderSomeSeed() {
    var hit: Set<String> = []
    for seed: UInt64 in 0..<100 {
      for fault in FaultLanes.examples(of: plan(.kill), lane: 0, nodes: nodes, seed: seed) {
        hit.formUnion(fault.targets.map(\.name))
      }
    }
    #expect(hit == Set(nodes.map(\.name)))
  }

  @Test func lanesDifferUnderOneSeed() {
    let faults = (0..<20).map { lane in
      FaultLanes.examples(of: plan(.kill), lane: lane, nodes: nodes, seed: 1)[0].targets
    }
    #expect(Set(faults).count > 1)
  }

  @Test(arguments: [
    (TargetSelector.one, 1), (.minority, 2), (.majority, 3), (.all, 5), (.leader, 1),
    (.follower, 1), (.named(["n4", "n2"]), 2),
  ])
  func aSelectorTakesItsNumberOfNodes(_ selector: TargetSelector, _ count: Int) {
    let fault = FaultLanes.examples(of: plan(.pause, selector), lane: 0, nodes: nodes, seed: 6)[0]
    #expect(fault.targets.count == count)
    // In the cluster's order, whatever was drawn.
    #expect(fault.targets == nodes.filter { fault.targets.contains($0) })
    if selector == .leader { #expect(fault.targets == [nodes[0]]) }
    if selector == .follower { #expect(fault.targets != [nodes[0]]) }
    if case .named(let names) = selector { #expect(Set(fault.targets.map(\.name)) == Set(names)) }
  }

  /// Who names nodes means these and no others, on one side of a cut.
  @Test(arguments: [["n3"], ["n4", "n2"], ["n5", "n1", "n2"]])
  func namedNodesAreCutOffFromAllOthers(_ names: [String]) throws {
    for kind in FaultKind.all where kind.reach == .shape {
      let fault = FaultLanes.examples(
        of: plan(kind, .named(names)), lane: 0, nodes: nodes, seed: 6)[0]
      #expect(Set(fault.targets.map(\.name)) == Set(names))
      let unheard = try #require(fault.grudge).unheard
      for node in nodes.map(\.name) {
        let others = nodes.map(\.name).filter { names.contains($0) != names.contains(node) }
        #expect(unheard[node] == Set(others))
      }
    }
  }

  @Test func aTargetFollowsWhoHasTheRole() throws {
    for seed: UInt64 in 0..<20 {
      var random = SeededRandom(seed: seed)
      var draw = Draw(nodes, &random)
      let role = plan(.kill, .role("writer"))
      #expect(role.fault(draw, among: nodes) == nil)
      draw.inRole = ["n2", "n4"]
      draw.leader = "n4"
      let taken = try #require(role.fault(draw, among: nodes)).fault.targets.map(\.name)
      #expect(taken == ["n2"] || taken == ["n4"])
      for (selector, count) in [(TargetSelector.leaderMinority, 2), (.leaderMajority, 3)] {
        let fault = try #require(plan(.kill, selector).fault(draw, among: nodes)).fault
        #expect(fault.targets.count == count && fault.targets.contains(nodes[3]))
      }
    }
    #expect(
      plan(.kill, .role("writer")).problem(with: .none, on: nodes)?.contains("\"writer\"") == true)
    #expect(TargetSelector("role:writer") == .role("writer") && TargetSelector("writer") == nil)
  }

  @Test func aShapeThatIsAboutOtherNodesIsRefused() {
    func problem(_ shapes: [PartitionShape], _ target: TargetSelector) -> String? {
      var plan = plan(.partition, target)
      plan.settings.values["shape"] = .array(shapes.map { .string($0.rawValue) })
      var described = Target.none
      described.leads = "true"
      return plan.problem(with: described, on: nodes)
    }
    #expect(problem([.targets], .named(["n1", "n2", "n3"])) == nil)
    #expect(problem([.targets], .all)?.contains("nobody is left") == true)
    #expect(problem([.one, .deaf, .bridge], .named(["n1"])) == nil)
    #expect(problem([.halves, .link], .named(["n1", "n2"])) == nil)
    #expect(problem([.halves], .named(["n1"]))?.contains("about 2 of 5 nodes") == true)
    #expect(problem([.one, .link], .leader)?.contains("\"link\" is about 2 of 5") == true)
    #expect(problem([.majoritiesRing], .named(["n1"]))?.contains("decides itself") == true)
    #expect(problem(PartitionShape.allCases, .one) == nil)
  }

  /// Against what is drawn.
  @Test(arguments: PartitionShape.allCases)
  func noMoreNodesAreAffectedThanIsFeared(_ shape: PartitionShape) {
    for count in shape.minimumNodes...7 {
      let nodes = (1...count).map { Node(name: "n\($0)", host: "10.0.0.\($0)") }
      var plan = plan(.partition)
      plan.settings.values["shape"] = .array([.string(shape.rawValue)])
      var most = 0
      for seed: UInt64 in 0..<60 {
        let fault = FaultLanes.examples(of: plan, lane: 0, nodes: nodes, seed: seed)[0]
        most = max(most, fault.targets.count)
      }
      #expect(most == plan.mostAffected(of: count), "\(count) nodes")
    }
  }

  @Test func aMinorityIsNeverAMajority() {
    for count in 1...9 {
      #expect(TargetSelector.majority.size(of: count) * 2 > count)
      #expect(TargetSelector.minority.size(of: count) >= 1)
      if count > 2 { #expect(TargetSelector.minority.size(of: count) * 2 < count) }
    }
  }
}
