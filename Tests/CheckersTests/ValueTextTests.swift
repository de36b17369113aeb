import Histories
import Testing

@testable import Checkers

@Suite struct ValueTextTests {
  @Test func stringsStandWithoutQuotesAndAllElseAsJSON() {
    #expect(Value.string("timed \"out\"\n").asText(limit: 80) == #"timed "out"\n"#)
    #expect(Value.array([.integer(1), .null]).asText(limit: 80) == "[1,null]")
    #expect(Value.integer(-3).asText(limit: 80) == "-3")
  }

  @Test func longTextsAreCut() {
    let long = Value.string(String(repeating: "x", count: 1_000_000))
    #expect(long.asText(limit: 3) == "xxx…")
    #expect(Value.array([long, long]).asText(limit: 3) == "[\"x…")
  }
}
