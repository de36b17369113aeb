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
    var event = Event(index: 0, process: try process(), type: try type(), f: "")
    event.value = members.removeValue(forKey: "value")
    event.f = try function(event.value)
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

  private mutating func process() throws(OperationText) -> ProcessID {
    switch members.removeValue(forKey: "process") {
    case .integer(let number)?: return .client(Int(number))
    case .string("nemesis")?: return .nemesis
    case .string(let name)?: return .other(name)
    case nil: throw OperationText("the event has no 'process'")
    default: throw OperationText("'process' must be an integer or a keyword")
    }
  }

  private mutating func type() throws(OperationText) -> EventType {
    guard let value = members.removeValue(forKey: "type") else {
      throw OperationText("the event has no 'type'")
    }
    guard case .string(let text) = value, let type = EventType(rawValue: text) else {
      throw OperationText(
        "unknown type \(value.shown(limit: 40)); it must be invoke, ok, fail or info")
    }
    return type
  }

  /// A transaction need not say that it is one.
  private mutating func function(_ value: Value?) throws(OperationText) -> String {
    switch (members.removeValue(forKey: "f"), value) {
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
