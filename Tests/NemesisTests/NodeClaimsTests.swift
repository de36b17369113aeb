import TestSupport
import Testing

@testable import Nemesis

struct NodeClaimsTests {
  private let names = ["n1", "n2", "n3", "n4", "n5"]

  @Test func aTakenNodeIsPassedOver() async throws {
    let claims = NodeClaims(limit: 5)
    let first = try #require(await claims.claimNodes(2, of: names))
    #expect(first.names == ["n1", "n2"])
    let second = try #require(await claims.claimNodes(2, of: names))
    #expect(second.names == ["n3", "n4"])
    #expect(await claims.claimNodes(2, of: names) == nil)
    await claims.release(first)
    #expect(try #require(await claims.claimNodes(1, of: names)).names == ["n1"])
  }

  @Test func theNetworkIsPartitionedOnceAtATime() async throws {
    let claims = NodeClaims(limit: 5)
    let claim = try #require(await claims.claimNetwork(concerning: 1))
    #expect(await claims.claimNetwork(concerning: 1) == nil)
    await claims.release(claim)
    #expect(await claims.claimNetwork(concerning: 1) != nil)
  }

  @Test func whatExceedsTheLimitAloneTakesAllOfIt() async throws {
    let claims = NodeClaims(limit: 2)
    let whole = try #require(await claims.claimNodes(5, of: names))
    #expect(await claims.claimNetwork(concerning: 1) == nil)
    await claims.release(whole)
    let one = try #require(await claims.claimNodes(1, of: names))
    #expect(await claims.claimNodes(5, of: names) == nil)
    #expect(await claims.claimNetwork(concerning: 3) == nil)
    await claims.release(one)
    #expect(await claims.claimNetwork(concerning: 3) != nil)
  }

  /// A sequence waits for all that the limit allows; then its faults cost nothing more, and still no
  /// node is held twice.
  @Test func aSequenceHasTheNodesToItself() async throws {
    let claims = NodeClaims(limit: 1)
    let lane = try #require(await claims.claimNodes(1, of: names))
    #expect(await claims.claimAll() == nil)
    await claims.release(lane)
    let all = try #require(await claims.claimAll())
    #expect(await claims.claimNodes(1, of: names) == nil)
    #expect(await claims.claimNetwork(concerning: 2, isPaid: true) != nil)
    let first = try #require(await claims.claimNodes(1, of: ["n1"], isPaid: true))
    #expect(await claims.claimNodes(1, of: ["n1"], isPaid: true) == nil)
    await claims.release(first)
    await claims.release(all)
    #expect(await claims.claimNodes(1, of: names) != nil)
    let unlimited = NodeClaims(limit: .max)
    #expect(await unlimited.claimNodes(1, of: names) != nil)
    #expect(await unlimited.claimAll() != nil)
    #expect(await unlimited.claimAll() != nil)
  }

  /// Against a model: whatever is claimed and given back, the sum stays within the limit, no node
  /// is held twice, and in the end all is free again.
  @Test(arguments: 0..<30)
  func theLimitHoldsWhateverIsClaimed(_ seed: UInt64) async throws {
    var random = SplitMix64(seed)
    let limit = Int.random(in: 1...5, using: &random)
    let claims = NodeClaims(limit: limit)
    var held: [(claim: NodeClaims.Claim, size: Int)] = []
    for _ in 0..<200 {
      if Bool.random(using: &random), !held.isEmpty {
        let index = Int.random(in: 0..<held.count, using: &random)
        await claims.release(held.remove(at: index).claim)
        continue
      }
      let size = Int.random(in: 1...5, using: &random)
      let isNetwork = Int.random(in: 0..<4, using: &random) == 0
      let claim =
        isNetwork
        ? await claims.claimNetwork(concerning: size)
        : await claims.claimNodes(size, of: names.shuffled(using: &random))
      if let claim { held.append((claim, min(size, limit))) }
      #expect(held.map(\.size).reduce(0, +) <= limit, "seed \(seed)")
      let taken = held.flatMap(\.claim.names)
      #expect(Set(taken).count == taken.count, "seed \(seed)")
    }
    for (claim, _) in held { await claims.release(claim) }
    #expect(await claims.claimNodes(limit, of: names) != nil, "seed \(seed)")
  }

  @Test func aMachineTakesTheNetworkWithIt() async {
    let claims = NodeClaims(limit: .max)
    let network = await claims.claimNetwork(concerning: 1)
    #expect(await claims.claimNodes(1, of: ["n1"], withNetwork: true) == nil)
    if let network { await claims.release(network) }
    let machine = await claims.claimNodes(1, of: ["n1"], withNetwork: true)
    #expect(machine?.names == ["n1"])
    #expect(await claims.claimNetwork(concerning: 1) == nil)
    #expect(await claims.claimNodes(1, of: ["n1"]) == nil)
    #expect(await claims.claimNodes(1, of: ["n2"]) != nil)
    if let machine { await claims.release(machine) }
    #expect(await claims.claimNetwork(concerning: 1) != nil)
  }
}
