/// A reader of EDN (the data notation of Clojure, in which Jepsen writes) over bytes in memory.
///
/// It gives `Value`s: nil is null; keywords, symbols and characters are strings without their
/// marks; lists, vectors and sets are arrays; maps are objects whose keys are the JSON text of
/// what is no string. Tags are dropped, so a record is the map that it prints. Integers beyond
/// 64 bits and ratios are errors, since they could only be kept by changing them.
struct EDNParser {
  /// How deep collections may nest: recursion is bounded by it.
  static let nestingLimit = 64

  private let bytes: [UInt8]
  /// The next byte to read.
  var position: Int
  private let end: Int

  init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    position = start
    self.end = end ?? bytes.count
  }

  /// The byte at the cursor, white space and comments skipped; nil at the end.
  mutating func peek() throws(JSONError) -> UInt8? {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x09...0x0D, UInt8(ascii: ","): position += 1
      case UInt8(ascii: ";"):
        while position < end, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      case UInt8(ascii: "#") where position + 1 < end && bytes[position + 1] == UInt8(ascii: "_"):
        position += 2
        _ = try value(depth: 1)
      default: return bytes[position]
      }
    }
    return nil
  }

  /// Parses the value at the cursor, which is inside `depth` collections.
  mutating func value(depth: Int = 0) throws(JSONError) -> Value {
    if depth > Self.nestingLimit {
      throw error("nested deeper than \(Self.nestingLimit) levels, which is the limit")
    }
    guard let byte = try peek() else { throw error("unexpected end: a value is missing") }
    switch byte {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return .object(try map(depth: depth))
    case UInt8(ascii: "["): return .array(try elements(until: UInt8(ascii: "]"), depth: depth))
    case UInt8(ascii: "("): return .array(try elements(until: UInt8(ascii: ")"), depth: depth))
    case UInt8(ascii: "#"): return try tagged(depth: depth)
    case UInt8(ascii: "\\"): return .string(try character())
    default: return try atom()
    }
  }

  // MARK: Collections

  /// The elements of a collection whose opening bracket is at the cursor.
  private mutating func elements(
    until close: UInt8, depth: Int
  ) throws(JSONError) -> [Value] {
    position += 1
    var elements: [Value] = []
    while try !closes(close) { elements.append(try value(depth: depth + 1)) }
    return elements
  }

  /// Moves past the closing bracket if it is next.
  mutating func closes(_ close: UInt8) throws(JSONError) -> Bool {
    guard let byte = try peek() else {
      throw error("unexpected end: '\(Unicode.Scalar(close))' is missing")
    }
    if byte == close { position += 1 }
    return byte == close
  }

  private mutating func map(depth: Int) throws(JSONError) -> [String: Value] {
    position += 1
    var members: [String: Value] = [:]
    while try !closes(UInt8(ascii: "}")) {
      let start = position
      let key = try value(depth: depth + 1)
      let name = if case .string(let text) = key { text } else { key.json }
      if members[name] != nil {
        throw error("the key \(Value.string(name).shown()) occurs twice", at: start)
      }
      members[name] = try value(depth: depth + 1)
    }
    return members
  }

  /// `#{…}` is a set; `#name value` is the value.
  private mutating func tagged(depth: Int) throws(JSONError) -> Value {
    position += 1
    if position < end, bytes[position] == UInt8(ascii: "{") {
      return .array(try elements(until: UInt8(ascii: "}"), depth: depth))
    }
    let start = position
    skipToken()
    guard position > start else { throw error("expected a tag after '#'") }
    return try value(depth: depth + 1)
  }

  // MARK: Scalars

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while position < end, bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") {
        position += 1
        try appendEscape(to: &text)
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    guard position < end else { throw error("the string is not closed", at: start) }
    position += 1
    return try decode(text[...], at: start)
  }

  private mutating func appendEscape(to text: inout [UInt8]) throws(JSONError) {
    guard position < end else { throw error("unexpected end in an escape") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "u"):
      text += Array(String(try unicodeScalar(digits: 4)).utf8)
    default: throw error("unknown escape \(shown(byte))", at: position - 1)
    }
  }

  private mutating func unicodeScalar(digits: Int) throws(JSONError) -> Unicode.Scalar {
    let start = position
    position = min(position + digits, end)
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard text.utf8.count == digits, let number = UInt32(text, radix: 16),
      let scalar = Unicode.Scalar(number)
    else { throw error("expected \(digits) hexadecimal digits of a character", at: start) }
    return scalar
  }

  /// `\a`, `\newline`, `\u00e9`.
  private mutating func character() throws(JSONError) -> String {
    let start = position
    position += 1
    guard position < end else { throw error("unexpected end: a character is missing") }
    let first = position
    position += 1
    while position < end, bytes[position] & 0xC0 == 0x80 || isConstituent(bytes[position]) {
      position += 1
    }
    let text = try decode(bytes[first..<position], at: start)
    if text.unicodeScalars.count == 1 { return text }
    let names = [
      "newline": "\n", "space": " ", "tab": "\t", "return": "\r", "backspace": "\u{8}",
      "formfeed": "\u{c}",
    ]
    if let named = names[text] { return named }
    guard text.hasPrefix("u") else { throw error("unknown character", at: start) }
    position = first + 1
    return String(try unicodeScalar(digits: 4))
  }

  /// A keyword, symbol or number.
  private mutating func atom() throws(JSONError) -> Value {
    let start = position
    skipToken()
    if let integer = shortInteger(start..<position) { return .integer(integer) }
    let text = try decode(bytes[start..<position], at: start)
    switch text {
    case "": throw error("expected a value, found \(shown(bytes[position]))")
    case "nil": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: break
    }
    let digit =
      text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst().utf8.first : text.utf8.first
    if let digit, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      return try number(text, at: start)
    }
    if text == ":" { throw error("expected a name after ':'", at: start) }
    return .string(text.hasPrefix(":") ? String(text.dropFirst()) : text)
  }

  /// The number that these digits are, if they are nothing else and so few that it cannot be too great.
  private func shortInteger(_ range: Range<Int>) -> Int64? {
    let isNegative = bytes[range].first == UInt8(ascii: "-")
    let digits = range.dropFirst(isNegative ? 1 : 0)
    guard (1...18).contains(digits.count) else { return nil }
    var number: Int64 = 0
    for index in digits {
      guard case 0x30...0x39 = bytes[index] else { return nil }
      number = number * 10 + Int64(bytes[index] - 0x30)
    }
    return isNegative ? -number : number
  }

  private func number(_ text: String, at start: Int) throws(JSONError) -> Value {
    let isExact = text.hasSuffix("N")
    let digits = isExact ? String(text.dropLast()) : text
    if let integer = Int64(digits) { return .integer(integer) }
    if digits.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) }) {
      throw error("integers beyond 64 bits are not supported: \(text.shown(limit: 40))", at: start)
    }
    if text.contains("/") {
      throw error("ratios are not supported: \(text.shown(limit: 40))", at: start)
    }
    let decimal = text.hasSuffix("M") ? String(text.dropLast()) : text
    guard let double = Double(decimal), double.isFinite, !isExact else {
      throw error("not a number: \(text.shown(limit: 40))", at: start)
    }
    return Int64(exactly: double).map { .integer($0) } ?? .double(double)
  }

  private mutating func skipToken() {
    while position < end, isConstituent(bytes[position]) { position += 1 }
  }

  /// Whether a byte goes on with a symbol, keyword or number.
  private func isConstituent(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: "\\"), 0x7F:
      false
    default: true
    }
  }

  private func decode(_ text: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
    if text.allSatisfy({ $0 < 0x80 }) { return String(decoding: text, as: UTF8.self) }
    guard let text = String(validating: text, as: UTF8.self) else {
      throw error("the text is not valid UTF-8", at: start)
    }
    return text
  }

  func error(_ message: String, at offset: Int? = nil) -> JSONError {
    JSONError(offset: offset ?? position, message: message)
  }
}
