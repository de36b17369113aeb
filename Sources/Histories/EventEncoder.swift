/// Turns events into the lines of a history file, in one buffer that is reused.
///
/// Appending an event allocates nothing once the buffer has grown, as long as its parts are
/// numbers and strings and it has no extra `fields`.
public struct EventEncoder: Sendable {
  /// The lines encoded since the last `removeAll()`, each ending in a newline.
  public private(set) var bytes: [UInt8] = []

  /// Makes an encoder whose buffer holds `capacity` bytes before it grows.
  public init(capacity: Int = 1 << 16) {
    bytes.reserveCapacity(capacity)
  }

  /// Forgets the lines and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
  }

  /// Appends the header line: format version 1, then the given fields in order of their names.
  public mutating func append(header: [String: Value]) {
    JSONText.append(ascii: "{\"faultline\":1" as StaticString, to: &bytes)
    for name in header.keys.sorted() where name != "faultline" {
      guard let value = header[name] else { continue }
      append(field: name, value)
    }
    JSONText.append(ascii: "}\n" as StaticString, to: &bytes)
  }

  /// Appends one event as one line. `Event.line` is not part of it.
  public mutating func append(_ event: Event) {
    JSONText.append(ascii: "{\"index\":" as StaticString, to: &bytes)
    JSONText.append(Int64(event.index), to: &bytes)
    if let time = event.time {
      JSONText.append(ascii: ",\"time\":" as StaticString, to: &bytes)
      JSONText.append(time, to: &bytes)
    }
    append(event.process)
    append(event.type)
    JSONText.append(ascii: ",\"f\":" as StaticString, to: &bytes)
    JSONText.append(event.f, to: &bytes)
    append(",\"key\":", event.key)
    append(",\"value\":", event.value)
    append(",\"error\":", event.error)
    if let node = event.node {
      JSONText.append(ascii: ",\"node\":" as StaticString, to: &bytes)
      JSONText.append(node, to: &bytes)
    }
    if !event.fields.isEmpty {
      for name in event.fields.keys.sorted() {
        guard let value = event.fields[name] else { continue }
        append(field: name, value)
      }
    }
    JSONText.append(ascii: "}\n" as StaticString, to: &bytes)
  }

  private mutating func append(_ process: ProcessID) {
    JSONText.append(ascii: ",\"process\":" as StaticString, to: &bytes)
    switch process {
    case .client(let number): JSONText.append(Int64(number), to: &bytes)
    case .nemesis: JSONText.append(ascii: "\"nemesis\"" as StaticString, to: &bytes)
    case .other(let name): JSONText.append(name, to: &bytes)
    }
  }

  private mutating func append(_ type: EventType) {
    switch type {
    case .invoke: JSONText.append(ascii: ",\"type\":\"invoke\"" as StaticString, to: &bytes)
    case .ok: JSONText.append(ascii: ",\"type\":\"ok\"" as StaticString, to: &bytes)
    case .fail: JSONText.append(ascii: ",\"type\":\"fail\"" as StaticString, to: &bytes)
    case .info: JSONText.append(ascii: ",\"type\":\"info\"" as StaticString, to: &bytes)
    }
  }

  private mutating func append(_ name: StaticString, _ value: Value?) {
    guard let value else { return }
    JSONText.append(ascii: name, to: &bytes)
    JSONText.append(value, to: &bytes)
  }

  private mutating func append(field name: String, _ value: Value) {
    bytes.append(UInt8(ascii: ","))
    JSONText.append(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    JSONText.append(value, to: &bytes)
  }
}
