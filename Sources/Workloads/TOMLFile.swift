import Glibc
import Histories
import TOMLKit

/// A TOML file as a tree of values, with the line of each key.
struct TOMLFile {
  let path: String
  let root: Value
  private let lines: [Substring]

  init(path: String) throws(WorkloadError) {
    try self.init(path: path, text: try Self.read(path))
  }

  init(path: String, text: String) throws(WorkloadError) {
    self.path = path
    // A line may end as on Windows, which is one character in Swift.
    lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    do {
      root = try Self.value(TOMLTable(string: text), [])
    } catch let error as TOMLParseError {
      throw WorkloadError(file: path, line: error.source.begin.line, reason: error.description)
    } catch let error as DateFound {
      throw WorkloadError(
        file: path, line: Self.line(of: error.path, in: lines),
        reason: "'\(error.path.joined(separator: "."))' is a date or time, which has no use here")
    } catch {
      throw WorkloadError(file: path, line: nil, reason: "\(error)")
    }
  }

  private struct DateFound: Error {
    var path: [String]
  }

  private static func value(_ toml: any TOMLValueConvertible, _ path: [String]) throws -> Value {
    switch toml.type {
    case .bool: .bool(toml.bool ?? false)
    case .int: .integer(Int64(toml.int ?? 0))
    case .double: .double(toml.double ?? 0)
    case .string: .string(toml.string ?? "")
    case .array:
      .array(
        try (toml.array ?? []).enumerated().map {
          try value($0.element, path + [String($0.offset)])
        })
    case .table: .object(try object(toml.table ?? TOMLTable(), path))
    case .date, .time, .dateTime: throw DateFound(path: path)
    }
  }

  private static func object(_ table: TOMLTable, _ path: [String]) throws -> [String: Value] {
    var fields: [String: Value] = [:]
    for key in table.keys {
      if let found = table[key] { fields[key] = try value(found, path + [key]) }
    }
    return fields
  }

  private static func read(_ path: String) throws(WorkloadError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw WorkloadError(
        file: path, line: nil, reason: String(cString: strerror(errno)), isMissing: true)
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count >= 0 else {
        throw WorkloadError(
          file: path, line: nil, reason: String(cString: strerror(errno)), isMissing: true)
      }
      if count == 0 { break }
      bytes += buffer[..<count]
      if bytes.count > 1 << 20 {
        throw WorkloadError(file: path, line: nil, reason: "the file is larger than 1 MiB")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WorkloadError(file: path, line: nil, reason: "the file is not UTF-8")
    }
    return text
  }

  // MARK: Lines

  /// The line where a key stands: the TOML library keeps no positions, so the source is searched.
  ///
  /// `path` is as in TOML, with the number of the element for an array of tables:
  /// `["fault", "1", "every"]`. Falls back to the nearest table that is found, then to line 1.
  func line(of path: [String]) -> Int { Self.line(of: path, in: lines) }

  private static func line(of path: [String], in lines: [Substring]) -> Int {
    for length in stride(from: path.count, through: 1, by: -1) {
      if let line = exactLine(of: Array(path.prefix(length)), in: lines) { return line }
    }
    return 1
  }

  private static func exactLine(of path: [String], in lines: [Substring]) -> Int? {
    var table: [String] = []
    var arrayCounts: [String: Int] = [:]
    var multiline: String?
    // The array that the last key may have opened, whose elements may stand on lines of their own.
    var elements: (array: [String], count: Int) = ([], 0)
    for (index, line) in lines.enumerated() {
      let text = line.drop { $0 == " " || $0 == "\t" }
      if let quotes = multiline {
        if line.contains(quotes) { multiline = nil }
        continue
      }
      if text.hasPrefix("{") {
        if elements.array + [String(elements.count)] == path { return index + 1 }
        elements.count += 1
      } else if text.hasPrefix("[[") {
        table = numbered(header(text.dropFirst(2)), arrayCounts)
        let name = table.joined(separator: ".")
        table.append(String(arrayCounts[name, default: 0]))
        arrayCounts[name, default: 0] += 1
        if table == path { return index + 1 }
      } else if text.hasPrefix("[") {
        table = numbered(header(text.dropFirst()), arrayCounts)
        if table == path { return index + 1 }
      } else if let equals = text.firstIndex(of: "="), !text.hasPrefix("#") {
        elements = (table + header(text[..<equals]), 0)
        if elements.array == path { return index + 1 }
        for quotes in ["\"\"\"", "'''"] where opens(text[equals...], quotes) {
          multiline = quotes
        }
      }
    }
    return nil
  }

  /// A table's path with, behind each array of tables but the last part, the number of its element.
  private static func numbered(_ header: [String], _ counts: [String: Int]) -> [String] {
    var path: [String] = []
    for part in header {
      if let count = counts[path.joined(separator: ".")] { path.append(String(count - 1)) }
      path.append(part)
    }
    return path
  }

  private static func header(_ text: Substring) -> [String] {
    text.prefix { $0 != "]" }.split(separator: ".").map {
      String($0.filter { $0 != " " && $0 != "\t" && $0 != "\"" && $0 != "'" })
    }
  }

  private static func opens(_ text: Substring, _ quotes: String) -> Bool {
    let parts = text.components(of: quotes)
    return parts > 0 && parts % 2 == 1
  }
}

extension Substring {
  fileprivate func components(of quotes: String) -> Int {
    var count = 0
    var rest = self
    while let range = rest.firstRange(of: quotes) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
