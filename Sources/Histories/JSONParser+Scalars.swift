/// Numbers and strings.
extension JSONParser {
  /// Parses `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`.
  mutating func number(in bytes: Span<UInt8>) throws(JSONError) -> Value {
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let firstDigit = position
    let integer = try integerDigits(in: bytes, negative: isNegative)
    if position - firstDigit > 1, bytes[firstDigit] == UInt8(ascii: "0") {
      throw error("a number must not begin with 0", at: firstDigit)
    }
    var fractionIsZero = true
    var hasExponent = false
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      fractionIsZero = try skipDigits(in: bytes)
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      hasExponent = true
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      _ = try skipDigits(in: bytes)
    }
    if fractionIsZero, !hasExponent {
      guard let integer else {
        throw error(
          "the integer does not fit 64 bits (\(Int64.min) to \(Int64.max)); write it as a string",
          at: start)
      }
      return .integer(integer)
    }
    return try double(from: start, in: bytes)
  }

  /// The value of the digits at the cursor, at least one; nil where it does not fit.
  private mutating func integerDigits(
    in bytes: Span<UInt8>, negative: Bool
  ) throws(JSONError) -> Int64? {
    let start = position
    // Kept negative, because the most negative integer has no positive counterpart.
    var value: Int64 = 0
    var overflows = false
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
      let (difference, tooBigToo) = product.subtractingReportingOverflow(Int64(digit))
      overflows = overflows || tooBig || tooBigToo
      value = difference
      position += 1
    }
    if position == start { throw missingDigit(in: bytes) }
    if overflows || (!negative && value == .min) { return nil }
    return negative ? value : -value
  }

  /// Moves past one or more digits; says whether all are zero.
  private mutating func skipDigits(in bytes: Span<UInt8>) throws(JSONError) -> Bool {
    let start = position
    var allZero = true
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 {
      allZero = allZero && bytes[position] == UInt8(ascii: "0")
      position += 1
    }
    if position == start { throw missingDigit(in: bytes) }
    return allZero
  }

  private func missingDigit(in bytes: Span<UInt8>) -> JSONError {
    guard position < bytes.count else { return atEnd("a digit is missing", bytes) }
    return error("expected a digit, found \(shown(bytes[position]))")
  }

  private func double(from start: Int, in bytes: Span<UInt8>) throws(JSONError) -> Value {
    var text = ""
    for offset in start..<position { text.unicodeScalars.append(Unicode.Scalar(bytes[offset])) }
    guard let number = Double(text), number.isFinite else {
      throw error("the number is beyond the range of 64-bit floating point", at: start)
    }
    return .number(number)
  }

  /// Parses the string whose opening quote is at the cursor.
  mutating func string(in bytes: Span<UInt8>) throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let text = try decode(bytes.extracting(start..<position), at: start)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        return try stringWithEscapes(in: bytes, from: start)
      case 0..<0x20:
        throw rawControl(bytes[position])
      default:
        position += 1
      }
    }
    throw atEnd("a string is not closed", bytes)
  }

  /// The slow path: the cursor is at the first backslash of the string that began at `start`.
  private mutating func stringWithEscapes(
    in bytes: Span<UInt8>, from start: Int
  ) throws(JSONError) -> String {
    var text: [UInt8] = []
    var pieceStart = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        if byte < 0x20 { throw rawControl(byte) }
        position += 1
        continue
      }
      let piece = try decode(bytes.extracting(pieceStart..<position), at: pieceStart)
      text.append(contentsOf: piece.utf8)
      position += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      try appendEscape(to: &text, in: bytes)
      pieceStart = position
    }
    throw atEnd("a string is not closed", bytes)
  }

  /// Decodes the escape whose backslash is just behind the cursor.
  private mutating func appendEscape(
    to text: inout [UInt8], in bytes: Span<UInt8>
  ) throws(JSONError) {
    guard position < bytes.count else { throw atEnd("a string is not closed", bytes) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar(in: bytes)).utf8)
    default:
      throw error("unknown escape \\ followed by \(shown(byte))", at: position - 2)
    }
  }

  /// Decodes the hexadecimal digits after `\u`, and the second half of a surrogate pair.
  private mutating func scalar(in bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
    let start = position - 2
    let first = try hexadecimal(in: bytes)
    if let scalar = Unicode.Scalar(first) { return scalar }
    let lone = error("a lone surrogate is not a character", at: start)
    guard first < 0xDC00 else { throw lone }
    for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
      guard position < bytes.count else { throw atEnd("a string is not closed", bytes) }
      guard bytes[position] == expected else { throw lone }
      position += 1
    }
    let second = try hexadecimal(in: bytes)
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw lone }
    return scalar
  }

  private mutating func hexadecimal(in bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw atEnd("a string is not closed", bytes) }
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error("expected a hexadecimal digit, found \(shown(byte))")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func decode(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> String {
    do {
      return String(copying: try UTF8Span(validating: bytes))
    } catch {
      throw self.error("invalid UTF-8", at: start + error.byteOffsets.lowerBound)
    }
  }

  private func rawControl(_ byte: UInt8) -> JSONError {
    error("\(shown(byte)) in a string must be escaped")
  }
}
