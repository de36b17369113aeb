/// The operations of a history's clients as rows of numbers, in order of invocation: an operation's
/// index is its `Operation.id`. 18 bytes an operation, and what its key and its values take.
public struct OperationTable: Sendable {
  /// How an operation ended, as a number.
  public enum Ending: UInt8, Sendable {
    /// Nobody knows whether it took effect.
    case info
    case ok
    case fail
  }

  /// An operation, as it is told one by one.
  public struct Row: Sendable {
    /// The position of the invocation.
    public var invocation: UInt32
    /// The position of the completion, also of one that ended as info; `none` where the history ends
    /// before it.
    public var completion: UInt32
    /// The argument, as a number of `values`, or `none`.
    public var argument: UInt32
    /// The result of one that is ok, as a number of `values`; `none` where it has no value or is not ok.
    public var result: UInt32
    /// Who called it, as an index into `processNumbers`.
    public var process: UInt32
    /// What it called, as an index into `functionNames`.
    public var function: UInt16
    /// How it ended.
    public var ending: Ending

    @inlinable
    init(
      invocation: UInt32, completion: UInt32, argument: UInt32, result: UInt32, process: UInt32,
      function: UInt16, ending: Ending
    ) {
      self.invocation = invocation
      self.completion = completion
      self.argument = argument
      self.result = result
      self.process = process
      self.function = function
      self.ending = ending
    }
  }

  /// Where there is no value, no key or no completion.
  @inlinable public static var none: UInt32 { .max }

  /// The functions' names; `Row.function` refers to them.
  public internal(set) var functionNames: [String] = []
  /// The distinct arguments and results; `Row.argument` and `Row.result` refer to them.
  public internal(set) var values: ValueTable
  /// The distinct keys, in order of their first appearance; `keys` refers to them. Null is the first,
  /// whether it is a key or not.
  public internal(set) var keyValues: ValueTable
  /// The processes' numbers; `Row.process` refers to them.
  public internal(set) var processNumbers: [Int] = []

  /// The operations, by id.
  public internal(set) var rows = OperationRows()
  /// The key of each; empty where no operation has one.
  public internal(set) var keys: [UInt32] = []

  /// An empty table, for values that lie in the text or come from elsewhere.
  init(text: [UInt8] = []) {
    values = ValueTable(text: text)
    keyValues = ValueTable(text: text)
  }

  /// How many operations there are.
  public var count: Int { rows.count }

  /// Makes room for operations without keys.
  mutating func reserve(_ count: Int) {
    rows.reserve(count)
    values.reserve(count)
  }

  /// The operation with that id.
  public subscript(id: Int) -> Operation {
    let row = rows[id]
    let outcome: Outcome =
      switch row.ending {
      case .ok: .ok(row.result == Self.none ? nil : values[row.result])
      case .fail: .fail
      case .info: .info
      }
    return Operation(
      id: id, process: processNumbers[Int(row.process)], f: functionNames[Int(row.function)],
      key: key(of: id), argument: row.argument == Self.none ? nil : values[row.argument],
      outcome: outcome, invocation: Int(row.invocation),
      completion: row.completion == Self.none ? nil : Int(row.completion))
  }

  /// The key of the operation with that id; nil if it has none.
  public func key(of id: Int) -> Value? {
    keys.isEmpty || keys[id] == Self.none ? nil : keyValues[keys[id]]
  }
}
