import FoundationEssentials
import Glibc
import Histories
import Testing

@testable import Recording

@Suite struct RecorderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func theLinesHaveTheFieldsInTheDocumentedOrder() throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: ["seed": .integer(7), "model": .string("m")])
    try recorder.invoke(
      process: 3, f: "cas", key: .string("k7"), value: .array([.null, .integer(1)]))
    try recorder.complete(
      process: 3, f: "cas", key: .integer(7), argument: .bool(true), outcome: .info,
      error: .string("a\"\\\n\u{1}é"), node: "n2")
    try recorder.annotate(
      f: "partition", value: .double(0.5), fields: ["targets": .array([.string("n1")]), "a": .null])
    try recorder.annotate(
      process: .other("lane"), f: "note", value: .object(["y": .null, "x": .integer(-1)]))
    try recorder.close()
    let text = String(decoding: try readBytes(path), as: UTF8.self)
    let withoutTimes = text.replacing(#/"time":\d+/#, with: "\"time\":T")
    #expect(
      withoutTimes == """
        {"faultline":1,"model":"m","seed":7}
        {"index":0,"time":T,"process":3,"type":"invoke","f":"cas","key":"k7","value":[null,1]}
        {"index":1,"time":T,"process":3,"type":"info","f":"cas","key":7,"value":true,"error":"a\\"\\\\\\n\\u0001é","node":"n2"}
        {"index":2,"time":T,"process":"nemesis","type":"info","f":"partition","value":0.5,"a":null,"targets":["n1"]}
        {"index":3,"time":T,"process":"lane","type":"info","f":"note","value":{"x":-1,"y":null}}

        """)
  }

  @Test func everyIntegerIsWrittenAsItIs() throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: [:])
    let values: [Int64] = [0, 9, 10, -1, .max, .min, 1_000_000_007]
    for value in values { try recorder.invoke(process: 0, f: "w", value: .integer(value)) }
    try recorder.close()
    #expect(try readLines(path).lines.map(\.value) == values.map { Int($0) })
  }

  @Test func aCompletionHasItsResultOrItsArgument() throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: [:])
    let outcomes: [Outcome] = [.ok(.integer(1)), .ok(nil), .fail, .info]
    for outcome in outcomes {
      try recorder.complete(process: 0, f: "w", argument: .integer(2), outcome: outcome)
    }
    try recorder.close()
    let lines = try readLines(path).lines
    #expect(lines.map(\.type) == ["ok", "ok", "fail", "info"])
    #expect(lines.map(\.value) == [1, nil, 2, 2])
  }

  @Test func anInvocationIsInTheFileWhenItsCallReturns() throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: [:])
    for n in 0..<50 {
      try recorder.invoke(process: n, f: "w", value: .integer(Int64(n)))
      #expect(try readLines(path).lines.last?.process == n)
      try recorder.complete(process: n, f: "w", outcome: .ok(.integer(Int64(n))))
    }
    try recorder.close()
    #expect(try readLines(path).lines.count == 100)
  }

  @Test func aCompletionReachesTheFileWithoutALaterEvent() throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: [:])
    try recorder.complete(process: 0, f: "w", outcome: .ok(nil))
    var waited = 0
    while try readLines(path).lines.isEmpty && waited < 2000 {
      usleep(1000)
      waited += 1
    }
    #expect(waited < 2000)
    try recorder.close()
  }

  /// Ten threads record; a reader looks at the file all the while.
  @Test func indexTimeAndLineOrderAgreeAndTheFileIsAlwaysAPrefix() async throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: [:])
    let (threads, each) = (10, 300)
    let reader = Task.detached { () throws -> [[UInt8]] in
      var seen: [[UInt8]] = []
      for _ in 0..<20 {
        seen.append(try readBytes(path))
        usleep(1000)
      }
      return seen
    }
    await runThreads(threads) { process in
      for n in 0..<each {
        let value = Value.integer(Int64(n))
        do {
          try recorder.invoke(process: process, f: "w", value: value)
          try recorder.complete(process: process, f: "w", outcome: .ok(value))
        } catch {
          Issue.record(error)
        }
      }
    }
    let seen = try await reader.value
    try recorder.close()
    let bytes = try readBytes(path)
    for earlier in seen { #expect(bytes.starts(with: earlier)) }
    let (lines, partial) = try readLines(path)
    #expect(partial.isEmpty)
    #expect(lines.map(\.index) == Array(0..<2 * threads * each))
    #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.time <= $1.time })
    for process in 0..<threads {
      let own = lines.filter { $0.process == process }
      #expect(own.map(\.value) == (0..<2 * each).map { $0 / 2 })
      #expect(own.map(\.type) == (0..<2 * each).map { $0 % 2 == 0 ? "invoke" : "ok" })
    }
  }

  @Test func aHistoryIsNeverOverwritten() throws {
    let path = directory.file("h.jsonl")
    try Recorder(path: path, header: [:]).close()
    let before = try readBytes(path)
    #expect(throws: RecorderError(path: path, action: "create", code: EEXIST)) {
      try Recorder(path: path, header: [:])
    }
    #expect(try readBytes(path) == before)
  }

  @Test func aClosedRecorderRefusesEventsAndMayBeClosedAgain() throws {
    let path = directory.file("h.jsonl")
    let recorder = try Recorder(path: path, header: [:])
    try recorder.close()
    try recorder.close()
    #expect(throws: RecorderError(path: path, action: "record", code: EBADF)) {
      try recorder.invoke(process: 0, f: "w")
    }
  }

  @Test func anErrorNamesThePathAndTheReason() {
    let error = RecorderError(path: "runs/x/history.jsonl", action: "write", code: ENOSPC)
    #expect("\(error)" == "runs/x/history.jsonl: cannot write: No space left on device")
  }
}
