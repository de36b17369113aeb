import Histories
import TestSupport
import Testing

@testable import Workloads

private func load(keys: Int = 3, perKey: Int = 60, mix: [String: Int]? = nil) -> Load {
  Load(
    concurrency: .perNode(2), rate: 100, operationTimeout: .seconds(1), keys: keys,
    operationsPerKey: perKey, mix: mix ?? ["read": 4, "write": 3, "cas": 1])
}

private func generators(_ load: Load, lanes: Int, seed: UInt64) -> [OperationGenerator] {
  (0..<lanes).map { OperationGenerator(load, lane: $0, of: lanes, seed: seed) }
}

struct OperationGeneratorTests {
  @Test(arguments: 0..<20)
  func aLanesOperationsDoNotDependOnWhatOtherLanesDo(_ seed: UInt64) {
    var ordered = generators(load(), lanes: 6, seed: seed)
    let expected = ordered.indices.map { lane in (0..<100).map { _ in ordered[lane].next() } }
    var mixed = generators(load(), lanes: 6, seed: seed)
    var random = SplitMix64(seed)
    var seen = [[PlannedOperation]](repeating: [], count: 6)
    while seen.contains(where: { $0.count < 100 }) {
      let lane = Int.random(in: 0..<6, using: &random)
      if seen[lane].count < 100 { seen[lane].append(mixed[lane].next()) }
    }
    #expect(seen == expected)
  }

  @Test func anotherSeedOrLaneGivesOtherOperations() {
    var lists: Set<[String]> = []
    for seed: UInt64 in 0..<10 {
      for var generator in generators(load(), lanes: 4, seed: seed) {
        lists.insert((0..<50).map { _ in generator.next().f })
      }
    }
    #expect(lists.count == 40)
  }

  @Test(arguments: [(1, 1), (2, 1), (5, 2), (10, 3), (15, 5), (20, 10)])
  func everyValueIsWrittenOnce(_ lanes: Int, _ keys: Int) {
    var written: Set<Value> = []
    var count = 0
    for var generator in generators(load(keys: keys), lanes: lanes, seed: 3) {
      for _ in 0..<500 {
        let operation = generator.next()
        switch (operation.f, operation.value) {
        case ("read", nil): continue
        case ("write", let value?): written.insert(value)
        case ("cas", .array(let pair)?) where pair.count == 2: written.insert(pair[1])
        default: Issue.record("\(operation) has a wrong argument")
        }
        count += 1
      }
    }
    #expect(count > 0)
    #expect(written.count == count)
  }

  @Test(arguments: [(3, 6, 2), (5, 10, 3), (5, 10, 5), (5, 5, 2), (9, 18, 4)])
  func everyKeyIsUsedByLanesOfDifferentNodes(_ nodes: Int, _ lanes: Int, _ keys: Int) {
    var users: [Value: Set<Int>] = [:]
    for (lane, var generator) in generators(load(keys: keys), lanes: lanes, seed: 9).enumerated() {
      // As many as make whole generations, so that no key has only just been begun.
      let generation = 60 * keys / lanes
      for _ in 0..<(generation * 5) {
        users[generator.next().key, default: []].insert(lane % nodes)
      }
      #expect(generator.keysBegun == 6 * keys)
    }
    #expect(users.count == 5 * keys)
    for (key, nodes) in users { #expect(nodes.count >= 2, "\(key) is used by \(nodes) alone") }
  }

  @Test func aKeyGetsAboutAsManyOperationsAsAsked() {
    var uses: [Value: Int] = [:]
    for var generator in generators(load(keys: 2, perKey: 100), lanes: 6, seed: 1) {
      for _ in 0..<(100 * 2 / 6 * 3) { uses[generator.next().key, default: 0] += 1 }
    }
    for (key, count) in uses { #expect((80...120).contains(count), "\(key): \(count)") }
  }

  @Test func theMixIsKept() {
    var counts: [String: Int] = [:]
    for var generator in generators(
      load(mix: ["read": 6, "write": 3, "cas": 0]), lanes: 10, seed: 5)
    {
      for _ in 0..<900 { counts[generator.next().f, default: 0] += 1 }
    }
    // Five standard deviations of a binomial distribution with 9000 draws are 224.
    #expect(abs(counts["read", default: 0] - 6000) < 224)
    #expect(abs(counts["write", default: 0] - 3000) < 224)
    #expect(counts["cas"] == nil)
  }

  @Test func theRateIsThatOfAllLanesTogether() {
    var total = Duration.zero
    for var generator in generators(load(), lanes: 5, seed: 8) {
      for _ in 0..<400 { total += generator.next().pause }
    }
    // 2000 operations at 100 a second, five lanes at a time: 100 seconds of pauses in all.
    #expect((.seconds(94) ... .seconds(106)).contains(total), "\(total)")
  }

  @Test func withoutARateNothingWaits() {
    var fast = load()
    fast.rate = nil
    var generator = OperationGenerator(fast, lane: 0, of: 1, seed: 1)
    for _ in 0..<100 { #expect(generator.next().pause == .zero) }
  }

  @Test func aCompareAndSetExpectsWhatItsLaneLastPutThere() {
    var generator = OperationGenerator(load(), lane: 2, of: 6, seed: 4)
    var last: [Value: Value] = [:]
    for _ in 0..<300 {
      let operation = generator.next()
      switch (operation.f, operation.value) {
      case ("write", let value?): last[operation.key] = value
      case ("cas", .array(let pair)?):
        #expect(pair[0] == last[operation.key] ?? .null)
        last[operation.key] = pair[1]
      default: break
      }
    }
  }
}
