import Histories
import Testing

@testable import Checkers

@Suite struct ValueTextTests {
  @Test(arguments: [
    (Value.null, "null"), (.bool(true), "true"), (.integer(-3), "-3"), (.double(1.5), "1.5"),
    (.string("1"), "\"1\""), (.array([.integer(1), .null]), "[1, null]"),
    (.object(["b": .integer(2), "a": .string("x")]), "{\"a\": \"x\", \"b\": 2}"),
    (.string("a\"\\\n\u{1b}[31m\u{202e}"), "\"a\\\"\\\\\\n\\u001b[31m\\u202e\""),
  ])
  func showsValuesAsEscapedJSON(value: Value, text: String) {
    #expect(value.shown(limit: 80) == text)
  }

  @Test func boundsWhateverItIsGiven() {
    let long = Value.string(String(repeating: "x", count: 1_000_000))
    #expect(long.shown(limit: 20).count == 20)
    #expect(long.shown(limit: 20).hasSuffix("…"))
    let wide = Value.array(Array(repeating: long, count: 10_000))
    #expect(wide.shown(limit: 30).count == 30)
    #expect(printable("abcdef", limit: 3) == "abc…")
  }
}
