import TestSupport
import Testing

/// What checkers get wrong, case by case, as a user meets it: a history, the exit status, the words.
@Suite struct SemanticsTests {
  /// Runs `check` on a history of brief lines: `process type f [value]`, times where `at` is given.
  private func check(
    _ lines: String, model: String = "cas-register", _ arguments: [String] = [],
    times: [Int]? = nil
  ) async throws -> Program.Ended {
    var text = ""
    for (number, line) in lines.split(separator: "\n").enumerated() {
      let words = line.split(separator: " ", maxSplits: 3)
      let process = Int(words[0]) == nil ? "\"\(words[0])\"" : String(words[0])
      text += "{\"process\":\(process),\"type\":\"\(words[1])\",\"f\":\"\(words[2])\""
      if words.count > 3 { text += ",\"value\":\(words[3])" }
      if let times { text += ",\"time\":\(times[number])" }
      text += "}\n"
    }
    return try await judge(text, ["--model", model] + arguments)
  }

  private func judge(_ text: String, _ arguments: [String]) async throws -> Program.Ended {
    try await program(
      [faultline, "check", "-"] + arguments, input: text)
  }

  private func expect(
    _ status: Int32, _ ended: Program.Ended, says words: String = "",
    _ place: SourceLocation = #_sourceLocation
  ) {
    #expect(ended.status == status, "\(ended.text)", sourceLocation: place)
    #expect(ended.text.contains(words), "\(ended.text)", sourceLocation: place)
  }

  // MARK: The table

  @Test func anEmptyHistoryProvesNothing() async throws {
    expect(2, try await judge("", ["--model", "register"]), says: "proves nothing")
    expect(0, try await judge("", ["--model", "register", "--allow-empty"]))
  }

  @Test func onlyNemesisLinesProveNothing() async throws {
    expect(2, try await check("nemesis info kill"), says: "proves nothing")
  }

  @Test func anInvocationWithoutReturnIsPendingForEver() async throws {
    let pending = "0 invoke write 1\n1 invoke read\n1 ok read 1\n1 invoke read\n1 ok read 1"
    expect(0, try await check(pending))
    expect(0, try await check(pending.replacing("ok read 1", with: "ok read null")))
  }

  @Test func aReturnWithoutCallIsAnError() async throws {
    expect(65, try await check("0 ok write 1"), says: "-:1: error: ")
    expect(65, try await check("0 ok write 1\n0 invoke write 1"), says: "-:1: error: ")
    let twice = "0 invoke write 1\n0 ok write 1\n0 ok write 1"
    expect(65, try await check(twice), says: "-:3: error: ")
  }

  @Test func aProcessDoesOneThingAtATime() async throws {
    let overlap = "0 invoke write 1\n0 invoke write 2\n0 ok write 2"
    expect(65, try await check(overlap), says: "still open")
  }

  @Test func aProcessMayGoOnAfterItsOperationIsOver() async throws {
    expect(0, try await check("0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read 1"))
    expect(0, try await check("0 invoke write 1\n0 fail write\n0 invoke read\n0 ok read null"))
  }

  @Test func aProcessMustNotGoOnAfterInfo() async throws {
    let reused = "0 invoke write 1\n0 info write\n0 invoke read\n0 ok read 1"
    expect(65, try await check(reused), says: "ended as info")
  }

  @Test func theValueOfAFailDoesNotMatter() async throws {
    let failed = "0 invoke write 1\n0 fail write \"timed-out\"\n1 invoke read\n1 ok read null"
    expect(0, try await check(failed))
  }

  @Test func aReturnBeforeItsCallInTimeIsAnError() async throws {
    let text = "0 invoke write 1\n0 ok write 1"
    let ended = try await judge(
      """
      {"index":0,"time":5,"process":0,"type":"invoke","f":"write","value":1}
      {"index":1,"time":4,"process":0,"type":"ok","f":"write","value":1}
      """, ["--model", "register"])
    expect(65, ended, says: "before its invocation")
    expect(0, try await check(text, times: [5, 5]))
  }

  /// Two recorders' files, one after the other: the times decide, and equal ones decide nothing.
  @Test func equalTimesOfDifferentProcessesAreConcurrent() async throws {
    let lines = "1 invoke read\n1 ok read null\n0 invoke write 1\n0 ok write 1"
    expect(0, try await check(lines, times: [10, 20, 0, 10]))
    expect(1, try await check(lines, times: [11, 20, 0, 10]))
  }

  @Test func equalTimesOfOneProcessKeepItsOrder() async throws {
    let lines =
      "1 invoke read\n1 ok read null\n0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read null"
    expect(1, try await check(lines, times: [30, 40, 0, 10, 10, 20]))
  }

  @Test func anUnknownFunctionIsNamed() async throws {
    expect(65, try await check("0 invoke frob 1\n0 ok frob 1"), says: "frob")
    expect(2, try await check("nemesis info frob 1\nannotator invoke frob"), says: "proves nothing")
  }

  @Test func anIndexMustNotOccurTwice() async throws {
    let line = "{\"index\":3,\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n"
    expect(
      65, try await judge(line + line, ["--model", "register"]), says: "index 3 was already used")
  }

  @Test func indexesMayHaveGaps() async throws {
    let ended = try await judge(
      """
      {"index":5,"process":0,"type":"invoke","f":"write","value":1}
      {"index":7,"process":0,"type":"ok","f":"write","value":1}
      {"index":99,"process":1,"type":"invoke","f":"read"}
      {"index":100,"process":1,"type":"ok","f":"read","value":2}
      """, ["--model", "register", "--format", "json"])
    expect(1, ended, says: "\"index\":100")
  }

  // MARK: The rules

  @Test func aCrashedWriteMayTakeEffectLateOrNever() async throws {
    let crashed = "0 invoke write 1\n0 info write\n1 invoke read\n1 ok read null\n"
    expect(0, try await check(crashed + "1 invoke read\n1 ok read 1"))
    expect(0, try await check(crashed + "1 invoke read\n1 ok read null"))
    let back = "1 invoke read\n1 ok read 1\n1 invoke read\n1 ok read null"
    expect(1, try await check(crashed + back))
  }

  @Test func aFailedWriteNeverHappened() async throws {
    expect(1, try await check("0 invoke write 1\n0 fail write\n1 invoke read\n1 ok read 1"))
  }

  @Test func aCrashedDequeueTakesWhatNobodyKnows() async throws {
    let queue = """
      0 invoke enqueue 1
      0 ok enqueue 1
      0 invoke enqueue 2
      0 ok enqueue 2
      1 invoke dequeue
      1 info dequeue
      2 invoke dequeue
      2 ok dequeue 2
      """
    expect(0, try await check(queue, model: "fifo-queue"))
    // The same with the null that Jepsen writes into invocations.
    let null = queue.replacing("invoke dequeue", with: "invoke dequeue null")
    expect(0, try await check(null, model: "fifo-queue"))
    expect(
      1,
      try await check(
        queue.replacing("1 invoke dequeue\n1 info dequeue\n", with: ""), model: "fifo-queue"))
  }

  @Test func aCrashedCASMayHaveFoundAnotherValue() async throws {
    expect(
      0, try await check("0 invoke cas [5,6]\n0 info cas\n1 invoke read\n1 ok read null"))
  }

  @Test func aFailedCASHasTwoMeanings() async throws {
    let text = "0 invoke cas [0,1]\n0 fail cas\n1 invoke read\n1 ok read 0"
    expect(0, try await check(text, ["--initial", "0"]))
    expect(0, try await check(text, ["--initial", "0", "--failed-cas", "ignore"]))
    expect(1, try await check(text, ["--initial", "0", "--failed-cas", "observe"]))
    expect(64, try await check(text, ["--failed-cas", "guess"]), says: "observe")
    let inHeader =
      "{\"faultline\":1,\"model\":\"cas-register\",\"initial\":0,\"failed-cas\":\"observe\"}\n"
      + "{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[0,1]}\n"
      + "{\"process\":0,\"type\":\"fail\",\"f\":\"cas\"}\n"
      + "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n{\"process\":0,\"type\":\"ok\",\"f\":\"read\"}\n"
    expect(1, try await judge(inHeader, []))
    expect(0, try await judge(inHeader, ["--failed-cas", "ignore"]))
  }

  @Test func aMissingValueIsNotNull() async throws {
    let start = "0 invoke write 1\n0 ok write 1\n1 invoke read\n"
    expect(0, try await check(start + "1 ok read"))
    expect(1, try await check(start + "1 ok read null"))
    expect(0, try await check(start + "1 ok read null", ["--null-read", "unknown"]))
  }

  @Test func theInitialValueIsNeverGuessed() async throws {
    let read = "0 invoke read\n0 ok read 7"
    expect(1, try await check(read))
    expect(0, try await check(read, ["--initial", "7"]))
    expect(0, try await check("0 invoke cas [null,1]\n0 ok cas [null,1]"))
  }

  @Test func equalityIsTyped() async throws {
    func written(_ value: String, read: String) async throws -> Int32 {
      try await check("0 invoke write \(value)\n0 ok write\n0 invoke read\n0 ok read \(read)")
        .status
    }
    #expect(try await written("1", read: "\"1\"") == 1)
    #expect(try await written("1", read: "true") == 1)
    #expect(try await written("1", read: "1.0") == 0)
    #expect(try await written("1.5", read: "1.5") == 0)
    #expect(try await written("{\"a\":1,\"b\":2}", read: "{\"b\":2,\"a\":1}") == 0)
    #expect(try await written("[1,2]", read: "[2,1]") == 1)
  }

  @Test func theCompletionsValueWins() async throws {
    let late = "0 invoke cas [null,2]\n0 ok cas [null,3]\n1 invoke read\n1 ok read 3"
    expect(0, try await check(late))
    let info = "0 invoke write 1\n0 info write \"timed-out\"\n1 invoke read\n1 ok read 1"
    expect(0, try await check(info))
  }

  @Test func theLinesAreInOrderOfTheirIndexes() async throws {
    let ended = try await judge(
      """
      {"index":2,"process":1,"type":"invoke","f":"read"}
      {"index":3,"process":1,"type":"ok","f":"read","value":1}
      {"index":0,"process":0,"type":"invoke","f":"write","value":1}
      {"index":1,"process":0,"type":"ok","f":"write","value":1}
      """, ["--model", "register"])
    expect(0, ended)
  }

  @Test func theFirstReturnThatCannotBeIsBlamed() async throws {
    let text =
      "0 invoke write 1\n0 ok write 1\n1 invoke read\n1 ok read 2\n1 invoke read\n1 ok read 3"
    expect(1, try await check(text), says: "(line 4)")
  }

  /// A violation of one key outranks what is undecided, and what is fine.
  @Test func verdictsOfKeysAreMerged() async throws {
    func key(_ name: String, _ read: String) -> String {
      "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1,\"key\":\"\(name)\"}\n"
        + "{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":1,\"key\":\"\(name)\"}\n"
        + "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"\(name)\"}\n"
        + "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":\(read),\"key\":\"\(name)\"}\n"
    }
    let model = ["--model", "register"]
    expect(0, try await judge(key("a", "1") + key("b", "1"), model))
    expect(
      1, try await judge(key("a", "1") + key("b", "2") + key("c", "1"), model), says: "key \"b\"")
    // As one object it is another history.
    expect(
      0, try await judge(key("a", "1") + key("b", "1"), model + ["--no-partition"]))
  }

  @Test func exitStatusesAreRanked() async throws {
    let place = try Scratch()
    let header = "{\"faultline\":1,\"model\":\"register\"}\n"
    let read = header + "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n"
    let good = try place.write(
      read + "{\"process\":0,\"type\":\"ok\",\"f\":\"read\"}\n", to: "good.jsonl")
    let bad = try place.write(
      read + "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":1}\n", to: "bad.jsonl")
    let unknown = try place.write(header, to: "unknown.jsonl")
    let malformed = try place.write(header + "{\n\n{}\n", to: "malformed.jsonl")
    let missing = place.path + "/missing.jsonl"
    for (inputs, status) in [
      ([good], 0), ([bad], 1), ([unknown], 2), ([malformed], 65), ([missing], 66), ([], 64),
      ([unknown, good], 2), ([malformed, unknown], 65), ([good, bad, malformed, missing], 1),
    ] as [([String], Int32)] {
      let ended = try await program([faultline, "check"] + inputs)
      expect(status, ended)
    }
  }
}
