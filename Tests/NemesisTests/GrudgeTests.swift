import Cluster
import TestSupport
import Testing

@testable import Nemesis

/// A grudge over nodes in a drawn order, with everything it was made from.
private struct Drawn: CustomStringConvertible {
  let shape: PartitionShape
  let order: [String]
  let leader: String?
  let choice: UInt64

  init(_ shape: PartitionShape, _ count: Int, _ seed: UInt64) {
    var random = SplitMix64(seed)
    self.shape = shape
    order = (1...count).map { "n\($0)" }.shuffled(using: &random)
    leader = Bool.random(using: &random) ? order.randomElement(using: &random) : nil
    choice = random.next()
  }

  var grudge: Grudge { Grudge(shape, over: order, leader: leader, choice: choice) }

  /// Whom a node hears, itself included.
  func heard(_ node: String) -> Set<String> {
    Set(order).subtracting(grudge.unheard[node] ?? [])
  }

  var description: String { "\(shape) over \(order), leader \(leader ?? "none"), choice \(choice)" }
}

private func each(
  _ shape: PartitionShape, _ body: (Drawn) throws -> Void
) rethrows {
  for count in shape.minimumNodes...9 {
    for seed: UInt64 in 0..<8 { try body(Drawn(shape, count, seed)) }
  }
}

struct GrudgeTests {
  @Test(arguments: PartitionShape.allCases)
  func nobodyIsCutOffFromItselfOrFromStrangers(_ shape: PartitionShape) {
    each(shape) { drawn in
      #expect(!drawn.grudge.unheard.isEmpty, "\(drawn)")
      for (node, unheard) in drawn.grudge.unheard {
        #expect(!unheard.isEmpty && !unheard.contains(node), "\(drawn)")
        #expect(unheard.isSubset(of: drawn.order) && drawn.order.contains(node), "\(drawn)")
      }
    }
  }

  @Test(arguments: PartitionShape.allCases.filter { ![.oneWay, .deaf, .mute].contains($0) })
  func whoDoesNotHearIsNotHeard(_ shape: PartitionShape) {
    each(shape) { drawn in
      for a in drawn.order {
        for b in drawn.order {
          #expect(drawn.heard(a).contains(b) == drawn.heard(b).contains(a), "\(drawn)")
        }
      }
    }
  }

  @Test(arguments: [PartitionShape.halves, .leaderMinority, .leaderMajority])
  func halvesAreAMinorityAndAMajority(_ shape: PartitionShape) {
    each(shape) { drawn in
      let sides = Set(drawn.order.map(drawn.heard))
      #expect(sides.count == 2, "\(drawn)")
      #expect(sides.reduce([]) { $0.union($1) } == Set(drawn.order), "\(drawn)")
      #expect(sides.map(\.count).reduce(0, +) == drawn.order.count, "\(drawn)")
      let large = sides.map(\.count).max() ?? 0
      if drawn.order.count > 2 {
        #expect(large * 2 > drawn.order.count, "\(drawn)")
        let leader = drawn.leader ?? drawn.order[0]
        if shape == .leaderMinority { #expect(drawn.heard(leader).count < large, "\(drawn)") }
        if shape == .leaderMajority { #expect(drawn.heard(leader).count == large, "\(drawn)") }
      }
      #expect(
        drawn.grudge.affected(among: drawn.order).count == drawn.order.count - large, "\(drawn)")
    }
  }

  @Test(arguments: [PartitionShape.one, .leader])
  func oneNodeIsAlone(_ shape: PartitionShape) {
    each(shape) { drawn in
      let lone = drawn.order.filter { drawn.heard($0) == [$0] }
      let others = drawn.order.filter { !lone.contains($0) }
      if drawn.order.count > 2 {
        let expected = shape == .leader ? drawn.leader ?? drawn.order[0] : drawn.order[0]
        #expect(lone == [expected], "\(drawn)")
        for node in others { #expect(drawn.heard(node) == Set(others), "\(drawn)") }
        #expect(drawn.grudge.affected(among: drawn.order) == lone, "\(drawn)")
      } else {
        #expect(lone.count == 2, "\(drawn)")
      }
    }
  }

  @Test func inARingEveryoneHearsAMajorityAndNoTwoTheSame() {
    each(.majoritiesRing) { drawn in
      let sets = drawn.order.map(drawn.heard)
      for heard in sets { #expect(heard.count * 2 > drawn.order.count, "\(drawn): \(heard)") }
      #expect(Set(sets).count == drawn.order.count, "\(drawn): two hear the same majority")
    }
  }

  @Test func aBridgeIsHeardByTwoHalvesThatAreDeafToEachOther() {
    each(.bridge) { drawn in
      let all = Set(drawn.order)
      let bridges = drawn.order.filter { drawn.heard($0) == all }
      #expect(bridges.count == 1, "\(drawn)")
      let sides = Set(drawn.order.filter { !bridges.contains($0) }.map(drawn.heard))
      #expect(sides.count == 2, "\(drawn)")
      #expect(sides.reduce(all) { $0.intersection($1) } == Set(bridges), "\(drawn)")
      #expect(sides.reduce([]) { $0.union($1) } == all, "\(drawn)")
      let sizes = sides.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1, "\(drawn)")
    }
  }

  @Test func randomHalvesAreTwoSidesOfEverySize() {
    var sizes: Set<Int> = []
    each(.randomHalves) { drawn in
      let sides = Set(drawn.order.map(drawn.heard))
      #expect(sides.count == 2, "\(drawn)")
      #expect(sides.map(\.count).reduce(0, +) == drawn.order.count, "\(drawn)")
      if drawn.order.count == 5 { sizes.insert(drawn.heard(drawn.order[0]).count) }
    }
    #expect(sizes.count > 2, "\(sizes)")
  }

  @Test func aLinkIsBetweenTwoNodesOnly() {
    each(.link) { drawn in
      let (a, b) = (drawn.order[0], drawn.order[1])
      #expect(drawn.grudge.unheard == [a: [b], b: [a]], "\(drawn)")
    }
  }

  @Test(arguments: [PartitionShape.oneWay, .deaf, .mute])
  func oneWayCutsOneDirectionOnly(_ shape: PartitionShape) {
    each(shape) { drawn in
      let lone = drawn.order[0]
      let deaf = drawn.grudge.unheard[lone] != nil
      if shape != .oneWay { #expect(deaf == (shape == .deaf), "\(drawn)") }
      for other in drawn.order.dropFirst() {
        #expect(drawn.heard(lone).contains(other) == !deaf, "\(drawn)")
        #expect(drawn.heard(other).contains(lone) == deaf, "\(drawn)")
        #expect(drawn.heard(other).isSuperset(of: drawn.order.dropFirst()), "\(drawn)")
      }
      #expect(drawn.grudge.affected(among: drawn.order).count == 1, "\(drawn)")
    }
  }

  /// Affected are all but a largest group in which everyone hears everyone, found here by trying
  /// every group from the largest down.
  @Test(arguments: PartitionShape.allCases)
  func affectedAreThoseOutsideTheLargestWholeGroup(_ shape: PartitionShape) {
    each(shape) { drawn in
      let affected = drawn.grudge.affected(among: drawn.order)
      let kept = Set(drawn.order).subtracting(affected)
      #expect(kept.allSatisfy { drawn.heard($0).isSuperset(of: kept) }, "\(drawn): \(affected)")
      let largest = (1..<(1 << drawn.order.count)).map { mask in
        Set(drawn.order.indices.filter { mask >> $0 & 1 == 1 }.map { drawn.order[$0] })
      }.filter { group in group.allSatisfy { drawn.heard($0).isSuperset(of: group) } }
        .map(\.count).max()
      #expect(kept.count == largest, "\(drawn): \(affected)")
    }
  }
}
