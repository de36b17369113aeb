/// How an operation ended.
public enum Outcome: Hashable, Sendable {
  /// It happened, with this result; nil where the completion had no `value`.
  case ok(Value?)
  /// It certainly did not happen.
  case fail
  /// Nobody knows: it may take effect at any time after its invocation, or never.
  case info
}

/// An invocation and its completion.
public struct Operation: Hashable, Sendable {
  /// The position of its invocation among the history's operations, from 0.
  public var id: Int
  /// The client process that invoked it.
  public var process: Int
  /// The function, such as `read`, `write` or `cas`.
  public var f: String
  /// The object that it concerns; nil for a single object.
  public var key: Value?
  /// The argument: for `cas` the array `[expected, new]`.
  public var argument: Value?
  /// How it ended.
  public var outcome: Outcome
  /// The position of the invocation in `History.events`.
  public var invocation: Int
  /// The position of the completion in `History.events`; nil where the history ends before it.
  public var completion: Int?

  /// Makes an operation.
  public init(
    id: Int, process: Int, f: String, key: Value? = nil, argument: Value? = nil,
    outcome: Outcome, invocation: Int, completion: Int?
  ) {
    self.id = id
    self.process = process
    self.f = f
    self.key = key
    self.argument = argument
    self.outcome = outcome
    self.invocation = invocation
    self.completion = completion
  }
}
