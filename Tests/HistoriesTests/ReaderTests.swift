import Glibc
import Randomness
import Testing

@testable import Histories

@Suite struct ReaderTests {
  private let invoke = #"{"process":1,"type":"invoke","f":"write","value":1}"#
  private let ok = #"{"process":1,"type":"ok","f":"write","value":1}"#

  @Test func readsEveryField() throws {
    let history = try read(
      #"""
      {"faultline":1,"model":"register","seed":7}
      {"index":4,"time":12,"process":3,"type":"invoke","f":"write","key":"k","value":null}

      {"index":9,"time":15,"process":3,"type":"info","f":"write","error":["x",1],"node":"n2","a":0}
      {"process":"nemesis","type":"info","f":"kill","fault":7}
      {"process":"note","type":"invoke","f":"x"}

      """#)
    #expect(history.header["model"] == .string("register"))
    #expect(!history.lastLineIsPartial)
    #expect(
      history.events == [
        Event(
          index: 4, time: 12, process: .client(3), type: .invoke, f: "write", key: .string("k"),
          value: .null, line: 2),
        Event(
          index: 9, time: 15, process: .client(3), type: .info, f: "write",
          error: .array([.string("x"), .integer(1)]), node: "n2", fields: ["a": .integer(0)],
          line: 4),
        Event(
          index: 2, process: .nemesis, type: .info, f: "kill", fields: ["fault": .integer(7)],
          line: 5),
        Event(index: 3, process: .other("note"), type: .invoke, f: "x", line: 6),
      ])
  }

  @Test func toleratesMarkCarriageReturnsAndBlankLines() throws {
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("\r\n\(invoke)\r\n  \r\n\(ok)\r\n\n".utf8)
    #expect(try read(bytes).events.map(\.line) == [2, 4])
  }

  @Test(arguments: ["", "\n\n", " \r\n", "[]", " [ \n ] \n"])
  func emptyHistories(text: String) throws {
    let history = try read(text)
    #expect(history.events.isEmpty && history.header.isEmpty && !history.lastLineIsPartial)
  }

  @Test func readsAnArrayLikeLines() throws {
    let array = try read(#"[ {"faultline":1,"seed":"]}"}, \#n\#(invoke) ,\#n \#(ok)]"#)
    #expect(array.header["seed"] == .string("]}"))
    #expect(array.events.map(\.line) == [2, 3])
    #expect(array.events.map(\.type) == [.invoke, .ok])
  }

  @Test(arguments: [
    (
      #"[{"process":1,"type":"info","f":"x"}"#,
      "1:37: the file ends before the array is closed by ']'"
    ),
    ("[1]", "1:2: expected an event, which is an object, found '1'"),
    ("[{}", "1:2: the event has no 'process'"),
    ("[\n {\"process\":1,\n  \"type\":2}]", "3:10: 'type' must be a string"),
    ("[{\"process\":1,\n\n\"f\" 1}]", "3:5: expected ':' after the key, found '1'"),
    ("[] x", "1:4: unexpected 'x' after the end of the array"),
    ("[,]", "1:2: expected an event, which is an object, found ','"),
    (
      "[{\"process\":1,\"type\":\"invoke\",\"f\":\"x\"} {}]",
      "1:40: expected ',' or ']' after an event, found '{'"
    ),
    (
      "[{\"process\":1,\"type\":\"invoke\",\"f\":\"x\"},]",
      "1:40: expected an event, which is an object, found ']'"
    ),
  ])
  func brokenArrays(text: String, expected: String) {
    #expect(complaint(text) == expected)
  }

  @Test(arguments: [
    ("hello", "1:1: expected a JSON value, found 'h'"),
    ("hello\n", "1:1: expected a JSON value, found 'h'"),
    ("1", "1:1: expected an event, which is an object"),
    ("{\n", "1:2: unexpected end: a key is missing"),
    (#"{"process":1} x"#, "1:15: unexpected 'x' after the end of the value"),
    (#"{"process":1,"type":"invoke"}"#, "1:1: the event has no 'f'"),
    (#"{"process":1,"f":"read"}"#, "1:1: the event has no 'type'"),
    (#"{"type":"invoke","f":"read"}"#, "1:1: the event has no 'process'"),
    (#"{"process":1.5,"type":"invoke","f":"x"}"#, "1:12: 'process' must be an integer or a string"),
    (
      #"{"process":1,"type": "maybe","f":"x"}"#,
      #"1:22: unknown type "maybe"; it must be invoke, ok, fail or info"#
    ),
    (#"{"process":1,"type":"ok","f":null}"#, "1:30: 'f' must be a string"),
    (
      #"{"index":-1,"process":1,"type":"ok","f":"x"}"#,
      "1:10: 'index' must be an integer that is not negative"
    ),
    (
      #"{"time":1.5,"process":1,"type":"ok","f":"x"}"#,
      "1:9: 'time' must be an integer, in nanoseconds"
    ),
    (#"{"node":3,"process":1,"type":"ok","f":"x"}"#, "1:9: 'node' must be a string"),
    (#"{"process":1,"process":2}"#, #"1:14: the key "process" occurs twice"#),
    (#"{"z":1,"z":2}"#, #"1:8: the key "z" occurs twice"#),
    (#"{"faultline":2}"#, "1:1: this is format version 2; only version 1 is known"),
    ("{\"faultline\":1}\n{\"faultline\":1}", "2:1: the event has no 'process'"),
    (
      "\n\n {\"process\":9223372036854775808}\n",
      "3:13: the integer does not fit 64 bits (-9223372036854775808 to 9223372036854775807); "
        + "write it as a string"
    ),
  ])
  func brokenLines(text: String, expected: String) {
    #expect(complaint(text) == expected)
  }

  @Test func invalidUTF8HasItsColumn() {
    #expect(complaint(Array(#"{"process":""#.utf8) + [0xFF]) == nil)
    #expect(complaint(Array(#"{"process":""#.utf8) + [0xFF, 0x22, 0x0A]) == "1:13: invalid UTF-8")
  }

  @Test func indexesMustIncrease() {
    func lines(_ indexes: [Int]) -> String {
      indexes.map { #"{"index":\#($0),"process":"x","type":"info","f":"y"}"# + "\n" }.joined()
    }
    #expect(complaint(lines([5, 7, 99])) == nil)
    #expect(complaint(lines([5, 7, 7])) == "3:1: index 7 was already used in line 2")
    #expect(complaint(lines([5, 4])) == nil)
    #expect(complaint(lines([5, 4, 5])) == "3: index 5 was already used in line 1")
    #expect(
      complaint(lines([5]) + #"{"process":"x","type":"info","f":"y"}"# + "\n" + lines([4]))
        == "3:1: index 4 comes after index 5 in line 1, and not every event has an index to put "
        + "them in order by")
  }

  @Test func everyCutOfTheLastLineIsRecognisedAsPartial() throws {
    let first = Array((invoke + "\n").utf8)
    let last = Array(#"{"process":1,"type":"ok","f":"write","value":"é\u00e9"}"#.utf8)
    for count in 1..<last.count {
      let history = try read(first + last[..<count])
      #expect(history.lastLineIsPartial && history.events.count == 1, "\(count) bytes")
    }
    let whole = try read(first + last)
    #expect(!whole.lastLineIsPartial && whole.events.count == 2)
  }

  @Test func aCutLineWithMoreAfterItIsAnError() {
    #expect(complaint("{\"process\":1,\n\(invoke)\n") == "1:14: unexpected end: a key is missing")
  }

  @Test func missingAndUnreadableFilesAreTheirOwnError() {
    #expect(
      throws: HistoryError(
        kind: .unreadable, file: "/nonexistent/h.jsonl",
        message: "cannot be opened: No such file or directory")
    ) { try History.read(path: "/nonexistent/h.jsonl") }
    #expect(
      throws: HistoryError(
        kind: .unreadable, file: "/tmp", message: "cannot be read: Is a directory")
    ) { try History.read(path: "/tmp") }
  }

  @Test func readsFromAPipeInPieces() throws {
    var ends: [CInt] = [0, 0]
    #expect(pipe(&ends) == 0)
    let text = Array("\(invoke)\n\(ok)\n".utf8)
    #expect(Glibc.write(ends[1], text, text.count) == text.count)
    close(ends[1])
    let history = try History.read(fileDescriptor: ends[0], source: "-")
    close(ends[0])
    #expect(history.events.count == 2 && history.source == "-")
  }

  @Test(arguments: [
    ("", "1:1: the line is longer than 1 MiB, which is the limit"),
    ("[ ", "1:3: the element is longer than 1 MiB, which is the limit"),
  ])
  func recordsAreLimited(start: String, expected: String) throws {
    let member = Array("{\"a\":\"".utf8)
    let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    try withFile(Array(start.utf8) + member + filler) { path in
      var scanner = RecordScanner(
        source: try ByteSource(path: path), file: "f", lengthLimit: 1 << 20)
      do throws(HistoryError) {
        _ = try scanner.next()
        Issue.record("accepted")
      } catch {
        #expect("\(error)" == "f:" + expected.replacing(": the", with: ": error: the"))
      }
    }
  }

  @Test func damagedFilesGiveAnErrorWithinTheFileOrAHistory() throws {
    let seed: UInt64 = 0xF11E
    var random = SeededRandom(seed: seed)
    let originals = ["{\"faultline\":1}\n\(invoke)\n\(ok)\n", "[\(invoke),\n\(ok)]"]
    var broken = 0
    for round in 0..<600 {
      var bytes = Array(originals[round % 2].utf8)
      for _ in 0...Int.random(in: 0...2, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch round % 3 {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes[bytes.count - 1 - index], at: index)
        }
      }
      do {
        _ = try read(bytes)
      } catch let error as HistoryError {
        broken += 1
        #expect(error.kind == .malformed && (1...9).contains(error.line ?? 0), "round \(round)")
        #expect((1...bytes.count + 1).contains(error.column ?? 0), "round \(round)")
      }
    }
    #expect(broken > 300 && broken < 600, "seed \(seed): \(broken)")
  }

  @Test func errorsRenderLikeACompiler() {
    let error = HistoryError(file: "a\nb.jsonl", line: 3, column: 8, message: "no")
    #expect("\(error)" == #"a\nb.jsonl:3:8: error: no"#)
    #expect("\(HistoryError(file: "x", message: "no"))" == "x: error: no")
  }

  @Test func streamingGivesHeaderFirstAndKeepsNothing() throws {
    try withFile(Array("{\"faultline\":1,\"seed\":3}\n\(invoke)\n".utf8)) { path in
      var reader = try HistoryReader(path: path)
      #expect(try reader.next()?.type == .invoke)
      #expect(reader.header["seed"] == .integer(3))
      #expect(try reader.next() == nil)
      #expect(try reader.next() == nil)
    }
  }
}
