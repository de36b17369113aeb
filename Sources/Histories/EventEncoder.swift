/// Turns headers and events into the lines of a history file.
///
/// The order of the fields is always the same, any others by name at the end: a reader that has
/// learned the order of one line finds it again in the next. Appending an event allocates nothing
/// once the buffer has room, as long as its parts are numbers and strings and it has no extra
/// `fields`.
public enum EventEncoder {
  /// Appends the header line: format version 1, then the given fields in order of their names.
  public static func append(header: [String: Value], to bytes: inout [UInt8]) {
    JSONText.append(ascii: "{\"faultline\":1", to: &bytes)
    append(header.filter { $0.key != "faultline" }, to: &bytes)
    JSONText.append(ascii: "}\n", to: &bytes)
  }

  /// Appends one event as one line. `Event.line` is not part of it.
  public static func append(_ event: Event, to bytes: inout [UInt8]) {
    appendPosition(index: event.index, time: event.time, to: &bytes)
    appendRest(
      process: event.process, type: event.type, f: event.f, key: event.key, value: event.value,
      error: event.error, node: event.node, fields: event.fields, to: &bytes)
  }

  /// Appends the part of a line that a recorder knows last; the rest must follow.
  package static func appendPosition(index: Int, time: Int64?, to bytes: inout [UInt8]) {
    JSONText.append(ascii: "{\"index\":", to: &bytes)
    JSONText.append(Int64(index), to: &bytes)
    guard let time else { return }
    JSONText.append(ascii: ",\"time\":", to: &bytes)
    JSONText.append(time, to: &bytes)
  }

  /// Appends the line of an event but for its index and time. It takes the parts of an `Event`
  /// because making one costs a tenth of what recording an operation does.
  package static func appendRest(
    process: ProcessID, type: EventType, f: String, key: Value?, value: Value?, error: Value?,
    node: String?, fields: [String: Value], to bytes: inout [UInt8]
  ) {
    append(process, to: &bytes)
    append(type, to: &bytes)
    JSONText.append(f, to: &bytes)
    append(",\"key\":", key, to: &bytes)
    append(",\"value\":", value, to: &bytes)
    append(",\"error\":", error, to: &bytes)
    if let node {
      JSONText.append(ascii: ",\"node\":", to: &bytes)
      JSONText.append(node, to: &bytes)
    }
    append(fields, to: &bytes)
    JSONText.append(ascii: "}\n", to: &bytes)
  }

  private static func append(_ process: ProcessID, to bytes: inout [UInt8]) {
    JSONText.append(ascii: ",\"process\":", to: &bytes)
    switch process {
    case .client(let number): JSONText.append(Int64(number), to: &bytes)
    case .nemesis: JSONText.append(ascii: "\"nemesis\"", to: &bytes)
    case .other(let name): JSONText.append(name, to: &bytes)
    }
  }

  private static func append(_ type: EventType, to bytes: inout [UInt8]) {
    switch type {
    case .invoke: JSONText.append(ascii: ",\"type\":\"invoke\",\"f\":", to: &bytes)
    case .ok: JSONText.append(ascii: ",\"type\":\"ok\",\"f\":", to: &bytes)
    case .fail: JSONText.append(ascii: ",\"type\":\"fail\",\"f\":", to: &bytes)
    case .info: JSONText.append(ascii: ",\"type\":\"info\",\"f\":", to: &bytes)
    }
  }

  @inline(__always)
  private static func append(_ name: StaticString, _ value: Value?, to bytes: inout [UInt8]) {
    guard let value else { return }
    JSONText.append(ascii: name, to: &bytes)
    JSONText.append(value, to: &bytes)
  }

  private static func append(_ fields: [String: Value], to bytes: inout [UInt8]) {
    if fields.isEmpty { return }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      bytes.append(UInt8(ascii: ","))
      JSONText.append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      JSONText.append(value, to: &bytes)
    }
  }
}
