/// What is wrong with a JSON text, and at which byte of it.
struct JSONError: Error, Hashable {
  var offset: Int
  var message: String
  /// Whether the text only ended too early: a longer text could have been valid.
  var isAtEnd = false
}

/// A strict JSON reader (RFC 8259) over bytes in memory, as a cursor that the caller moves along.
///
/// Duplicate keys in an object are errors, because readers disagree on which one counts. So are
/// keys that differ only in their Unicode spelling, because `Value` cannot hold both, and
/// integers beyond 64 bits, because they could only be kept by changing them. The bytes are a
/// parameter of each function since a stored `Span` would make the cursor non-escapable.
struct JSONParser {
  /// How deep arrays and objects may nest: recursion is bounded by it.
  static let nestingLimit = 64

  /// The next byte to read.
  var position = 0

  /// Parses one value that is the whole text, with white space around it.
  static func parse(_ bytes: Span<UInt8>) throws(JSONError) -> Value {
    var parser = JSONParser()
    let value = try parser.value(in: bytes, depth: 0)
    try parser.expectEnd(of: bytes)
    return value
  }

  /// Skips white space and fails unless the text ends there.
  mutating func expectEnd(of bytes: Span<UInt8>) throws(JSONError) {
    skipSpace(in: bytes)
    if position < bytes.count {
      throw error("unexpected \(shown(bytes[position])) after the end of the value")
    }
  }

  /// Parses the value at the cursor, which is inside `depth` arrays and objects.
  mutating func value(in bytes: Span<UInt8>, depth: Int) throws(JSONError) -> Value {
    skipSpace(in: bytes)
    guard position < bytes.count else { throw atEnd("a value is missing", bytes) }
    switch bytes[position] {
    case UInt8(ascii: "\""): return .string(try string(in: bytes))
    case UInt8(ascii: "{"): return .object(try object(in: bytes, depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(in: bytes, depth: depth + 1))
    case UInt8(ascii: "t"): return try word("true", .bool(true), in: bytes)
    case UInt8(ascii: "f"): return try word("false", .bool(false), in: bytes)
    case UInt8(ascii: "n"): return try word("null", .null, in: bytes)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(in: bytes)
    default: throw error("expected a JSON value, found \(shown(bytes[position]))")
    }
  }

  private mutating func array(in bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [Value] {
    try checkNesting(depth)
    position += 1
    var elements: [Value] = []
    if try skip("]", in: bytes) { return elements }
    while true {
      elements.append(try value(in: bytes, depth: depth))
      if try !continues(until: "]", in: bytes) { return elements }
    }
  }

  private mutating func object(
    in bytes: Span<UInt8>, depth: Int
  ) throws(JSONError) -> [String: Value] {
    var members: [String: Value] = [:]
    try beginObject(in: bytes, depth: depth)
    if try skip("}", in: bytes) { return members }
    while true {
      let (key, start) = try self.key(in: bytes)
      try checkNew(key, at: start, in: members)
      members[key] = try value(in: bytes, depth: depth)
      if try !continues(until: "}", in: bytes) { return members }
    }
  }

  /// Moves past `{`, which opens nesting level `depth`.
  mutating func beginObject(in bytes: Span<UInt8>, depth: Int) throws(JSONError) {
    try checkNesting(depth)
    position += 1
  }

  /// Parses a key and its colon; also says where the key began.
  mutating func key(in bytes: Span<UInt8>) throws(JSONError) -> (key: String, start: Int) {
    skipSpace(in: bytes)
    guard position < bytes.count else { throw atEnd("a key is missing", bytes) }
    guard bytes[position] == UInt8(ascii: "\"") else {
      throw error("expected a key in quotes, found \(shown(bytes[position]))")
    }
    let start = position
    let key = try string(in: bytes)
    skipSpace(in: bytes)
    guard position < bytes.count else { throw atEnd("a colon is missing", bytes) }
    guard bytes[position] == UInt8(ascii: ":") else {
      throw error("expected ':' after the key, found \(shown(bytes[position]))")
    }
    position += 1
    return (key, start)
  }

  /// Moves past `,` and says true, or past the closing bracket and says false.
  mutating func continues(
    until close: Unicode.Scalar, in bytes: Span<UInt8>
  ) throws(JSONError) -> Bool {
    skipSpace(in: bytes)
    guard position < bytes.count else { throw atEnd("'\(close)' is missing", bytes) }
    let byte = bytes[position]
    guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: close) else {
      throw error("expected ',' or '\(close)', found \(shown(byte))")
    }
    position += 1
    return byte == UInt8(ascii: ",")
  }

  /// Moves past the closing bracket of an empty array or object, if it is next.
  mutating func skip(_ close: Unicode.Scalar, in bytes: Span<UInt8>) throws(JSONError) -> Bool {
    skipSpace(in: bytes)
    guard position < bytes.count, bytes[position] == UInt8(ascii: close) else { return false }
    position += 1
    return true
  }

  mutating func skipSpace(in bytes: Span<UInt8>) {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func word(
    _ text: StaticString, _ value: Value, in bytes: Span<UInt8>
  ) throws(JSONError) -> Value {
    // Safe: the pointer is to the constant itself, and the buffer is as long as the constant.
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    for (offset, byte) in expected.enumerated() {
      guard position + offset < bytes.count else { throw atEnd("'\(text)' is cut off", bytes) }
      guard bytes[position + offset] == byte else { throw error("expected '\(text)'") }
    }
    position += expected.count
    return value
  }

  private func checkNesting(_ depth: Int) throws(JSONError) {
    if depth > Self.nestingLimit {
      throw error("nested deeper than \(Self.nestingLimit) levels, which is the limit")
    }
  }

  /// Throws if an object already has the key, or another spelling of it, which `Value` could not
  /// keep apart.
  func checkNew(_ key: String, at start: Int, in members: [String: Value]) throws(JSONError) {
    guard let place = members.index(forKey: key) else { return }
    if members[place].key.hasSameBytes(as: key) { throw duplicate(key, at: start) }
    throw error(
      "the key \(Value.string(key).shown()) occurs in two Unicode spellings in one object, "
        + "which is not supported; use one spelling, or an array of pairs", at: start)
  }

  func duplicate(_ key: String, at start: Int) -> JSONError {
    JSONError(offset: start, message: "the key \(Value.string(key).shown()) occurs twice")
  }

  func error(_ message: String, at offset: Int? = nil) -> JSONError {
    JSONError(offset: offset ?? position, message: message)
  }

  func atEnd(_ message: String, _ bytes: Span<UInt8>) -> JSONError {
    JSONError(offset: bytes.count, message: "unexpected end: \(message)", isAtEnd: true)
  }
}

/// A byte as it may be shown in a message.
func shown(_ byte: UInt8) -> String {
  (0x20..<0x7F).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
}
