import Checkers
import Histories
import Testing

/// What `lint` finds, each thing alone.
@Suite struct LintTests {
  private func events(_ lines: [(Int, EventType, String, Value?, Value?)]) -> History {
    History(
      source: "h",
      events: lines.enumerated().map { index, line in
        Event(
          index: index, time: Int64(index), process: .client(line.0), type: line.1, f: line.2,
          value: line.3, error: line.4, line: index + 1)
      })
  }

  private let good: [(Int, EventType, String, Value?, Value?)] = [
    (0, .invoke, "write", .integer(1), nil), (0, .ok, "write", .integer(1), nil),
    (1, .invoke, "read", nil, nil), (1, .ok, "read", .integer(1), nil),
  ]

  private func messages(_ history: History) throws -> [String] {
    try Lint.findings(in: history).map {
      "\($0.severity) \($0.event ?? -1) \($0.count) \($0.message)"
    }
  }

  @Test func aGoodHistoryHasNone() throws {
    #expect(try messages(events(good)).isEmpty)
  }

  @Test func eachTroubleIsFound() throws {
    let cases: [(String, [(Int, EventType, String, Value?, Value?)])] = [
      (
        "warning 5 1 an operation that changes something failed",
        [
          (2, .invoke, "write", .integer(2), nil),
          (2, .fail, "write", .integer(2), .string("request timed out")),
        ]
      ),
      (
        "warning 5 1 a read succeeded without",
        [(2, .invoke, "read", nil, nil), (2, .ok, "read", nil, nil)]
      ),
      (
        "warning 4 1 no cas succeeded",
        [(2, .invoke, "cas", .array([.integer(1), .integer(2)]), nil)]
      ),
      (
        "note 4 1 a value is written more than once",
        [(2, .invoke, "write", .integer(1), nil), (2, .ok, "write", nil, nil)]
      ),
      ("note 4 1 more than a tenth", [(2, .invoke, "write", .integer(3), nil)]),
    ]
    for (expected, more) in cases {
      let found = try messages(events(good + more))
      #expect(found.contains { $0.hasPrefix(expected) }, "\(expected): \(found)")
    }
  }

  @Test func aCertainFailureIsNoTrouble() throws {
    let history = events(
      good + [
        (2, .invoke, "write", .integer(2), nil),
        (2, .fail, "write", .integer(2), .string("connection refused")),
        (3, .invoke, "read", nil, nil), (3, .fail, "read", nil, .string("timed out")),
      ])
    #expect(try messages(history).isEmpty)
  }

  @Test func nothingThatSucceeded() throws {
    let found = try messages(events([(0, .invoke, "write", .integer(1), nil)]))
    #expect(found.contains { $0.hasPrefix("warning 0 1 no operation succeeded") })
    #expect(try messages(events([])).first?.contains("there is no operation of a client") == true)
  }

  @Test func aClockThatRunsBackwards() throws {
    var history = events(good)
    history.events[2].time = 0
    #expect(try messages(history).contains { $0.hasPrefix("warning 2 1 the time runs backwards") })
  }
}
