import Histories

/// Reads one table of a workload file, key by key, and knows which keys nobody asked for.
struct TableReader {
  let file: TOMLFile
  let path: [String]
  private let fields: [String: Value]
  private var asked: [String] = []

  init(_ file: TOMLFile) throws(WorkloadError) {
    try self.init(file, path: [], value: file.root)
  }

  private init(_ file: TOMLFile, path: [String], value: Value) throws(WorkloadError) {
    self.file = file
    self.path = path
    guard case .object(let fields) = value else {
      throw WorkloadError(
        file: file.path, line: file.line(of: path),
        reason: "'\(path.joined(separator: "."))' must be a table")
    }
    self.fields = fields
  }

  func error(_ key: String, _ reason: String) -> WorkloadError {
    WorkloadError(file: file.path, line: file.line(of: path + [key]), reason: reason)
  }

  func name(_ key: String) -> String {
    "'\((path.filter { Int($0) == nil } + [key]).joined(separator: "."))'"
  }

  /// Whether a key is there.
  func has(_ key: String) -> Bool { fields[key] != nil }

  /// The value of a key, which counts as known from now on.
  mutating func value(_ key: String) -> Value? {
    asked.append(key)
    return fields[key]
  }

  mutating func string(_ key: String) throws(WorkloadError) -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value else { throw error(key, "\(name(key)) must be a string") }
    return text
  }

  mutating func required(_ key: String) throws(WorkloadError) -> String {
    guard let text = try string(key) else {
      let line = file.line(of: path)
      throw WorkloadError(file: file.path, line: line, reason: "\(name(key)) is missing")
    }
    return text
  }

  mutating func integer(
    _ key: String, in range: ClosedRange<Int>
  ) throws(WorkloadError) -> Int? {
    guard let value = value(key) else { return nil }
    guard case .integer(let number) = value, range.contains(Int(number)) else {
      throw error(
        key, "\(name(key)) must be an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return Int(number)
  }

  mutating func boolean(_ key: String) throws(WorkloadError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .bool(let flag) = value else {
      throw error(key, "\(name(key)) must be true or false")
    }
    return flag
  }

  mutating func duration(_ key: String) throws(WorkloadError) -> Duration? {
    guard let text = try string(key) else { return nil }
    guard let duration = Duration(text: text) else {
      throw error(
        key, "\(name(key)) must be a duration with its unit, such as \"500ms\" or \"10s\"")
    }
    return duration
  }

  mutating func strings(_ key: String) throws(WorkloadError) -> [String]? {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value { return [text] }
    guard case .array(let elements) = value else {
      throw error(key, "\(name(key)) must be a string or an array of strings")
    }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element else {
        throw error(key, "\(name(key)) must be an array of strings")
      }
      texts.append(text)
    }
    return texts
  }

  /// The text, where it is one of the choices.
  func choice(
    _ text: String, _ key: String, _ choices: [String]
  ) throws(WorkloadError) -> String {
    guard choices.contains(text) else {
      let all = choices.map { "\"\($0)\"" }.joined(separator: ", ")
      throw error(key, "\(name(key)) is \"\(text)\"; it must be one of \(all)")
    }
    return text
  }

  mutating func table(_ key: String) throws(WorkloadError) -> TableReader? {
    guard let value = value(key) else { return nil }
    return try TableReader(file, path: path + [key], value: value)
  }

  mutating func tables(_ key: String) throws(WorkloadError) -> [TableReader] {
    guard let value = value(key) else { return [] }
    guard case .array(let elements) = value else {
      throw error(key, "\(name(key)) must be an array of tables: write [[\(key)]]")
    }
    var readers: [TableReader] = []
    for (index, element) in elements.enumerated() {
      readers.append(try TableReader(file, path: path + [key, String(index)], value: element))
    }
    return readers
  }

  /// The keys and integer values of a table whose keys are free.
  mutating func weights(_ key: String) throws(WorkloadError) -> [String: Int]? {
    guard let value = value(key) else { return nil }
    guard case .object(let entries) = value else {
      throw error(key, "\(name(key)) must be a table such as { read = 2, write = 1 }")
    }
    var weights: [String: Int] = [:]
    for (entry, weight) in entries {
      guard case .integer(let number) = weight, (0...1_000_000).contains(number) else {
        throw error(key, "\(name(key)): the weight of \"\(entry)\" must be an integer from 0 up")
      }
      weights[entry] = Int(number)
    }
    return weights
  }

  /// Complains about the first key that no one asked for.
  func finish() throws(WorkloadError) {
    guard let unknown = fields.keys.filter({ !asked.contains($0) }).sorted().first else { return }
    let known = Set(asked).sorted()
    let close = known.min { distance($0, unknown) < distance($1, unknown) }
    let near = max(1, unknown.count / 3)
    let hint =
      close.flatMap { distance($0, unknown) <= near ? "did you mean '\($0)'? " : nil } ?? ""
    throw error(
      unknown, "unknown key \(name(unknown)); \(hint)known here: \(known.joined(separator: ", "))")
  }
}

/// The Levenshtein distance: how many letters must change.
private func distance(_ a: String, _ b: String) -> Int {
  let a = Array(a), b = Array(b)
  var row = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      let replaced = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}

extension Duration {
  /// Reads a number with its unit: `ms`, `s`, `m` or `h`; rounded to whole milliseconds, which is
  /// what is written of it.
  public init?(text: String) {
    let number = text.prefix { $0.isNumber || $0 == "." }
    guard let amount = Double(number), amount.isFinite, amount >= 0, amount < 1e9 else {
      return nil
    }
    let units = ["ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6]
    guard let unit = units[String(text[number.endIndex...])] else { return nil }
    self = .milliseconds(Int64((amount * unit).rounded()))
  }
}
