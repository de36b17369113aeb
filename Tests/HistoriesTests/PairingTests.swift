import Histories
import Testing

@Suite struct PairingTests {
  private func line(
    _ process: Int, _ type: String, _ f: String, _ value: String? = nil, key: String? = nil,
    time: Int? = nil
  ) -> String {
    let key = key.map { #","key":"\#($0)""# } ?? ""
    let value = value.map { #","value":\#($0)"# } ?? ""
    let time = time.map { #","time":\#($0)"# } ?? ""
    return #"{"process":\#(process),"type":"\#(type)","f":"\#(f)"\#(key)\#(value)\#(time)}"# + "\n"
  }

  /// A name for each operation, as of a client that writes what it does into "f".
  @Test func functionsAreLimited() throws {
    func lines(_ names: Range<Int>) -> String {
      names.map { line(1, "invoke", "f\($0)") + line(1, "ok", "f\($0)") }.joined()
    }
    #expect(try read(lines(0..<1000) + lines(0..<1000)).operations().count == 2000)
    let history = try read(lines(0..<1001))
    let error = #expect(throws: HistoryError.self) { try history.operations() }
    #expect(error?.line == 2001)
    #expect(
      error?.message.hasPrefix("f1000 is one function more than the limit of 1000; ") == true)
  }

  @Test func pairsByProcess() throws {
    let history = try read(
      line(1, "invoke", "write", "1", key: "a") + line(2, "invoke", "read", "null")
        + #"{"process":"nemesis","type":"ok","f":"kill"}"# + "\n"
        + line(2, "ok", "read", "7") + line(1, "info", "write", "\"timed-out\"", key: "a")
        + line(2, "invoke", "cas", "[1,2]") + line(2, "fail", "cas", "\":timed-out\"")
        + line(3, "invoke", "read", "5") + line(2, "invoke", "enqueue", "9"))
    #expect(
      try history.operations() == [
        Operation(
          id: 0, process: 1, f: "write", key: .string("a"), argument: .integer(1), outcome: .info,
          invocation: 0, completion: 4),
        Operation(
          id: 1, process: 2, f: "read", argument: nil, outcome: .ok(.integer(7)), invocation: 1,
          completion: 3),
        Operation(
          id: 2, process: 2, f: "cas", argument: .array([.integer(1), .integer(2)]),
          outcome: .fail, invocation: 5, completion: 6),
        Operation(
          id: 3, process: 3, f: "read", outcome: .info, invocation: 7, completion: nil),
        Operation(
          id: 4, process: 2, f: "enqueue", argument: .integer(9), outcome: .info, invocation: 8,
          completion: nil),
      ])
  }

  @Test func theCompletionsValueWinsForMutations() throws {
    func argument(_ f: String, _ invoked: String?, _ completed: String?) throws -> Value? {
      try read(line(1, "invoke", f, invoked) + line(1, "ok", f, completed)).operations()[0].argument
    }
    #expect(
      try argument("cas", "[1,2]", "[1,3]") == .array([.integer(1), .integer(3)]))
    #expect(try argument("write", "null", "3") == .integer(3))
    #expect(try argument("write", "3", "null") == .integer(3))
    #expect(try argument("write", "3", nil) == .integer(3))
    #expect(try argument("write", "null", "null") == .null)
    #expect(try argument("read", "3", "4") == nil)
    #expect(try argument("fetch-add", "3", "4") == .integer(3))
  }

  /// The table has one column for values as long as that is enough, and must tell them apart all the same.
  @Test func argumentsAndResultsAreKeptApart() throws {
    let values: [(text: String?, value: Value?)] = [
      (nil, nil), ("null", .null), ("1", .integer(1)), ("2", .integer(2)),
    ]
    var text = ""
    var expected: [(argument: Value?, outcome: Outcome)] = []
    // Another argument than the result is first met in the second round.
    for f in ["read", "write", "exchange", "read", "write"] {
      for (invoked, argument) in values {
        for (completed, result) in values {
          for type in ["ok", "fail", "info"] {
            let process = expected.count
            text += line(process, "invoke", f, invoked) + line(process, type, f, completed)
            let replaced = f == "write" && type == "ok" ? result : nil
            expected.append(
              (
                f == "read" ? nil : replaced == .null ? argument : replaced ?? argument,
                type == "ok" ? .ok(result) : type == "fail" ? .fail : .info
              ))
          }
        }
      }
    }
    let operations = try read(text).operations()
    #expect(operations.map(\.argument) == expected.map(\.argument))
    #expect(operations.map(\.outcome) == expected.map(\.outcome))
    #expect(operations.map(\.completion) == operations.indices.map { 2 * $0 + 1 })
  }

  @Test func whatDoesNotPairIsAnError() {
    #expect(
      complaint(line(1, "ok", "read"))
        == "1: process 1 completed read as ok, but it has no operation open")
    #expect(
      complaint(line(7, "invoke", "write", "1") + line(7, "invoke", "read"))
        == "2: process 7 invoked read while its write (line 1) is still open; "
        + "a process does one thing at a time")
    #expect(
      complaint(
        line(7, "invoke", "write", "1") + line(7, "info", "write") + line(7, "invoke", "read"))
        == "3: process 7 invoked read after its write ended as info (line 2); nobody knows whether "
        + "that is over, so the client must go on as a new process")
    #expect(
      complaint(line(7, "invoke", "write", "1") + line(7, "info", "write") + line(7, "ok", "write"))
        == "3: process 7 completed write as ok, but it has no operation open")
    #expect(
      complaint(line(7, "invoke", "write", "1") + line(7, "ok", "read"))
        == "2: process 7 completed read, but what it has open is write (line 1)")
    #expect(
      complaint(line(7, "invoke", "write", "1", key: "a") + line(7, "ok", "write", key: "b"))
        == #"2: write was completed with key "b", but invoked with key "a" (line 1)"#)
    #expect(
      complaint(line(7, "invoke", "write", "1") + line(7, "ok", "write", key: "b"))
        == #"2: write was completed with key "b", but invoked with no key (line 1)"#)
    #expect(
      complaint(line(7, "invoke", "read", time: 5) + line(7, "ok", "read", time: 4))
        == "2: read completed at time 4, before its invocation at 5 (line 1)")
  }

  @Test func aCompletionMayLeaveOutTheKey() throws {
    let history = try read(line(7, "invoke", "write", "1", key: "a") + line(7, "ok", "write"))
    #expect(try history.operations()[0].key == .string("a"))
  }

  @Test func eventsOnOneLineAreToldApartByIndex() {
    let event = #"{"index":5,"process":1,"type":"invoke","f":"read"}"#
    let other = #"{"index":6,"process":1,"type":"invoke","f":"write"}"#
    #expect(
      complaint("[\(event),\(other)]")
        == "1: process 1 invoked write while its read (index 5) is still open; "
        + "a process does one thing at a time (index 6)")
  }
}
