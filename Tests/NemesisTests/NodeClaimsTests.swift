import TestSupport
import Testing

@testable import Nemesis

struct NodeClaimsTests {
  private let names = ["n1", "n2", "n3", "n4", "n5"]

  @Test func aTakenNodeIsPassedOver() async throws {
    let claims = NodeClaims(FaultLimits(nodes: 5))
    let first = try #require(await claims.claimNodes(2, of: names))
    #expect(first.names == ["n1", "n2"])
    let second = try #require(await claims.claimNodes(2, of: names))
    #expect(second.names == ["n3", "n4"])
    #expect(await claims.claimNodes(2, of: names) == nil)
    await claims.release(first)
    #expect(try #require(await claims.claimNodes(1, of: names)).names == ["n1"])
  }

  @Test func theNetworkIsPartitionedOnceAtATime() async throws {
    let claims = NodeClaims(FaultLimits(nodes: 5))
    let claim = try #require(await claims.claimNetwork(concerning: ["n5"]))
    #expect(await claims.claimNetwork(concerning: ["n5"]) == nil)
    await claims.release(claim)
    #expect(await claims.claimNetwork(concerning: ["n5"]) != nil)
  }

  /// A node that two faults concern counts once.
  @Test func theLimitIsOnNodes() async throws {
    let claims = NodeClaims(FaultLimits(nodes: 2))
    #expect(await claims.claimNodes(3, of: names) == nil)
    let cut = try #require(await claims.claimNetwork(concerning: ["n1", "n2"]))
    #expect(await claims.claimNodes(1, of: ["n3"]) == nil)
    let killed = try #require(await claims.claimNodes(1, of: ["n2"]))
    await claims.release(cut)
    #expect(await claims.claimNetwork(concerning: ["n1", "n3"]) == nil)
    #expect(await claims.claimNodes(1, of: ["n3"]) != nil)
    await claims.release(killed)
    #expect(await claims.claimNodes(1, of: ["n4"]) != nil)
  }

  @Test func theLimitIsOnFaults() async throws {
    let claims = NodeClaims(FaultLimits(faults: 2))
    let all = try #require(await claims.claimNodes(5, of: names))
    #expect(await claims.claimNetwork(concerning: ["n1"]) != nil)
    await claims.release(all)
    #expect(await claims.claimNodes(1, of: names) != nil)
    #expect(await claims.claimNodes(1, of: names) == nil)
  }

  /// A sequence waits until nothing is in force; then its faults alone may be, as many as it wants on as many nodes as
  /// are allowed, and still no node is held twice.
  @Test func aSequenceHasTheNodesToItself() async throws {
    let claims = NodeClaims(FaultLimits(nodes: 2, faults: 1))
    let lane = try #require(await claims.claimNodes(1, of: names))
    #expect(await claims.reserve() == nil)
    await claims.release(lane)
    let reservation = try #require(await claims.reserve())
    #expect(await claims.reserve() == nil)
    #expect(await claims.claimNodes(1, of: names) == nil)
    #expect(await claims.claimNetwork(concerning: ["n1"], inSequence: true) != nil)
    let first = try #require(await claims.claimNodes(1, of: ["n1"], inSequence: true))
    #expect(await claims.claimNodes(1, of: ["n1"], inSequence: true) == nil)
    let second = try #require(await claims.claimNodes(1, of: ["n2"], inSequence: true))
    #expect(await claims.claimNodes(1, of: ["n3"], inSequence: true) == nil)
    for claim in [first, second, reservation] { await claims.release(claim) }
    let unlimited = NodeClaims(FaultLimits())
    #expect(await unlimited.claimNodes(1, of: names) != nil)
    #expect(await unlimited.reserve() != nil)
    #expect(await unlimited.reserve() != nil)
  }

  /// Against a model: whatever is claimed and given back, no more nodes are concerned and no more faults in force than
  /// is allowed, no node is held twice, and in the end all is free again.
  @Test(arguments: 0..<30)
  func theLimitsHoldWhateverIsClaimed(_ seed: UInt64) async throws {
    var random = SplitMix64(seed)
    let limit = Int.random(in: 1...5, using: &random)
    let most = Int.random(in: 1...5, using: &random)
    let claims = NodeClaims(FaultLimits(nodes: limit, faults: most))
    var held: [(claim: NodeClaims.Claim, affected: Set<String>)] = []
    for _ in 0..<200 {
      if Bool.random(using: &random), !held.isEmpty {
        let index = Int.random(in: 0..<held.count, using: &random)
        await claims.release(held.remove(at: index).claim)
        continue
      }
      let size = Int.random(in: 1...5, using: &random)
      let order = names.shuffled(using: &random)
      let isNetwork = Int.random(in: 0..<4, using: &random) == 0
      let claim =
        isNetwork
        ? await claims.claimNetwork(concerning: Array(order.prefix(size)))
        : await claims.claimNodes(size, of: order)
      if let claim {
        held.append((claim, isNetwork ? Set(order.prefix(size)) : Set(claim.names)))
      }
      #expect(held.reduce(into: Set()) { $0.formUnion($1.affected) }.count <= limit, "seed \(seed)")
      #expect(held.count <= most, "seed \(seed)")
      let taken = held.flatMap(\.claim.names)
      #expect(Set(taken).count == taken.count, "seed \(seed)")
    }
    for (claim, _) in held { await claims.release(claim) }
    #expect(await claims.claimNodes(limit, of: names) != nil, "seed \(seed)")
  }

  @Test func aMachineTakesTheNetworkWithIt() async {
    let claims = NodeClaims(FaultLimits())
    let network = await claims.claimNetwork(concerning: ["n5"])
    #expect(await claims.claimNodes(1, of: ["n1"], withNetwork: true) == nil)
    if let network { await claims.release(network) }
    let machine = await claims.claimNodes(1, of: ["n1"], withNetwork: true)
    #expect(machine?.names == ["n1"])
    #expect(await claims.claimNetwork(concerning: ["n5"]) == nil)
    #expect(await claims.claimNodes(1, of: ["n1"]) == nil)
    #expect(await claims.claimNodes(1, of: ["n2"]) != nil)
    if let machine { await claims.release(machine) }
    #expect(await claims.claimNetwork(concerning: ["n5"]) != nil)
  }
}
