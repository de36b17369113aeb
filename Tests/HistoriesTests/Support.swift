import Glibc
import Histories
import Randomness

/// Calls the body with the path of a file of these bytes, which is removed afterwards.
func withFile<Result>(
  _ bytes: [UInt8], _ body: (String) throws -> Result
) throws -> Result {
  var template = Array("/tmp/faultline-test-XXXXXX\0".utf8CString)
  let descriptor = mkstemp(&template)
  let path = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  defer {
    close(descriptor)
    unlink(path)
  }
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    precondition(count > 0, "cannot write \(path)")
    written += count
  }
  return try body(path)
}

func read(_ bytes: [UInt8]) throws -> History {
  try withFile(bytes) { try History.read(path: $0) }
}

func read(_ text: String) throws -> History { try read(Array(text.utf8)) }

/// What reading, or pairing, complains about: `line:column: message`, without the file's name.
func complaint(_ text: String) -> String? { complaint(Array(text.utf8)) }

func complaint(_ bytes: [UInt8]) -> String? {
  do {
    _ = try read(bytes).operations()
    return nil
  } catch let error as HistoryError {
    let column = error.column.map { ":\($0)" } ?? ""
    return (error.line.map { "\($0)" } ?? "-") + column + ": " + error.message
  } catch {
    return "\(error)"
  }
}

/// Random values of every kind, also nasty ones.
struct ValueGenerator {
  var random: SeededRandom

  mutating func value(depth: Int = 3) -> Value {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64.random(in: -20...20, using: &random))
    case 3: return .integer(Int64(bitPattern: random.next()))
    case 4:
      let number = Double(bitPattern: random.next())
      return number.isFinite ? .number(number) : .number(0.1)
    case 5: return .string(text())
    case 6: return .array((0..<count()).map { _ in value(depth: depth - 1) })
    default:
      var members: [String: Value] = [:]
      for _ in 0..<count() { members[text()] = value(depth: depth - 1) }
      return .object(members)
    }
  }

  mutating func text() -> String {
    let ranges: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0x20...0x7E, 0...0x1F, 0x7F...0x2FF, 0x2020...0x20FF, 0x1F600...0x1F64F,
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let range = ranges[Int.random(in: 0..<ranges.count, using: &random)]
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) {
        text.append(scalar)
      }
    }
    return String(text)
  }

  mutating func count() -> Int { Int.random(in: 0...4, using: &random) }
}
