import Histories
import Randomness
import Testing

@testable import Linearizability

/// The conditions that are weaker than linearizability, against their definitions.
@Suite struct WeakerTests {
  private static let rounds = environmentNumber("FAULTLINE_WEAKER_ROUNDS") ?? 300

  /// Random histories of one register with times, of which some are not in order.
  private func histories(
    seed: UInt64, unique: Bool, tampered: Int = 35, rounds: Int = Self.rounds,
    _ body: (History, RegisterHistory, WeakerOracle, String) throws -> Void
  ) throws {
    var generator = RandomHistories(seed: seed)
    var random = SeededRandom(seed: seed &+ 1)
    let model = Register(CheckOptions(model: "cas-register"))
    for round in 0..<rounds {
      let shape = RandomHistories.Shape(
        processes: 2 + round % 3, operations: Int.random(in: 2...7, using: &random),
        values: unique ? nil : 2 + round % 2, infos: [0, 10, 30][round % 3],
        tampered: round % 5 == 0 ? 0 : tampered, hasCAS: round % 2 == 0)
      var history = generator.history(shape)
      var time: Int64 = 0
      for index in history.events.indices {
        time += Int64.random(in: 0...3, using: &random)
        history.events[index].time = time
      }
      let operations = try history.operations()
      let register = try #require(RegisterHistory(model, operations))
      try body(history, register, WeakerOracle(operations), "seed \(seed), round \(round)")
    }
  }

  private func expect(
    _ finding: WeakerConditions.Finding, is expected: Bool, _ place: Comment, _ tally: inout [Bool]
  ) {
    tally.append(expected)
    switch finding {
    case .holds: #expect(expected, place)
    case .broken: #expect(!expected, place)
    case .undecided: Issue.record("undecided: \(place)")
    }
  }

  private func expectBoth(_ tally: [Bool], least: Int = 15) {
    #expect(tally.count { $0 } > least && tally.count { !$0 } > least, "\(tally.count { $0 })")
  }

  @Test(arguments: [true, false]) func regularAndSafe(unique: Bool) throws {
    var (regularTally, safeTally): ([Bool], [Bool]) = ([], [])
    try histories(seed: 101, unique: unique) { history, register, oracle, name in
      let place: Comment = "\(name)\n\(dump(history))"
      let (regular, safe) = RegularRegister(register).findings()
      expect(regular, is: oracle.isRegular, place, &regularTally)
      expect(safe, is: oracle.isSafe, place, &safeTally)
    }
    expectBoth(regularTally)
    expectBoth(safeTally)
  }

  @Test(arguments: [true, false]) func sessionGuarantees(unique: Bool) throws {
    var (monotonic, ownWrites): ([Bool], [Bool]) = ([], [])
    try histories(seed: 102, unique: unique) { history, register, oracle, name in
      let place: Comment = "\(name)\n\(dump(history))"
      let found = SessionGuarantees.findings(register)
      guard oracle.isUnambiguous else {
        // Broken may still be said, where it does not depend on the values that are not unique.
        #expect(found.monotonicReads != .holds && found.readYourWrites != .holds, place)
        return
      }
      expect(found.monotonicReads, is: oracle.hasMonotonicReads, place, &monotonic)
      expect(found.readYourWrites, is: oracle.hasReadYourWrites, place, &ownWrites)
    }
    expectBoth(monotonic, least: 5)
    expectBoth(ownWrites, least: 5)
  }

  @Test(arguments: [true, false]) func sequentialConsistency(unique: Bool) throws {
    var tally: [Bool] = []
    try histories(seed: 103, unique: unique) { history, register, oracle, name in
      let place: Comment = "\(name)\n\(dump(history))"
      let expected = oracle.isSequential
      let all = Set(register.calls.map(\.operation))
      let found = SequentialConsistency.finding(register, impossible: all)
      expect(found, is: expected, place, &tally)
      // Whichever operations it begins with, the answer is the same.
      let one = SequentialConsistency.finding(register, impossible: Set(all.sorted().suffix(1)))
      #expect(one == found, place)
    }
    expectBoth(tally)
  }

  @Test(arguments: [true, false]) func versions(unique: Bool) throws {
    var tally: [Int: Int] = [:]
    // Quick, and wrong bounds are rare.
    try histories(seed: 104, unique: unique, tampered: 50, rounds: 10 * Self.rounds) {
      history, register, oracle, name in
      guard !oracle.isLinearizable else { return }
      let place: Comment = "\(name)\n\(dump(history))"
      let smallest = (2...10).first { oracle.isAtomic(depth: $0) }
      switch KAtomicity.versions(register) {
      case .exactly(let depth): #expect(depth == smallest, place)
      case .never: #expect(smallest == nil, place)
      case .between(let low, let high):
        // Only where no bound from above was found are there none to decide.
        Issue.record("between \(low) and \(high ?? 0), not \(smallest ?? 0): \(place)")
      }
      tally[smallest ?? 0, default: 0] += 1
    }
    #expect(tally[0] ?? 0 > 3 && tally[2] ?? 0 > 3, "\(tally)")
  }

  @Test(arguments: [true, false]) func staleness(unique: Bool) throws {
    var tally: [String: Int] = [:]
    try histories(seed: 105, unique: unique) { history, register, oracle, name in
      guard !oracle.isLinearizable else { return }
      let place: Comment = "\(name)\n\(dump(history))"
      let time = { (position: Int) in history.events[position].time ?? 0 }
      let smallest = (0...80).first { oracle.isAtomic(delta: $0, time: time) }
      switch DeltaAtomicity.staleness(register, time: time) {
      case .nanoseconds(let delta):
        #expect(delta == smallest, place)
        tally[delta == 0 ? "zero" : "more", default: 0] += 1
      case .never:
        #expect(smallest == nil, place)
        tally["never", default: 0] += 1
      case .undecided(let reason): Issue.record("\(reason): \(place)")
      }
    }
    #expect(tally["never"] ?? 0 > 3 && tally["more"] ?? 0 > 1, "\(tally)")
  }

  /// Of histories in several chunks, against a search of the whole.
  @Test func chunksTogetherAreAsStaleAsTheWhole() throws {
    var generator = RandomHistories(seed: 108)
    var tally: [Int: Int] = [:]
    for round in 0..<Self.rounds {
      let shape = RandomHistories.Shape(
        processes: 2 + round % 4, operations: 30 + round % 30, values: nil, infos: round % 3 * 2,
        tampered: 3 + round % 12, hasCAS: false)
      let history = generator.history(shape)
      let model = Register(CheckOptions(model: "register"))
      let register = try #require(RegisterHistory(model, try history.operations()))
      let chunks = try #require(register.conflictingChunks())
      let isExplained = !register.calls.indices.contains(where: register.isUnexplained)
      guard isExplained, !chunks.isEmpty else { continue }
      tally[min(chunks.count, 2), default: 0] += 1
      let place: Comment = "round \(round)\n\(dump(history))"
      let versions = KAtomicity.versions(register)
      guard case .exactly(let depth) = versions else {
        Issue.record("\(versions): \(place)")
        continue
      }
      #expect(isAtomic(register, depth: depth) != false, place)
      #expect(isAtomic(register, depth: depth - 1) != true, place)
      let staleness = DeltaAtomicity.staleness(register) { Int64($0) * 3 }
      guard case .nanoseconds(let delta) = staleness else {
        Issue.record("\(staleness): \(place)")
        continue
      }
      #expect(isLinearizable(register, readsEarlierBy: Int(delta + 2) / 3) != false, place)
      #expect(delta > 0 && delta % 3 == 0, place)
      #expect(isLinearizable(register, readsEarlierBy: Int(delta) / 3 - 1) != true, place)
    }
    #expect(tally[1] ?? 0 > 40 && tally[2] ?? 0 > 20, "\(tally)")
  }

  private func isAtomic(_ register: RegisterHistory, depth: Int) -> Bool? {
    boundedSearch(
      register.calls, under: LaggingRegister(depth: depth),
      usefulUntil: RegisterHistory.Access.usefulUntil(register.calls))
  }

  /// With each read begun right before the event that is so many positions earlier.
  private func isLinearizable(
    _ register: RegisterHistory, readsEarlierBy positions: Int
  ) -> Bool? {
    let room = register.calls.count + 2
    var calls = register.calls
    for index in calls.indices {
      let begin = calls[index].invocation
      calls[index].invocation = room * (begin + 1)
      if calls[index].command.installed == nil {
        calls[index].invocation += index + 1 - room - room * min(positions, begin)
      }
      calls[index].completion = calls[index].completion.map { room * ($0 + 1) }
    }
    calls.sort { $0.invocation < $1.invocation }
    return boundedSearch(
      calls, under: AccessedRegister(initialState: RegisterHistory.initial),
      usefulUntil: RegisterHistory.Access.usefulUntil(calls))
  }

  @Test func timesThatAreMissingOrOutOfOrderDecideNothing() throws {
    try histories(seed: 106, unique: true) { history, register, oracle, name in
      guard !oracle.isLinearizable, !register.calls.indices.contains(where: register.isUnexplained)
      else { return }
      #expect(DeltaAtomicity.staleness(register) { _ in nil } == .undecided(.noTimes), "\(name)")
      #expect(
        DeltaAtomicity.staleness(register) { -Int64($0) } == .undecided(.noTimes), "\(name)")
    }
  }

  /// Linearizable implies all; regular implies safe and read your writes; k implies k + 1.
  @Test(arguments: [true, false]) func implications(unique: Bool) throws {
    var linearizable = 0
    try histories(seed: 107, unique: unique, tampered: 20) { history, register, oracle, name in
      let place: Comment = "\(name)\n\(dump(history))"
      let found = WeakerConditions.judge(register, impossible: []) {
        history.events[$0].time
      }
      if oracle.isLinearizable {
        linearizable += 1
        for condition in WeakerConditions.Condition.allCases {
          if case .broken? = found.findings[condition] { Issue.record("\(condition): \(place)") }
        }
        #expect(found.findings[.sequential] == .holds, place)
        #expect(found.versions == .exactly(1) || found.versions == .exactly(2), place)
      }
      if found.findings[.regular] == .holds {
        #expect(found.findings[.safe] == .holds, place)
        if case .broken? = found.findings[.readYourWrites] { Issue.record(place) }
      }
      let calls = register.calls
      for depth in 1...3 where oracle.isAtomic(depth: depth) {
        let lagging = LaggingRegister(depth: depth + 1)
        let answer = boundedSearch(
          calls, under: lagging, usefulUntil: RegisterHistory.Access.usefulUntil(calls))
        #expect(answer == true, place)
      }
    }
    #expect(linearizable > 50)
  }

  // MARK: Examples

  private func weaker(
    _ text: String, model: String = "cas-register", initial: Value = .null
  ) throws -> WeakerConditions? {
    let judgement = try check(history(text), CheckOptions(model: model, initial: initial))
    return try #require(judgement.partitions[0].violation).weaker
  }

  @Test func aReadThatIsTwoVersionsOld() throws {
    let found = try #require(
      try weaker(
        """
        0 invoke write 1
        0 ok write 1
        0 invoke write 2
        0 ok write 2
        0 invoke write 3
        0 ok write 3
        1 invoke read
        1 ok read 1
        """))
    #expect(found.versions == .exactly(3))
    #expect(found.staleness == .undecided(.noTimes))
    #expect(found.findings[.sequential] == .holds)
    #expect(found.findings[.regular] == .broken([3, 0, 2]))
    #expect(found.findings[.safe] == .broken([3, 0, 2]))
    #expect(found.strongest == [.sequential, .monotonicReads, .readYourWrites])
  }

  @Test func aRegularRegisterThatGoesBack() throws {
    let found = try #require(
      try weaker(
        """
        0 invoke write 1
        1 invoke read
        1 ok read 1
        2 invoke read
        2 ok read null
        0 ok write 1
        """))
    #expect(found.strongest == [.sequential, .regular, .monotonicReads])
    #expect(found.versions == .exactly(2))
  }

  @Test func valuesThatRepeatLeaveSessionsUndecided() throws {
    let found = try #require(
      try weaker(
        """
        0 invoke write 1
        0 ok write 1
        0 invoke write 1
        0 ok write 1
        0 invoke write 2
        0 ok write 2
        1 invoke read
        1 ok read 1
        """))
    #expect(found.findings[.monotonicReads] == .undecided(.repeatedValues))
    #expect(found.findings[.readYourWrites] == .undecided(.repeatedValues))
    #expect(found.versions == .exactly(2))
  }

  @Test func theInitialValueIsTheOldestVersion() throws {
    let found = try #require(
      try weaker(
        "0 invoke write 1\n0 ok write\n0 invoke write 2\n0 ok write\n0 invoke read\n0 ok read 7",
        initial: .integer(7)))
    #expect(found.versions == .exactly(3))
    #expect(found.findings[.readYourWrites] == .broken([2, 1]))
  }

  /// What the cas found was written only after its own value had been read.
  @Test func noWriteTakesEffectBeforeItBegins() throws {
    let found = try #require(
      try weaker(
        """
        1 invoke cas 1,0
        0 invoke read
        0 ok read 0
        0 invoke write 1
        1 ok cas
        0 ok write 1
        """))
    #expect(found.versions == .never([]))
  }

  @Test func aValueThatNobodyWrote() throws {
    let found = try #require(try weaker("0 invoke read\n0 ok read 5"))
    #expect(found.versions == .never([0]) && found.staleness == .never)
    #expect(found.strongest.isEmpty)
  }

  @Test func storesAndVersionsAreRegistersToo() throws {
    let store = "0 invoke put 1\n0 ok put\n0 invoke put 2\n0 ok put\n1 invoke get\n1 ok get 1"
    #expect(try weaker(store, model: "kv")?.versions == .exactly(2))
    let appended = store.replacing(
      "0 invoke put 2\n0 ok put", with: "0 invoke append a\n0 ok append")
    #expect(
      try weaker(
        appended.replacing("put 1", with: "put b").replacing("get 1", with: "get c"), model: "kv")
        == nil)
    let versions = """
      0 invoke put a
      0 ok put a,1
      0 invoke put a
      0 ok put a,2
      1 invoke read
      1 ok read a,1
      """
    #expect(try weaker(versions, model: "versioned-register")?.versions == .exactly(2))
    #expect(
      try weaker("0 invoke dequeue\n0 ok dequeue 1", model: "fifo-queue") == nil)
  }
}
