import Checkers
import Histories
import Testing

@Suite struct StatisticsTests {
  private func operation(
    _ id: Int, _ f: String, _ outcome: Outcome, from start: Int64, to end: Int64?,
    error: Value? = nil, into events: inout [Event]
  ) -> Operation {
    let type: EventType =
      switch outcome {
      case .ok: .ok
      case .fail: .fail
      case .info: .info
      }
    let invocation = events.count
    events.append(
      Event(index: invocation, time: start, process: .client(id), type: .invoke, f: f))
    if let end {
      events.append(
        Event(
          index: invocation + 1, time: end, process: .client(id), type: type, f: f, error: error))
    }
    return Operation(
      id: id, process: id, f: f, outcome: outcome, invocation: invocation,
      completion: end == nil ? nil : invocation + 1)
  }

  @Test func quantilesAreThoseOfTheSortedLatencies() {
    var events: [Event] = []
    var operations: [Operation] = []
    for i in 1...1000 {
      let start = Int64(i) * 5_000_000
      operations.append(
        operation(
          i, "read", .ok(nil), from: start, to: start + Int64(i) * 1000 + 7, into: &events))
    }
    let statistics = Statistics(
      history: History(source: "-", events: events), operations: operations)
    let latency = statistics.functions[0].latency
    #expect(latency?.count == 1000)
    #expect(latency?.maximum == 1_000_007)
    for (found, exact) in [
      (latency?.p50, 500_007), (latency?.p90, 900_007), (latency?.p99, 990_007),
    ] {
      #expect(abs(Double(found ?? 0) - Double(exact)) <= Double(exact) * 0.001)
    }
    #expect(statistics.bucketWidth == 1_000_000_000)
    #expect(statistics.rates.map(\.ok) == [199, 200, 200, 200, 200, 1])
  }

  @Test func countsEachOutcomeAndGroupsErrors() {
    var events: [Event] = []
    let timeout = Value.array([.string("timeout"), .integer(1000)])
    let operations = [
      operation(0, "write", .ok(nil), from: 0, to: 1, into: &events),
      operation(1, "write", .info, from: 2, to: 3, error: timeout, into: &events),
      operation(2, "write", .info, from: 4, to: 5, error: timeout, into: &events),
      operation(3, "write", .info, from: 6, to: nil, into: &events),
      operation(4, "cas", .fail, from: 6, to: 9, error: .string("no\u{7}"), into: &events),
    ]
    let statistics = Statistics(
      history: History(source: "-", events: events), operations: operations)
    #expect(statistics.functions.map(\.f) == ["cas", "write"])
    #expect(statistics.functions.map(\.ok) == [0, 1])
    #expect(statistics.functions.map(\.fail) == [1, 0])
    #expect(statistics.functions.map(\.info) == [0, 3])
    #expect(statistics.functions[0].latency == nil)
    #expect(statistics.errors.map(\.text) == [#"["timeout",1000]"#, #"no\u{7}"#])
    #expect(statistics.errors.map(\.count) == [2, 1])
    #expect(statistics.total == 5)
  }

  @Test func extremeTimesNeitherOverflowNorExhaustMemory() {
    var events: [Event] = []
    let operations = [
      operation(0, "read", .ok(nil), from: .min, to: .max, into: &events),
      operation(1, "read", .ok(nil), from: 9, to: 3, into: &events),
      operation(2, "read", .ok(nil), from: 0, to: .max, into: &events),
    ]
    let statistics = Statistics(
      history: History(source: "-", events: events), operations: operations)
    #expect(statistics.functions[0].latency?.count == 1)
    #expect(statistics.functions[0].latency?.maximum == .max)
    #expect(statistics.rates.count <= 3600)
  }
}
