import Histories
import Testing

@testable import Linearizability

@Suite struct ExplanationTests {
  private func explanation(
    _ text: String, initial: Value = .null
  ) throws -> [String] {
    let judgement = try check(
      history(text), CheckOptions(model: "cas-register", initial: initial))
    return try #require(judgement.partitions.compactMap(\.violation).first).explanation
  }

  @Test func anOverwrittenValue() throws {
    let found = try explanation(
      """
      0 invoke write 4 @k7
      0 ok write 4 @k7
      1 invoke write 7 @k7
      1 ok write 7 @k7
      4 invoke write 9 @k7
      3 invoke read @k7
      3 ok read 4 @k7
      4 ok write 9 @k7
      """)
    #expect(
      found == [
        "Process 3 read 4 from key k7 (line 7), but when that began (line 6) 4 had already been "
          + "overwritten.",
        "4 came from process 0's write of 4 (line 1), which returned at line 2. Then came process "
          + "1's write of 7 (invoked at line 3), which returned at line 4.",
        "Between its invocation (line 6) and its return the register could only have held 7 or 9.",
      ])
  }

  @Test func aValueWrittenSeveralTimesAndTheInitialOne() throws {
    let twice = try explanation(
      """
      0 invoke write 0
      0 ok write 0
      0 invoke cas 0,4
      0 ok cas 0,4
      1 invoke write 7
      1 ok write 7
      3 invoke cas 4,5
      3 ok cas 4,5
      """, initial: .integer(4))
    #expect(
      twice.prefix(2) == [
        "Process 3's cas from 4 to 5 succeeded (line 8), so it found 4, but when that began "
          + "(line 7) 4 had already been overwritten.",
        "4 came from process 0's cas from 0 to 4 (line 3), which returned at line 4. Then came "
          + "process 1's write of 7 (invoked at line 5), which returned at line 6.",
      ])
    let initial = try explanation("0 invoke write 1\n0 ok write\n0 invoke read\n0 ok read null")
    #expect(initial[1].hasPrefix("null was the initial value. Then came process 0's write of 1 "))
  }

  @Test func aValueSeenAndThenGone() throws {
    let found = try explanation(
      """
      0 invoke write 1
      0 ok write 1
      0 invoke write 2
      1 invoke read
      1 ok read 2
      2 invoke read
      2 ok read 1
      """)
    #expect(found[1].hasSuffix("(invoked at line 3), whose value process 1 had seen by line 5."))
  }

  @Test func aValueThatNobodyWrote() throws {
    #expect(
      try explanation("0 invoke write 5\n0 fail write 5\n1 invoke read\n1 ok read 5") == [
        "Process 1 read 5 (line 4), but nothing that was invoked before it returned could have "
          + "written 5, and the register held null at first.",
        "Process 0's write of 5 failed (line 2), which means that it certainly did not happen.",
        "Between its invocation (line 3) and its return the register could only have held null.",
      ])
    let later = try explanation("1 invoke read\n1 ok read 5\n0 invoke write 5\n0 ok write 5")
    #expect(
      later[1]
        == "The first to write it, process 0's write of 5, was invoked only later (line 3).")
  }

  @Test func twoCasThatBothWon() throws {
    let text = """
      0 invoke cas null,1
      1 invoke cas null,2
      0 ok cas null,1
      1 ok cas null,2
      """
    #expect(
      try explanation(text) == [
        "Process 1's cas from null to 2 succeeded (line 4), so it found null, but process 0's cas "
          + "from null to 1 had succeeded too (line 3).",
        "null was put there only once, as the initial value, so only one of the two could "
          + "replace it.",
      ])
    // With a second chance it is not said, since it would not be true.
    let chance = "2 invoke write null\n" + text + "\n3 invoke cas null,3\n3 ok cas null,3"
    #expect(!(try explanation(chance)[0].contains("had succeeded too")))
  }

  @Test func valuesAreBoundedAndEscaped() throws {
    let long = String(repeating: "x", count: 10_000) + "\u{1B}[31m"
    let events = [
      Event(index: 0, process: .client(0), type: .invoke, f: "read", key: .string("\u{1B}[2J")),
      Event(
        index: 1, process: .client(0), type: .ok, f: "read", key: .string("\u{1B}[2J"),
        value: .string(long)),
    ]
    let judgement = try check(
      History(source: "x", events: events), CheckOptions(model: "register"))
    let violation = try #require(judgement.partitions[0].violation)
    #expect(violation.explanation.joined().count < 500)
    #expect(violation.explanation[0].contains(#"from key \u{1b}[2J (index 1)"#))
  }

  /// What is said about possible values, against brute force: those which the blamed operation
  /// could have observed as a read, and those which a read right at its end could have.
  @Test func possibleValuesAreExact() throws {
    let seed: UInt64 = 77
    var histories = RandomHistories(seed: seed)
    var violations = 0
    for round in 0..<500 {
      let history = histories.history(
        .init(
          processes: 2 + round % 4, operations: 9, values: round % 2 == 0 ? 3 : nil,
          infos: round % 3 * 20, tampered: 40))
      let judgement = try check(history, CheckOptions(model: "cas-register", allowEmpty: true))
      guard let violation = judgement.partitions[0].violation else { continue }
      violations += 1
      let operations = Array(try history.operations())
      let blamed = operations[violation.operation]
      let end = try #require(blamed.completion)
      let atReturn = try possible(operations, blamed, from: end - 1, end: end)
      #expect(
        Set(violation.possibleStates) == Set(atReturn.map { $0.shown() }),
        "seed \(seed), round \(round):\n\(dump(history))")
      let meanwhile = try possible(operations, blamed, from: blamed.invocation, end: end)
      if let sentence = violation.explanation.last, sentence.hasPrefix("Between") {
        let list = sentence.split(separator: "only have held ").last.map(String.init) ?? ""
        let words = list.dropLast().replacing(" or ", with: ", ").split(separator: ", ")
        #expect(
          Set(words.map(String.init)) == Set(meanwhile.map { $0.shown() }),
          "seed \(seed), round \(round):\n\(dump(history))")
      }
    }
    #expect(violations > 120)
  }

  private func possible(
    _ operations: [Operation], _ blamed: Operation, from begin: Int, end: Int
  ) throws -> [Value] {
    // Doubled positions make room for an invocation right before the end.
    let before = operations.filter { $0.id != blamed.id && $0.invocation < end }.map { operation in
      var doubled = operation
      doubled.invocation *= 2
      doubled.completion = operation.completion.map { $0 * 2 }
      if operation.completion ?? .max > end, operation.outcome != .fail { doubled.outcome = .info }
      return doubled
    }
    return ([.null] + (0...12).map { Value.integer($0) }).filter { value in
      let probe = Operation(
        id: 1_000, process: -1, f: "read", outcome: .ok(value), invocation: 2 * begin + 1,
        completion: 2 * end)
      return Oracle(operations: before + [probe]).answer() == .linearizable
    }
  }
}
