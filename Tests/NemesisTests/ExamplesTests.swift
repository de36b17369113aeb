import Cluster
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

  @Test func aMinorityIsNeverAMajority() {
    for count in 1...9 {
      #expect(TargetSelector.majority.size(of: count) * 2 > count)
      #expect(TargetSelector.minority.size(of: count) >= 1)
      if count > 2 { #expect(TargetSelector.minority.size(of: count) * 2 < count) }
    }
  }
}
