/// The operations of a history's clients as columns of numbers, in order of invocation: an
/// operation's index is its `Operation.id`. About 25 bytes an operation, and what its values take.
public struct OperationTable: Sendable {
  /// How an operation ended, as a number.
  public enum Ending: UInt8, Sendable {
    /// Nobody knows whether it took effect.
    case info
    case ok
    case fail
  }

  /// Where there is no value, no key or no completion.
  public static let none = UInt32.max

  /// The functions' names; `functions` refers to them.
  public internal(set) var functionNames: [String] = []
  /// The distinct arguments and results; `arguments` and `results` refer to them.
  public internal(set) var values: ValueTable
  /// The distinct keys, in order of their first appearance; `keys` refers to them. Null is the first,
  /// whether it is a key or not.
  public internal(set) var keyValues: ValueTable
  /// The processes' numbers; `processes` refers to them.
  public internal(set) var processNumbers: [Int] = []

  /// What each operation called.
  public internal(set) var functions: [UInt16] = []
  /// How each ended.
  public internal(set) var endings: [Ending] = []
  /// Who called it, as an index into `processNumbers`.
  public internal(set) var processes: [UInt32] = []
  /// The argument of each, or `none`.
  public internal(set) var arguments: [UInt32] = []
  /// The result of each that is ok; `none` where it has no value or is not ok.
  public internal(set) var results: [UInt32] = []
  /// The position of the invocation.
  public internal(set) var invocations: [UInt32] = []
  /// The position of the completion, also of one that ended as info; `none` where the history ends
  /// before it.
  public internal(set) var completions: [UInt32] = []
  /// The key of each; empty where no operation has one.
  public internal(set) var keys: [UInt32] = []

  /// An empty table, for values that lie in the text or come from elsewhere.
  init(text: [UInt8] = []) {
    values = ValueTable(text: text)
    keyValues = ValueTable(text: text)
  }

  /// How many operations there are.
  public var count: Int { invocations.count }

  /// Makes room for operations without keys.
  mutating func reserve(_ count: Int) {
    functions.reserveCapacity(count)
    endings.reserveCapacity(count)
    processes.reserveCapacity(count)
    arguments.reserveCapacity(count)
    results.reserveCapacity(count)
    invocations.reserveCapacity(count)
    completions.reserveCapacity(count)
    values.reserve(count)
  }

  /// The operation with that id.
  public subscript(id: Int) -> Operation {
    let result = results[id]
    let outcome: Outcome =
      switch endings[id] {
      case .ok: .ok(result == Self.none ? nil : values[result])
      case .fail: .fail
      case .info: .info
      }
    return Operation(
      id: id, process: processNumbers[Int(processes[id])], f: functionNames[Int(functions[id])],
      key: key(of: id), argument: arguments[id] == Self.none ? nil : values[arguments[id]],
      outcome: outcome, invocation: Int(invocations[id]),
      completion: completions[id] == Self.none ? nil : Int(completions[id]))
  }

  /// The key of the operation with that id; nil if it has none.
  public func key(of id: Int) -> Value? {
    keys.isEmpty || keys[id] == Self.none ? nil : keyValues[keys[id]]
  }
}
