/// Who an event belongs to.
public enum ProcessID: Hashable, Sendable {
  /// A client process: the only kind whose events are paired into operations.
  case client(Int)
  /// The fault injector.
  case nemesis
  /// An annotation lane of any other name.
  case other(String)
}

/// The four kinds of events, in Jepsen's words.
public enum EventType: String, Sendable, CaseIterable {
  case invoke, ok, fail, info
}

/// One line of a history: an invocation, a completion, or an annotation.
public struct Event: Hashable, Sendable {
  /// The recorded index, or the position in the history where none was recorded.
  public var index: Int
  /// Monotonic nanoseconds since the start of the run, where recorded.
  public var time: Int64?
  /// Who did it.
  public var process: ProcessID
  /// What kind of event it is.
  public var type: EventType
  /// The function, such as `read`, `write` or `cas`.
  public var f: String
  /// The object that it concerns; nil for a single object.
  public var key: Value?
  /// The argument, or on `ok` the result. Nil where the field is absent, which is not `null`.
  public var value: Value?
  /// Free text or an array that says what went wrong.
  public var error: Value?
  /// The node that the operation was sent to.
  public var node: String?
  /// Any other field: kept and shown.
  public var fields: [String: Value]
  /// The 1-based line that it was read from, where it was read.
  public var line: Int?

  /// Makes an event; every optional part defaults to absent.
  public init(
    index: Int, time: Int64? = nil, process: ProcessID, type: EventType, f: String,
    key: Value? = nil, value: Value? = nil, error: Value? = nil, node: String? = nil,
    fields: [String: Value] = [:], line: Int? = nil
  ) {
    self.index = index
    self.time = time
    self.process = process
    self.type = type
    self.f = f
    self.key = key
    self.value = value
    self.error = error
    self.node = node
    self.fields = fields
    self.line = line
  }
}
