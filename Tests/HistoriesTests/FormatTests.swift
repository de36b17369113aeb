import Glibc
import FoundationEssentials
import Histories
import Randomness
import Testing

/// Histories in notations other than ours.
@Suite struct FormatTests {
  private func ednValue(_ text: String) throws -> Value? {
    try read("{:process 0, :type :invoke, :f :x, :value \(text)}").events[0].value
  }

  @Test(arguments: [
    ("nil", Value.null), ("true", .bool(true)), ("-7", .integer(-7)), ("+7", .integer(7)),
    ("7N", .integer(7)), ("1.5", .double(1.5)), ("2.0", .integer(2)), ("1.5M", .double(1.5)),
    (":timed-out", .string("timed-out")), (":a/b", .string("a/b")), ("sym", .string("sym")),
    (#""a\n\"é\u0041""#, .string("a\n\"éA")), (#"\a"#, .string("a")), (#"\newline"#, .string("\n")),
    ("[1 [2, 3] nil]", .array([.integer(1), .array([.integer(2), .integer(3)]), .null])),
    ("(1 2)", .array([.integer(1), .integer(2)])), ("#{1 2}", .array([.integer(1), .integer(2)])),
    ("{:x 1, 2 :y}", .object(["x": .integer(1), "2": .string("y")])),
    ("#inst \"2020\"", .string("2020")), ("#a.b.C{:x 1}", .object(["x": .integer(1)])),
    ("#_ 9 ; no\n 8", .integer(8)),
  ])
  func valuesOfEDN(text: String, value: Value) throws {
    #expect(try ednValue(text) == value)
  }

  @Test func aMissingValueIsNotNil() throws {
    let history = try read(
      "{:process 0 :type :ok :f :read}\n{:process 1 :type :ok :f :read :value nil}")
    #expect(history.events.map(\.value) == [nil, .null])
  }

  @Test(arguments: [
    "%", "[%]", "(%)", "[\n%\n]\n", "#jepsen.history.Op %", "; comment\n[%, %]",
  ])
  func containersOfEDN(container: String) throws {
    let event =
      "{:process 3, :type :info, :f :write, :value 1, :time 5, :error :timeout, :extra #{1}, :node \"n1\"}"
    let events = try read(container.replacing("%", with: event)).events
    #expect(!events.isEmpty)
    for read in events {
      #expect(read.process == .client(3) && read.type == .info && read.f == "write")
      #expect(read.value == .integer(1) && read.time == 5 && read.error == .string("timeout"))
      #expect(read.node == "n1" && read.fields == ["extra": .array([.integer(1)])])
    }
  }

  @Test(arguments: [
    ("[{:process 0", "1:13: unexpected end: '}' is missing"),
    ("[{:process 0 :type :invoke :f :x}", "1:34: unexpected end: ']' is missing"),
    ("\n 5", "2:2: expected an event, which is an object"),
    ("(5)", "1:2: expected an event, which is a map"),
    (
      "{:process 0, :type :maybe, :f :x}",
      "1:1: unknown type \"maybe\"; it must be invoke, ok, fail or info"
    ),
    ("{:type :ok, :f :x}", "1:1: the event has no 'process'"),
    ("{:process 0, :type :ok}", "1:1: the event has no 'f'"),
    ("{:process 0, :type :ok, :f :x, :value 1/2}", "1:39: ratios are not supported: 1/2"),
    ("{:process 0, :process 1}", "1:14: the key \"process\" occurs twice"),
    (
      "{:value 12345678901234567890}",
      "1:9: integers beyond 64 bits are not supported: 12345678901234567890"
    ),
    ("{:value \"a}", "1:9: the string is not closed"),
    (String(repeating: "(", count: 99), "1:66: nested deeper than 64 levels, which is the limit"),
    (
      "INFO  jepsen.util - 3 :invoke",
      "1:1: expected process, type, function and value, found 2 words"
    ),
    ("INFO nothing", "1:1: expected ' - ' and an operation"),
  ])
  func complaints(text: String, expected: String) {
    let got = complaint(text)
    #expect(got?.hasPrefix(expected.prefix(30)) == true || got == expected, "\(got ?? "nothing")")
  }

  @Test func consoleLines() throws {
    let history = try read(
      """
      INFO  jepsen.util - 3\t:invoke\t:cas\t[1 2]
      INFO  jepsen.util - 4\t:invoke\t:read\tnil
      INFO  jepsen.util - 3\t:info\t:cas\t:timed-out
      INFO  jepsen.util - 4\t:ok\t:read\tnil
      """)
    let operations = try history.operations()
    #expect(operations[0].argument == .array([.integer(1), .integer(2)]))
    #expect(operations[0].outcome == .info && operations[1].outcome == .ok(.null))
    #expect(history.events[2].error == .string("timed-out") && history.events[2].line == 3)
  }

  @Test func transactionsNeedNotSaySo() throws {
    let history = try read(#"[{"type":"invoke","process":1,"value":[["r",1,null]]}]"#)
    #expect(history.events[0].f == "txn")
    #expect(complaint(#"{"type":"invoke","process":1,"value":1}"#) == "1:1: the event has no 'f'")
  }

  @Test func keysOutOfPairs() throws {
    let text = """
      {:process 0 :type :invoke :f :write :value [:k 1]}
      {:process 0 :type :info :f :write}
      {:process :nemesis :type :info :f :start :value nil}
      """
    let events = try read(text).keyedByValues().events
    #expect(events[0].key == .string("k") && events[0].value == .integer(1))
    #expect(events[1].key == nil && events[2].value == .null)
    #expect(throws: HistoryError.self) {
      try read("{:process 0 :type :invoke :f :write :value 1}").keyedByValues()
    }
  }

  @Test(arguments: ["gzip", "zstd"])
  func compressed(program: String) throws {
    let line = #"{"process":0,"type":"invoke","f":"read"}"# + "\n"
    guard let bytes = try compressed(line, by: program) else {
      print("there is no program \(program)")
      return
    }
    #expect(try read(bytes).events.count == 1)
    #expect(complaint(Array(bytes.dropLast(3)))?.contains("cannot expand the whole file") == true)
  }

  private func compressed(_ text: String, by program: String) throws -> [UInt8]? {
    try withFile(Array(text.utf8)) { path in
      guard system("\(program) -qc \(path) > \(path).z 2>/dev/null") == 0 else { return nil }
      defer { unlink(path + ".z") }
      return FileManager.default.contents(atPath: path + ".z").map(Array.init)
    }
  }

  // MARK: Order

  private func order(_ lines: [String]) throws -> [String] {
    try read(lines.map { "{\($0)}" }.joined(separator: "\n")).events.map(\.f)
  }

  private func line(_ f: String, _ process: Int, _ type: String, _ more: String) -> String {
    "\"f\":\"\(f)\",\"process\":\(process),\"type\":\"\(type)\",\(more)"
  }

  @Test func lateLinesAreOrderedByIndexOrElseByTime() throws {
    for name in ["index", "time"] {
      #expect(
        try order([
          line("a", 0, "invoke", "\"\(name)\":1"), line("c", 1, "invoke", "\"\(name)\":5"),
          line("b", 0, "ok", "\"\(name)\":3"),
        ]) == ["a", "b", "c"])
    }
    // A completion that came ahead of its invocation.
    #expect(
      try order([
        line("b", 0, "ok", "\"time\":3"), line("a", 0, "invoke", "\"time\":1"),
      ]) == ["a", "b"])
    // Not all have a time: the order of the lines counts.
    #expect(
      try order([
        line("a", 0, "invoke", "\"time\":9"), line("b", 1, "invoke", "\"node\":\"x\""),
        line("c", 2, "invoke", "\"time\":3"),
      ]) == ["a", "b", "c"])
  }

  @Test func equalTimesAreConcurrentAcrossProcessesOnly() throws {
    let late = line("late", 9, "invoke", "\"time\":1")
    // Process 0 ends its operation and begins another; process 1 begins and ends at that instant.
    #expect(
      try order([
        line("a1", 0, "invoke", "\"time\":2"), line("a2", 0, "ok", "\"time\":7"),
        line("b1", 0, "invoke", "\"time\":7"), line("c1", 1, "invoke", "\"time\":7"),
        line("c2", 1, "ok", "\"time\":7"), late,
      ]) == ["late", "a1", "c1", "a2", "b1", "c2"])
  }

  // MARK: Any bytes

  @Test func anyBytesAreAnErrorOrAHistory() throws {
    let seeds = [
      "[{:process 0, :type :invoke, :f :read, :value #{1 \"a\\n\" \\b nil}}\n #_ x {:process 0 :type :ok :f :read :value 1.5M}]",
      "INFO  jepsen.util - 3\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 3\t:ok\t:cas\t[1 2]\n",
      "#jepsen.history.Op{:index 0, :time 12, :type :invoke, :process 1, :f :txn, :value [[:r 1 nil]]}",
    ]
    var random = SeededRandom(seed: 77)
    var readable = 0
    for round in 0..<6_000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place...)
        case 2:
          bytes.insert(
            contentsOf: Array("[]{}()#:\\\";,".utf8).shuffled(using: &random).prefix(2), at: place)
        default: bytes.remove(at: place)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      if complaint(bytes) == nil { readable += 1 }
    }
    #expect(readable > 500 && readable < 5_500)
  }
}
