/// An event out of a map that was read from some other notation than JSON.
struct EventMembers {
  private var members: [String: Value]

  init(_ members: [String: Value]) { self.members = members }

  /// The event and whether its index was recorded; throws what is wrong, in words.
  static func event(
    from members: [String: Value]
  ) throws(OperationText) -> (event: Event, hasIndex: Bool) {
    var rest = EventMembers(members)
    return try rest.event()
  }

  private mutating func event() throws(OperationText) -> (event: Event, hasIndex: Bool) {
    let value = members.removeValue(forKey: "value")
    var event = Event(
      index: 0, process: try Self.process(members.removeValue(forKey: "process")),
      type: try Self.type(members.removeValue(forKey: "type")),
      f: try Self.function(members.removeValue(forKey: "f"), of: value))
    event.value = value
    event.key = members.removeValue(forKey: "key")
    event.error = members.removeValue(forKey: "error")
    let index = try integer("index")
    if let index, index < 0 { throw OperationText("'index' must not be negative") }
    event.index = Int(index ?? 0)
    event.time = try integer("time")
    if case .string(let node)? = members["node"] {
      event.node = node
      members["node"] = nil
    }
    event.fields = members
    return (event, index != nil)
  }

  /// The process that a value names.
  static func process(_ value: Value?) throws(OperationText) -> ProcessID {
    switch value {
    case .integer(let number)?: return .client(Int(number))
    case .string("nemesis")?: return .nemesis
    case .string(let name)?: return .other(name)
    case nil: throw OperationText("the event has no 'process'")
    default: throw OperationText("'process' must be an integer or a keyword")
    }
  }

  /// The type that a value names.
  static func type(_ value: Value?) throws(OperationText) -> EventType {
    guard let value else { throw OperationText("the event has no 'type'") }
    guard case .string(let text) = value, let type = EventType(rawValue: text) else {
      throw OperationText(
        "unknown type \(value.shown(limit: 40)); it must be invoke, ok, fail or info")
    }
    return type
  }

  /// The function that `name` is, with the event's value: a transaction need not say that it is one.
  static func function(_ name: Value?, of value: Value?) throws(OperationText) -> String {
    switch (name, value) {
    case (.string(let f)?, _): return f
    case (nil, .array?), (.null?, .array?): return "txn"
    case (nil, _): throw OperationText("the event has no 'f'")
    default: throw OperationText("'f' must be a keyword or a string")
    }
  }

  private mutating func integer(_ name: String) throws(OperationText) -> Int64? {
    switch members.removeValue(forKey: name) {
    case .integer(let number)?: return number
    case nil: return nil
    default: throw OperationText("'\(name)' must be an integer")
    }
  }
}

/// What is wrong with an event, in words.
struct OperationText: Error {
  var text: String
  init(_ text: String) { self.text = text }
}
