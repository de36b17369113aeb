import Glibc
import Histories
import Testing

@testable import Linearizability

@Suite struct CheckTests {
  private func judge(
    _ text: String, _ change: (inout CheckOptions) -> Void = { _ in }
  ) throws -> Judgement {
    var options = CheckOptions(model: "cas-register")
    change(&options)
    return try check(history(text), options)
  }

  private func complaint(_ text: String, model: String = "cas-register") -> String? {
    do {
      _ = try judge(text) { $0.model = model }
      return nil
    } catch {
      return "\(error)"
    }
  }

  // MARK: Semantics

  @Test func aHistoryWithoutSuccessProvesNothing() throws {
    let nothing = "0 invoke write 1\n0 info write\n1 invoke read\n1 fail read"
    for text in ["", nothing] {
      let judgement = try judge(text)
      #expect(judgement.verdict == .unknown)
      guard case .unknown(.empty, _) = judgement.partitions[0].outcome else {
        Issue.record("\(judgement.partitions[0].outcome)")
        return
      }
      #expect(try judge(text) { $0.allowEmpty = true }.verdict == .linearizable)
    }
  }

  @Test func valuesAreTyped() throws {
    #expect(
      try judge("0 invoke write 1\n0 ok write\n0 invoke read\n0 ok read 1").verdict
        == .linearizable)
    let events = history("0 invoke write 1\n0 ok write\n0 invoke read").events
    let read = Event(
      index: 3, process: .client(0), type: .ok, f: "read", value: .string("1"), line: 4)
    let mixed = History(source: "x", events: events + [read])
    #expect(try check(mixed, CheckOptions(model: "register")).verdict == .violation)
  }

  @Test func spellingsOfTheSameTextAreDifferentValuesAndKeys() throws {
    let (composed, decomposed) = ("\u{E9}", "e\u{301}")
    let seen = "0 invoke write \(composed)\n0 ok write\n0 invoke read\n0 ok read "
    #expect(try judge(seen + composed).verdict == .linearizable)
    let judgement = try judge(seen + decomposed)
    #expect(judgement.verdict == .violation)
    let sentences = judgement.partitions[0].violation?.explanation.joined() ?? ""
    #expect(sentences.contains(#"e\u{301}"#), "\(sentences)")
    let swapped = "0 invoke cas \(decomposed),1\n0 ok cas"
    #expect(try judge("1 invoke write \(composed)\n1 ok write\n" + swapped).verdict == .violation)
    let keys = """
      0 invoke write 1 @\(composed)
      0 ok write 1 @\(composed)
      0 invoke read @\(decomposed)
      0 ok read null @\(decomposed)
      """
    let apart = try judge(keys)
    #expect(apart.verdict == .linearizable)
    #expect(apart.partitions.map(\.operations.count) == [1, 1])
    #expect(
      complaint("0 invoke write 1 @\(composed)\n0 ok write 1 @\(decomposed)")?
        .contains("completed with key") == true)
  }

  @Test func theInitialValueIsPartOfTheModel() throws {
    let text = "0 invoke read\n0 ok read 3"
    #expect(try judge(text).verdict == .violation)
    #expect(try judge(text) { $0.initial = .integer(3) }.verdict == .linearizable)
    let absent = "0 invoke read\n0 ok read null"
    #expect(try judge(absent).verdict == .linearizable)
    #expect(try judge(absent) { $0.initial = .integer(3) }.verdict == .violation)
    let unknown = try judge(absent) {
      $0.initial = .integer(3)
      $0.nullReadsAreUnknown = true
    }
    #expect(unknown.verdict == .linearizable)
  }

  @Test func anOpenOperationIsPendingForEver() throws {
    let text = "0 invoke write 1\n1 invoke read\n1 ok read null\n1 invoke read\n1 ok read "
    #expect(try judge(text + "1").verdict == .linearizable)
    #expect(try judge(text + "null").verdict == .linearizable)
    #expect(try judge(text + "2").verdict == .violation)
  }

  @Test func aCompletionsValueWins() throws {
    let text = "0 invoke write 1\n0 ok write\n0 invoke cas 1,2\n0 ok cas 1,3\n0 invoke read\n"
    #expect(try judge(text + "0 ok read 3").verdict == .linearizable)
    #expect(try judge(text + "0 ok read 2").verdict == .violation)
  }

  @Test func keysAreObjectsOfTheirOwn() throws {
    let text = """
      0 invoke write 1 @b
      0 ok write 1 @b
      0 invoke read @a
      0 ok read null @a
      0 invoke read @b
      0 ok read 1 @b
      """
    let judgement = try judge(text)
    #expect(judgement.verdict == .linearizable)
    #expect(judgement.partitions.map(\.key) == [.string("b"), .string("a")])
    #expect(judgement.partitions.map { $0.operations.map(\.id) } == [[0, 2], [1]])
    let whole = try judge(text) { $0.partition = false }
    #expect(whole.verdict == .violation && whole.partitions.map(\.key) == [nil])
  }

  @Test func whatDoesNotFitTheModelIsAnErrorWithItsLine() {
    #expect(
      complaint("0 invoke read\n0 ok read 1\n0 invoke pop")
        == #"test.jsonl:3: error: the model cas-register has no function "pop"; "#
        + "it has read, write, cas")
    #expect(
      complaint("0 invoke cas 1,2\n0 fail cas", model: "register")
        == #"test.jsonl:1: error: the model register has no function "cas"; it has read, write"#)
    #expect(
      complaint("0 invoke write\n0 ok write")
        == "test.jsonl:2: error: write has no 'value'; it must be what was written")
    #expect(
      complaint("0 invoke cas 3")
        == "test.jsonl:1: error: the 'value' of cas must be [expected, new]; found 3")
    #expect(complaint("0 invoke cas 3\n0 fail cas") == nil)
    #expect(
      complaint("0 invoke read @a\n0 ok read @a\n0 invoke read")
        == "test.jsonl:3: error: read has no key, but the operations before it have one; "
        + "give all or none a key, or judge the history as a single object")
    #expect(
      complaint("", model: "regster")
        == #"there is no model "regster"; there are "#
        + ModelCatalog.entries.map(\.name).joined(separator: ", "))
  }

  @Test func aTransactionDoesWhatItWasInvokedWith() throws {
    func access(_ f: String, _ register: String, _ value: Int64?) -> Value {
      .array([.string(f), .string(register), value.map(Value.integer) ?? .null])
    }
    func judge(_ f: String, _ invoked: [Value], _ type: EventType, _ done: [Value]?) -> Verdict? {
      let events = [
        Event(
          index: 0, process: .client(0), type: .invoke, f: f, value: .array(invoked), line: 1),
        Event(
          index: 1, process: .client(0), type: type, f: f, value: done.map(Value.array), line: 2),
      ]
      return judged(
        History(source: "x", events: Events(events)),
        CheckOptions(model: "multi-register", allowEmpty: true))?.verdict
    }
    let (write, read) = (access("write", "x", 1), access("read", "y", nil))
    #expect(judge("txn", [write, read], .ok, [write, read]) == .linearizable)
    #expect(judge("txn", [write, read], .ok, [write, access("r", "y", 7)]) == .violation)
    // Without a result nothing was seen.
    #expect(judge("txn", [write, access("read", "x", nil)], .ok, nil) == .linearizable)
    let others = [
      [write], [read, write], [write, read, read], [write, access("read", "x", nil)],
      [access("write", "x", 2), read], [access("write", "y", 1), read], [read, read],
    ]
    for other in others { #expect(judge("txn", [write, read], .ok, other) == nil, "\(other)") }
    #expect(judge("read", [read], .ok, [read]) == .linearizable)
    #expect(judge("read", [read], .ok, [write]) == nil)
    #expect(judge("read", [read], .info, nil) == .linearizable)
  }

  // MARK: Limits

  /// A cas between each two of six values, all open at once: as many orders as there are ways
  /// through a complete graph.
  private func hard(keys: [String] = ["k"]) -> String {
    var lines: [String] = []
    for (number, key) in keys.enumerated() {
      lines += ["\(number * 100) invoke write 0 @\(key)", "\(number * 100) ok write 0 @\(key)"]
      for type in ["invoke", "ok"] {
        for pair in 0..<36 where pair / 6 != pair % 6 {
          lines.append("\(number * 100 + pair) \(type) cas \(pair / 6),\(pair % 6) @\(key)")
        }
        // Two ways more out of 0 than into it, so that there is no order to be lucky with.
        for extra in 36..<38 { lines.append("\(number * 100 + extra) \(type) cas 0,1 @\(key)") }
      }
    }
    return lines.joined(separator: "\n")
  }

  @Test func limitsGiveUnknownWithTheDeepestEvent() throws {
    let memory = try judge(hard()) { $0.memoryLimit = 1 << 20 }
    guard case .unknown(.memoryLimit(1_048_576), let reached) = memory.partitions[0].outcome else {
      Issue.record("\(memory.partitions[0].outcome)")
      return
    }
    #expect(reached >= 34)
    let again = try judge(hard()) { $0.memoryLimit = 1 << 20 }
    #expect(
      again.partitions[0].effort.configurations == memory.partitions[0].effort.configurations)
    let time = try judge(hard()) { $0.timeLimit = .milliseconds(20) }
    guard case .unknown(.timeLimit(.milliseconds(20)), _) = time.partitions[0].outcome else {
      Issue.record("\(time.partitions[0].outcome)")
      return
    }
    #expect(time.duration < .seconds(5))
  }

  /// A search that looks at the clock a fifth of a second late, at the end of a limit of ten.
  @Test func aSearchThatIsALittleLateTellsHowFarItCame() throws {
    let checker = PartitionChecker(problems: { _, _ in [] }, prepare: { _, _ in }) {
      partition, _, budget in
      guard let deadline = budget.deadline else { preconditionFailure("there is a limit") }
      let rest = deadline.instant - .now + .milliseconds(200)
      usleep(UInt32(max(0, rest / .microseconds(1))))
      return PartitionJudgement(
        key: nil, outcome: .unknown(.timeLimit(deadline.limit), reached: 7),
        operations: partition.operations, effort: SearchEffort(configurations: 9))
    }
    let history = history("0 invoke read\n0 ok read")
    let options = CheckOptions(model: "register", timeLimit: .seconds(10), jobs: 1)
    let pool = PartitionPool(
      try Partition.all(of: history, byKey: true), checker: checker, history: history,
      options: options, start: .now - .seconds(9))
    let judgement = try pool.judge()[0]
    guard case .unknown(.timeLimit(.seconds(10)), reached: 7) = judgement.outcome else {
      Issue.record("\(judgement.outcome)")
      return
    }
    #expect(judgement.effort.configurations == 9)
  }

  @Test func aViolationIsFoundBehindAHardPartitionAndOutranksIt() throws {
    let text = hard(keys: ["a", "b"]) + "\n0 invoke read @c\n0 ok read 9 @c"
    // Long enough for a busy machine to come to the third, which is decided at once.
    let judgement = try judge(text) { $0.timeLimit = .seconds(1) }
    #expect(judgement.partitions.map(\.verdict) == [.unknown, .unknown, .violation])
    #expect(judgement.verdict == .violation)
    #expect(judgement.duration < .seconds(30))
  }

  @Test func writesThatNobodyReadCostNothing() throws {
    let writers = (0..<40).map { "\($0) invoke write \($0)" }
    let ends = (0..<40).map { "\($0) ok write \($0)" }
    let judgement = try judge((writers + ends).joined(separator: "\n"))
    guard case .linearizable(let points) = judgement.partitions[0].outcome else {
      Issue.record("\(judgement.partitions[0].outcome)")
      return
    }
    #expect(points.count == 40)
    #expect(judgement.partitions[0].effort.configurations < 2_500)
  }

  @Test func moreThan64CrashedWritesAtOnce() throws {
    var lines: [String] = []
    for writer in 0..<150 {
      lines += ["\(writer) invoke write \(writer % 5)", "\(writer) info write"]
    }
    // All are needed: 30 of each value, read in turns.
    for read in 0..<150 { lines += ["999 invoke read", "999 ok read \(read % 5)"] }
    let good = try judge(lines.joined(separator: "\n"))
    #expect(good.verdict == .linearizable)
    lines += ["999 invoke read", "999 ok read 0"]
    let bad = try judge(lines.joined(separator: "\n"))
    #expect(bad.partitions[0].answer == .violation(300))
  }

  @Test func manyCrashedWritesThatNobodyReadCostNothing() throws {
    var lines: [String] = []
    for round in 0..<200 {
      lines += ["\(round) invoke write \(round)", "\(round) info write"]
      lines += ["999 invoke write \(1000 + round)", "999 ok write"]
      lines += ["999 invoke read", "999 ok read \(1000 + round)"]
    }
    let judgement = try judge(lines.joined(separator: "\n")) { $0.usesSolvers = false }
    #expect(judgement.verdict == .linearizable)
    #expect(judgement.partitions[0].effort.configurations == 201)
  }

  // MARK: Witnesses

  @Test func aLinearizationHasEveryOperationThatTookEffect() throws {
    let judgement = try judge(
      """
      0 invoke write 1
      1 invoke write 2
      1 info write
      0 ok write 1
      2 invoke read
      2 ok read 2
      3 invoke read
      3 ok read
      """)
    guard case .linearizable(let order) = judgement.partitions[0].outcome else {
      Issue.record("not linearizable")
      return
    }
    #expect(order == [0, 1, 2, 3])
  }

  @Test func aViolationComesWithTheLongestLinearizationBeforeIt() throws {
    let violation = try #require(
      try judge(
        """
        0 invoke write 1
        0 ok write 1
        1 invoke write 2
        2 invoke write 9
        2 info write
        3 invoke read
        3 ok read 7
        1 ok write 2
        """
      ).partitions[0].violation)
    #expect(violation.operation == 3)
    #expect(
      violation.linearization == [
        LinearizationPoint(operation: 0, stateAfter: "1"),
        LinearizationPoint(operation: 1, stateAfter: "2"),
      ])
    #expect(violation.possibleStates.sorted() == ["1", "2", "9"])
  }

  /// When the first dequeue ended, the other might have taken the element, whatever it found later.
  @Test func anOpenOperationMayHaveDoneThenWhatItDidNotDoLater() throws {
    let text = """
      0 invoke enqueue 2
      0 ok enqueue
      0 invoke dequeue
      1 invoke dequeue
      1 ok dequeue null
      0 ok dequeue null
      """
    let violation = try #require(
      judged(history(text), CheckOptions(model: "fifo-queue"))?.partitions[0].violation)
    #expect(violation.operation == 1)
    #expect(violation.linearization.map(\.operation) == [0, 1, 2])
    #expect(violation.linearization.map(\.stateAfter) == ["[2]", "[]", "[]"])
  }

  @Test func theVerifierRefusesWhatDoesNotHold() throws {
    let operations = try history(
      """
      0 invoke write 1
      1 invoke write 2
      0 ok write
      2 invoke read
      2 ok read 1
      3 invoke write 5
      3 fail write
      1 info write
      """
    ).operations()
    let model = Register(CheckOptions(model: "register"))
    let verifier = WitnessVerifier(model: model, operations: operations)
    var states: [Value] = []
    try verifier.replay([0, 2]) { states.append($0) }
    #expect(states == [.integer(1), .integer(1)])
    try verifier.replay([1, 0, 2])
    try verifier.replay([0], until: 3)
    for order in [[], [0], [2, 0], [0, 1, 2], [0, 2, 2], [0, 2, 3], [0, 2, 9], [2]] {
      #expect(throws: CheckError.self, "\(order)") { try verifier.replay(order) }
    }
    #expect(throws: CheckError.self) { try verifier.replay([0, 2], until: 3) }
    let late = history("0 invoke write 1\n0 ok write\n0 invoke write 2\n0 ok write")
    let other = WitnessVerifier(model: model, operations: try late.operations())
    #expect(throws: CheckError.self) { try other.replay([1, 0]) }
  }

  @Test func verdictsMergeByRank() {
    #expect([Verdict.linearizable, .violation, .unknown].max() == .violation)
    #expect([Verdict.linearizable, .unknown].max() == .unknown)
  }
}
