public import Histories

/// The plainest command: an operation as it was recorded. A model that has no command type of its
/// own gets this one.
public struct RecordedCall: Hashable, Sendable {
  /// What is known of the result.
  public enum Result: Hashable, Sendable {
    /// It was ok, with this value; nil where it had none.
    case known(Value?)
    /// It crashed: any result is possible.
    case unknown
  }

  /// The function.
  public var f: String
  /// The object, where the history has keys.
  public var key: Value?
  /// The process that invoked it.
  public var process: Int
  /// The argument.
  public var argument: Value?
  /// What is known of the result.
  public var result: Result

  /// Makes a call.
  public init(
    f: String, key: Value? = nil, process: Int = 0, argument: Value? = nil,
    result: Result = .unknown
  ) {
    self.f = f
    self.key = key
    self.process = process
    self.argument = argument
    self.result = result
  }

  /// Whether what was recorded allows this result: it is the one, or none is known.
  public func mayReturn(_ value: Value) -> Bool {
    switch result {
    case .known(let known?): known == value
    case .known(nil), .unknown: true
    }
  }
}

extension Model where Command == RecordedCall {
  /// The operation as it was recorded.
  public func command(for operation: Operation) -> RecordedCall {
    let result: RecordedCall.Result =
      if case .ok(let value) = operation.outcome { .known(value) } else { .unknown }
    return RecordedCall(
      f: operation.f, key: operation.key, process: operation.process,
      argument: operation.argument, result: result)
  }
}
