/// Parses the JSON object of one event.
struct EventParser {
  private var json = JSONParser()
  private var event = Event(index: 0, process: .nemesis, type: .info, f: "")
  private var hasIndex = false
  /// The known fields that were seen, as bits in the order of `name(_:)`.
  private var seen: UInt16 = 0

  /// The event, and whether its index was recorded; `event.index` is 0 otherwise.
  static func parse(_ bytes: Span<UInt8>) throws(JSONError) -> (event: Event, hasIndex: Bool) {
    var parser = EventParser()
    try parser.object(in: bytes)
    return (parser.event, parser.hasIndex)
  }

  private mutating func object(in bytes: Span<UInt8>) throws(JSONError) {
    json.skipSpace(in: bytes)
    let start = json.position
    guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else {
      // A value of another kind may also be broken or cut off, which is then what to report.
      _ = try JSONParser.parse(bytes)
      throw json.error("expected an event, which is an object")
    }
    try json.beginObject(in: bytes, depth: 1)
    if try !json.skip("}", in: bytes) {
      repeat {
        let (key, keyStart) = try json.key(in: bytes)
        json.skipSpace(in: bytes)
        try field(key, at: keyStart, in: bytes)
      } while try json.continues(until: "}", in: bytes)
    }
    try json.expectEnd(of: bytes)
    if seen & (1 << 4) == 0, case .array? = event.value {
      // elle-cli's histories do not say that their operations are transactions.
      event.f = "txn"
      seen |= 1 << 4
    }
    for (bit, name) in [(2, "process"), (3, "type"), (4, "f")] where seen & (1 << bit) == 0 {
      throw json.error("the event has no '\(name)'", at: start)
    }
  }

  private mutating func field(
    _ key: String, at start: Int, in bytes: Span<UInt8>
  ) throws(JSONError) {
    switch key {
    case "index":
      try once(0, key, at: start)
      event.index = try index(in: bytes)
      hasIndex = true
    case "time":
      try once(1, key, at: start)
      event.time = try time(in: bytes)
    case "process":
      try once(2, key, at: start)
      event.process = try process(in: bytes)
    case "type":
      try once(3, key, at: start)
      event.type = try type(in: bytes)
    case "f":
      try once(4, key, at: start)
      event.f = try text("f", in: bytes)
    case "key":
      try once(5, key, at: start)
      event.key = try json.value(in: bytes, depth: 1)
    case "value":
      try once(6, key, at: start)
      event.value = try json.value(in: bytes, depth: 1)
    case "error":
      try once(7, key, at: start)
      event.error = try json.value(in: bytes, depth: 1)
    case "node":
      try once(8, key, at: start)
      event.node = try text("node", in: bytes)
    default:
      try json.checkNew(key, at: start, in: event.fields)
      event.fields[key] = try json.value(in: bytes, depth: 1)
    }
  }

  private mutating func once(_ bit: Int, _ key: String, at start: Int) throws(JSONError) {
    if seen & (1 << bit) != 0 { throw json.duplicate(key, at: start) }
    seen |= 1 << bit
  }

  private mutating func index(in bytes: Span<UInt8>) throws(JSONError) -> Int {
    let start = json.position
    guard case .integer(let number) = try json.value(in: bytes, depth: 1), number >= 0 else {
      throw json.error("'index' must be an integer that is not negative", at: start)
    }
    return Int(number)
  }

  private mutating func time(in bytes: Span<UInt8>) throws(JSONError) -> Int64 {
    let start = json.position
    guard case .integer(let number) = try json.value(in: bytes, depth: 1) else {
      throw json.error("'time' must be an integer, in nanoseconds", at: start)
    }
    return number
  }

  private mutating func process(in bytes: Span<UInt8>) throws(JSONError) -> ProcessID {
    let start = json.position
    switch try json.value(in: bytes, depth: 1) {
    case .integer(let number): return .client(Int(number))
    case .string("nemesis"): return .nemesis
    case .string(let name): return .other(name)
    default: throw json.error("'process' must be an integer or a string", at: start)
    }
  }

  private mutating func type(in bytes: Span<UInt8>) throws(JSONError) -> EventType {
    let start = json.position
    let text = try text("type", in: bytes)
    guard let type = EventType(rawValue: text) else {
      throw json.error(
        "unknown type \(Value.string(text).shown()); it must be invoke, ok, fail or info",
        at: start)
    }
    return type
  }

  private mutating func text(_ name: String, in bytes: Span<UInt8>) throws(JSONError) -> String {
    let start = json.position
    guard case .string(let text) = try json.value(in: bytes, depth: 1) else {
      throw json.error("'\(name)' must be a string", at: start)
    }
    return text
  }
}
