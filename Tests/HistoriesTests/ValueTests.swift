import Randomness
import Testing

@testable import Histories

@Suite struct ValueTests {
  private func parse(_ text: String) -> Result<Value, JSONError> { parse(Array(text.utf8)) }

  private func parse(_ bytes: [UInt8]) -> Result<Value, JSONError> {
    do throws(JSONError) {
      return .success(try JSONParser.parse(bytes.span))
    } catch {
      return .failure(error)
    }
  }

  @Test(arguments: [
    ("null", Value.null), (" true ", .bool(true)), ("false", .bool(false)),
    ("0", .integer(0)), ("-0", .integer(0)), ("1.0", .integer(1)), ("1e3", .integer(1000)),
    ("-12", .integer(-12)), ("0.5", .double(0.5)), ("1E-2", .double(0.01)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9007199254740993.0", .integer(9_007_199_254_740_993)), ("1e300", .double(1e300)),
    (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("a\"\\/\u{8}\u{c}\n\r\té😀é")),
    (#""\u0000""#, .string("\0")), ("\"\u{7f}\"", .string("\u{7f}")),
    ("[]", .array([])),
    ("[1,[2 , 3]]", .array([.integer(1), .array([.integer(2), .integer(3)])])),
    ("{}", .object([:])), (#"{"a":1,"":{}}"#, .object(["a": .integer(1), "": .object([:])])),
  ])
  func validTexts(text: String, value: Value) {
    #expect(parse(text) == .success(value))
  }

  @Test(arguments: [
    ("", 0, "unexpected end: a value is missing"),
    ("1 2", 2, "unexpected '2' after the end of the value"),
    ("01", 0, "a number must not begin with 0"), ("-", 1, "unexpected end: a digit is missing"),
    ("1.", 2, "unexpected end: a digit is missing"), ("1.x", 2, "expected a digit, found 'x'"),
    ("1e+", 3, "unexpected end: a digit is missing"), (".5", 0, "expected a JSON value, found '.'"),
    ("+1", 0, "expected a JSON value, found '+'"), ("NaN", 0, "expected a JSON value, found 'N'"),
    ("1e999", 0, "the number is beyond the range of 64-bit floating point"),
    ("tru", 3, "unexpected end: 'true' is cut off"), ("nulL", 0, "expected 'null'"),
    ("\"a", 2, "unexpected end: a string is not closed"),
    ("\"a\nb\"", 2, "byte 0xa in a string must be escaped"),
    (#""\x""#, 1, #"unknown escape \ followed by 'x'"#),
    (#""\u12g4""#, 5, "expected a hexadecimal digit, found 'g'"),
    (#""\ud83d""#, 1, "a lone surrogate is not a character"),
    (#""\ud83dA""#, 1, "a lone surrogate is not a character"),
    (#""\ud83dA""#, 1, "a lone surrogate is not a character"),
    (#""\ude00""#, 1, "a lone surrogate is not a character"),
    ("[1,]", 3, "expected a JSON value, found ']'"), ("[1 2]", 3, "expected ',' or ']', found '2'"),
    ("[1", 2, "unexpected end: ']' is missing"),
    ("{1:2}", 1, "expected a key in quotes, found '1'"),
    (#"{"a" 1}"#, 5, "expected ':' after the key, found '1'"),
    (#"{"a":1,}"#, 7, "expected a key in quotes, found '}'"),
    (#"{"a":1,"\u0061":2}"#, 7, #"the key "a" occurs twice"#),
    ("/* */ 1", 0, "expected a JSON value, found '/'"),
  ])
  func invalidTexts(text: String, offset: Int, message: String) {
    let error = JSONError(
      offset: offset, message: message, isAtEnd: message.hasPrefix("unexpected end"))
    #expect(parse(text) == .failure(error))
  }

  @Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890",
    "9223372036854775808.0",
  ])
  func integersBeyond64BitsSaySo(text: String) {
    guard case .failure(let error) = parse(text) else {
      Issue.record("\(text) was accepted")
      return
    }
    #expect(error.offset == 0)
    #expect(error.message.hasPrefix("the integer does not fit 64 bits"))
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ] as [[UInt8]])
  func invalidUTF8IsAnError(bytes: [UInt8]) {
    #expect(parse(bytes) == .failure(JSONError(offset: 1, message: "invalid UTF-8")))
  }

  @Test func nestingIsLimitedTo64() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try parse(nested(64)).get() }
    let error = JSONError(
      offset: 64, message: "nested deeper than 64 levels, which is the limit")
    #expect(parse(nested(65)) == .failure(error))
    let deep = parse(String(repeating: "[{\"a\":", count: 100_000))
    #expect(deep == .failure(JSONError(offset: 192, message: error.message)))
  }

  @Test func everyPrefixOfAValidTextOnlyEndsTooEarly() throws {
    let text = #"{"a":[-1.5e3,true,null,"x\u00e9\ud83d\ude00é"],"b":{"c":false}}"#
    let bytes = Array(text.utf8)
    for count in 0..<bytes.count {
      guard case .failure(let error) = parse(Array(bytes[..<count])) else {
        Issue.record("the prefix of \(count) bytes was accepted")
        continue
      }
      #expect(error.isAtEnd, "prefix of \(count) bytes: \(error.message)")
    }
  }

  @Test func randomValuesSurviveTheRoundTrip() throws {
    let seed: UInt64 = 0x0DDB_A11
    var generator = ValueGenerator(random: SeededRandom(seed: seed))
    for round in 0..<3_000 {
      let value = generator.value()
      #expect(parse(value.json) == .success(value), "seed \(seed), round \(round)")
    }
  }

  @Test func randomBytesNeverCrashTheParser() {
    let seed: UInt64 = 0xBAD5EED
    var random = SeededRandom(seed: seed)
    let alphabet = Array(#"{}[]:,"\u0123456789abcdef.eE+-truefalsn \n"#.utf8) + [0xFF, 0x80, 0xE2]
    var rejected = 0
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      }
      if case .failure(let error) = parse(bytes) {
        rejected += 1
        #expect((0...bytes.count).contains(error.offset))
      }
    }
    #expect(rejected > 10_000 && rejected < 20_000)
  }

  @Test func equalityIsTyped() {
    #expect(Value.string("1") != .integer(1))
    #expect(Value.number(1.0) == .integer(1))
    #expect(Value.number(1e19) == .double(1e19))
    #expect(parse(#"{"a":1,"b":2}"#) == parse(#"{"b":2,"a":1}"#))
  }

  @Test func spellingsOfTheSameTextAreDifferentValues() throws {
    let (composed, decomposed) = ("\u{E9}", "e\u{301}")
    #expect(composed == decomposed, "Swift takes them for one, which is why this needs a test")
    let pairs: [(Value, Value)] = [
      (.string(composed), .string(decomposed)),
      (.array([.string(composed)]), .array([.string(decomposed)])),
      (.object([composed: .null]), .object([decomposed: .null])),
      (.object(["k": .string(composed)]), .object(["k": .string(decomposed)])),
      (.string("K"), .string("\u{212A}")),
    ]
    for (a, b) in pairs {
      #expect(a != b)
      #expect(a == a && a.hashValue == a.hashValue)
      #expect(a.json.utf8.elementsEqual(b.json.utf8) == false)
      #expect(try Value(json: Array(a.json.utf8)) == a)
      #expect(try Value(json: Array(b.json.utf8)) == b)
      #expect([a: 1, b: 2][b] == 2)
    }
    let spellings = (0..<64).map { number in
      Value.string((0..<6).map { number >> $0 & 1 == 0 ? composed : decomposed }.joined())
    }
    #expect(Set(spellings).count == 64)
    #expect(Set(spellings.map(\.hashValue)).count > 60)
  }

  @Test func keysOfAnObjectAreToldApartByTheirBytes() {
    let twice = parse("{\"\u{E9}\":1,\"\\u00e9\":2}")
    #expect(
      twice == .failure(JSONError(offset: 8, message: "the key \"\u{E9}\" occurs twice")))
    let respelled = parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
    guard case .failure(let error) = respelled else {
      Issue.record("an object lost one of two keys")
      return
    }
    #expect(error.offset == 8)
    #expect(error.message.contains("two Unicode spellings"))
  }

  @Test func equalValuesHaveEqualTexts() throws {
    let seed: UInt64 = 0xE0A1
    var generator = ValueGenerator(random: SeededRandom(seed: seed))
    for round in 0..<500 {
      let value = generator.value()
      guard case .object(let members) = value else { continue }
      var other: [String: Value] = [:]
      other.reserveCapacity(100)
      for (key, member) in members.reversed() { other[key] = member }
      #expect(Value.object(other) == value, "seed \(seed), round \(round)")
      #expect(Value.object(other).json == value.json, "seed \(seed), round \(round)")
    }
  }

  @Test func whatIsShownIsEscapedAndBounded() {
    let nasty = "a\u{1B}[31m\u{202E}\u{9B}\n\u{2028}b\u{200B}"
    let expected = #"a\u{1b}[31m\u{202e}\u{9b}\n\u{2028}b\u{200b}"#
    #expect(nasty.shown(limit: 99) == expected)
    #expect(Value.string("é e\u{301}").shown() == #""é e\u{301}""#)
    #expect(Value.string("x\u{1B}\u{202E}").shown() == #""x\u001b\u{202e}""#)
    let long = Value.string(String(repeating: "é", count: 1_000_000))
    #expect(long.shown(limit: 10).count == 11)
    #expect(long.shown(limit: 10).hasSuffix("…"))
    #expect(Value.array([.integer(1), .null]).shown() == "[1,null]")
    #expect(Value.integer(12345).shown(limit: 3) == "123…")
  }
}
