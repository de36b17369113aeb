import Histories
import Randomness
import Testing

/// The one-pass reader of JSON lines against the reader that makes event after event.
struct LineReadingTests {
  /// What either reader says: events by line, or the error.
  private enum Answer: Equatable {
    case events([Event], isPartial: Bool)
    case error(HistoryError)
  }

  private func inOnePass(_ path: String) -> Answer {
    do throws(HistoryError) {
      let history = try History.read(path: path, format: .json)
      return .events(ordered(Array(history.events)), isPartial: history.lastLineIsPartial)
    } catch {
      return .error(error)
    }
  }

  private func oneByOne(_ path: String) -> Answer {
    do throws(HistoryError) {
      var reader = try HistoryReader(path: path)
      var events: [Event] = []
      while let event = try reader.next() { events.append(event) }
      return .events(ordered(events), isPartial: reader.lastLineIsPartial)
    } catch {
      return .error(error)
    }
  }

  /// Events that were merged late may be in another order, and are numbered anew then.
  private func ordered(_ events: [Event]) -> [Event] {
    events.sorted { $0.line ?? 0 < $1.line ?? 0 }.map { event in
      var event = event
      event.index = 0
      return event
    }
  }

  /// Whether the events are in an order that is an error only to the reader of whole histories.
  private func isDisorder(_ answer: Answer) -> Bool {
    if case .error(let error) = answer { error.message.contains("index") } else { false }
  }

  @Test(arguments: 0..<8)
  func sameAnswerForDamagedLines(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var (valid, invalid) = (0, 0)
    for round in 0..<400 {
      var lines = Lines(random: random)
      var bytes = lines.text(count: round % 12 + 1)
      random = SeededRandom(seed: seed &* 1000 &+ UInt64(round))
      for _ in 0..<Int.random(in: 0...2, using: &random) { damage(&bytes, &random) }
      try withFile(bytes) { path in
        let (fast, slow) = (inOnePass(path), oneByOne(path))
        if case .events = fast { valid += 1 } else { invalid += 1 }
        if isDisorder(fast) || isDisorder(slow) { return }
        #expect(fast == slow, "\(String(decoding: bytes, as: UTF8.self))")
      }
    }
    #expect(valid > 50 && invalid > 50)
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard let position = bytes.indices.randomElement(using: &random) else { return }
    let interesting =
      Array("\"\\{}[],:0123456789.eE-+ \n\tnulltruefalse\u{e9}".utf8) + [0, 0x7F, 0xFF]
    switch Int.random(in: 0..<3, using: &random) {
    case 0: bytes[position] = interesting.randomElement(using: &random) ?? 0
    case 1: bytes.remove(at: position)
    default: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: position)
    }
  }

  @Test func anEventIsNoHeaderOfAnotherVersion() throws {
    let line = #"{"faultline":5000,"process":1,"type":"invoke","f":"get"}"#
    try withFile(Array(line.utf8)) { path in
      #expect(inOnePass(path) == oneByOne(path))
      if case .events = inOnePass(path) { Issue.record("it was read") }
    }
  }

  /// Whatever the layout of the lines before, and wherever the member stands.
  @Test(arguments: ["3", "null", "[]", "true", #"{"a":1}"#])
  func aNodeIsAString(node: String) throws {
    let usual = (0..<3).map { #"{"process":\#($0),"type":"invoke","f":"get","node":"n1"}"# }
    let wrong = [
      #"{"process":9,"type":"invoke","f":"get","node":\#(node)}"#,
      #"{"node":\#(node),"process":9,"type":"invoke","f":"get"}"#,
    ]
    for line in wrong {
      for lines in [[line], usual + [line], [line, line]] {
        try withFile(Array(lines.joined(separator: "\n").utf8)) { path in
          #expect(inOnePass(path) == oneByOne(path))
          if case .events = inOnePass(path) { Issue.record("it was read: \(lines)") }
        }
      }
    }
  }

  /// Blank lines may come before the header, which is no event even if it has all that events have.
  @Test(arguments: ["", "\n", " \r\n\t\n", "\u{FEFF}\n"])
  func theFirstLineThatIsNotBlankMayBeTheHeader(blank: String) throws {
    let lines = [
      #"{"faultline":1,"process":1,"type":"invoke","f":"get"}"#,
      #"{"process":2,"type":"invoke","f":"get"}"#,
    ]
    try withFile(Array((blank + lines.joined(separator: "\n")).utf8)) { path in
      #expect(inOnePass(path) == oneByOne(path))
      let history = try History.read(path: path)
      #expect(history.events.map(\.process) == [.client(2)])
      #expect(history.header["faultline"] == .integer(1))
    }
  }

  @Test func valuesOfOneTextOrAnotherAreOne() throws {
    let texts = [
      ["1", "1.0", "10e-1"], ["\"a\"", "\"\\u0061\""], ["\"\\u0062\"", "\"b\""],
      ["[1,2]", "[ 1, 2.0 ]"], ["{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"], ["-0", "0"],
      ["null", " null"], ["\"\u{e9}\"", "\"\\u00e9\""], ["123456789012345678901.5"],
      ["9223372036854775807"], ["-9223372036854775808"], ["1234567890123456789"],
    ]
    let lines = texts.flatMap { $0 }.enumerated().map { index, text in
      #"{"process":\#(index),"type":"invoke","f":"write","value":\#(text)}"#
    }
    let table = try read(lines.joined(separator: "\n")).operationTable()
    let numbers = table.rows.map(\.argument)
    var index = 0
    var groups: Set<UInt32> = []
    for group in texts {
      #expect(Set(numbers[index..<index + group.count]).count == 1, "\(group)")
      #expect(groups.insert(numbers[index]).inserted, "\(group)")
      let expected = try Value(json: Array(group[0].utf8))
      #expect(table.values[numbers[index]] == expected)
      #expect(table.values.number(of: expected) == numbers[index])
      index += group.count
    }
  }

  /// Integers that are dense, sparse, or become denser as more are met: each has one number.
  @Test(arguments: 0..<4)
  func integersHaveOneNumberEach(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var text = ""
    var values: [Int64] = []
    for index in 0..<40_000 {
      let limit = Int64(
        [2 * index + 1, 5 * index + 1, 100_000, Int(1) << 40].randomElement(using: &random) ?? 1)
      values.append(Int64.random(in: seed == 3 ? -limit...limit : 0...limit, using: &random))
      text += #"{"process":\#(index),"type":"invoke","f":"write","value":\#(values[index])}"# + "\n"
    }
    let table = try read(text).operationTable()
    var numbers: [Int64: UInt32] = [:]
    for (value, number) in zip(values, table.rows.map(\.argument)) {
      let known = numbers[value, default: number]
      numbers[value] = number
      #expect(known == number, "\(value)")
      #expect(table.values.integer(number) == value)
    }
    #expect(Set(numbers.values).count == numbers.count)
  }

  @Test func tablesHoldWhatOperationsSay() throws {
    for seed in 0..<50 as Range<UInt64> {
      var lines = Lines(random: SeededRandom(seed: seed))
      let bytes = lines.paired(count: 40)
      try withFile(bytes) { path in
        let history = try History.read(path: path)
        // Events that are held one by one are paired anew.
        let held = History(source: path, events: Array(history.events))
        #expect(try history.operations() == held.operations())
        #expect(try Array(history.operations()).count > 5)
      }
    }
  }
}

/// JSON lines of many layouts.
private struct Lines {
  var random: SeededRandom

  mutating func text(count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    let style = Int.random(in: 0..<4, using: &random)
    for index in 0..<count {
      if Int.random(in: 0..<12, using: &random) == 0 { bytes += Array(" \r\n".utf8) }
      bytes += Array(line(index, process: "\(Int.random(in: 0...3, using: &random))", style).utf8)
      if index < count - 1 || Bool.random(using: &random) { bytes.append(UInt8(ascii: "\n")) }
    }
    return bytes
  }

  /// Lines that pair: every process does one thing after another.
  mutating func paired(count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var open: [Int: String] = [:]
    let functions = ["read", "write", "cas", "a function of a long name"]
    for _ in 0..<count {
      let process = Int.random(in: 0...2, using: &random) * 1_000_003
      let f = open[process] ?? functions.randomElement(using: &random) ?? ""
      let type = open[process] == nil ? "invoke" : Bool.random(using: &random) ? "ok" : "fail"
      open[process] = open[process] == nil ? f : nil
      bytes += Array(
        #"{"process":\#(process),"type":"\#(type)","f":"\#(f)","key":"k","value":\#(value())}"#.utf8
      )
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private mutating func line(_ index: Int, process: String, _ style: Int) -> String {
    var fields = [
      #""index":\#(index)"#, #""time":\#(index * 1000)"#,
      #""process":\#(Int.random(in: 0..<15, using: &random) == 0 ? "\"nemesis\"" : process)"#,
      #""type":"\#(["invoke", "ok", "fail", "info"].randomElement(using: &random) ?? "")""#,
      #""f":"\#(["read", "write", "compare-and-set-it"].randomElement(using: &random) ?? "")""#,
    ]
    if style == 3 { fields.removeFirst(2) }
    if Bool.random(using: &random) { fields.append(#""value":\#(value())"#) }
    if style > 0, Bool.random(using: &random) { fields.append(#""node":"n\#(index)""#) }
    if style > 1, Bool.random(using: &random) { fields.append(#""key":\#(value())"#) }
    if style > 1, Int.random(in: 0..<4, using: &random) == 0 {
      fields.append(#""extra":\#(value())"#)
    }
    if style == 2 { fields.shuffle(using: &random) }
    return style == 1
      ? "{ " + fields.joined(separator: ", ") + " }" : "{" + fields.joined(separator: ",") + "}"
  }

  private mutating func value() -> String {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: "null"
    case 1: "\"text\""
    default:
      Bool.random(using: &random) ? "\(Int.random(in: -5...50, using: &random))" : generated()
    }
  }

  private mutating func generated() -> String {
    var generator = ValueGenerator(random: random)
    let value = generator.value()
    random = generator.random
    return value.json
  }
}
