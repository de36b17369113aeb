/// The rows of a table, in order of invocation, a column for each part: 18 bytes an operation.
///
/// Most operations have one value that matters, the argument or the result, or the same as both. It has the
/// one column; results that are something else than the argument have another, which there is only where
/// some operation needs it. Positions are kept plus 1, and completions only of what is known to be
/// over, as solvers read them: where a history is a single object they need no copy.
public struct OperationRows: RandomAccessCollection, Sendable {
  @usableFromInline typealias Table = OperationTable

  /// The position of each invocation, plus 1.
  public private(set) var invocations: [UInt32] = []
  /// The position of each completion as ok or fail, plus 1; `none` of others.
  public private(set) var completions: [UInt32] = []
  /// The argument of each, else its result, else `none`.
  public private(set) var values: [UInt32] = []
  @usableFromInline private(set) var processes: [UInt32] = []
  /// What each called, above the bits of `endings`, `argument` and `result`.
  @usableFromInline private(set) var states: [UInt16] = []
  /// The result of each that has one besides another argument; empty where none does.
  @usableFromInline private(set) var results: [UInt32] = []
  /// The positions of completions as info, by id.
  private var crashes: [Int: UInt32] = [:]

  @inlinable static var endings: UInt16 { 3 }
  /// The column of values holds the argument.
  @inlinable static var argument: UInt16 { 4 }
  /// It holds the result.
  @inlinable static var result: UInt16 { 8 }
  @inlinable static var functionShift: UInt16 { 4 }

  /// 0.
  public var startIndex: Int { 0 }

  /// How many there are.
  @inlinable public var endIndex: Int { states.count }

  /// How the operation with that id ended.
  @inlinable
  public func ending(of id: Int) -> OperationTable.Ending {
    switch UInt8(truncatingIfNeeded: states[id] & Self.endings) {
    case OperationTable.Ending.ok.rawValue: .ok
    case OperationTable.Ending.fail.rawValue: .fail
    default: .info
    }
  }

  /// What the operation with that id called.
  @inlinable
  public func function(of id: Int) -> UInt16 { states[id] >> Self.functionShift }

  /// The row of the operation with that id. Complexity: O(1).
  @inlinable
  public subscript(id: Int) -> OperationTable.Row {
    let ending = ending(of: id)
    let value = values[id]
    return OperationTable.Row(
      invocation: invocations[id] - 1,
      completion: ending == .info ? crash(of: id) : completions[id] - 1,
      argument: states[id] & Self.argument == 0 ? Table.none : value,
      result: results.isEmpty || results[id] == Table.none
        ? states[id] & Self.result == 0 ? Table.none : value : results[id],
      process: processes[id], function: function(of: id), ending: ending)
  }

  @usableFromInline
  func crash(of id: Int) -> UInt32 { crashes[id] ?? OperationTable.none }

  // MARK: Adding

  mutating func reserve(_ count: Int) {
    invocations.reserveCapacity(count)
    completions.reserveCapacity(count)
    values.reserveCapacity(count)
    processes.reserveCapacity(count)
    states.reserveCapacity(count)
  }

  /// Adds an operation that has not completed.
  @inline(__always)
  mutating func append(invocation: UInt32, argument: UInt32, process: UInt32, function: UInt16) {
    invocations.append(invocation + 1)
    completions.append(OperationTable.none)
    values.append(argument)
    processes.append(process)
    let holds = argument == OperationTable.none ? 0 : Self.argument
    states.append(function << Self.functionShift | holds)
    if !results.isEmpty { results.append(OperationTable.none) }
  }

  /// Notes that an operation is ok; `isArgument` if its result takes the place of its argument, too.
  @inline(__always)
  mutating func succeed(_ id: Int, at position: UInt32, result: UInt32, isArgument: Bool) {
    completions[id] = position + 1
    var state = states[id] | UInt16(OperationTable.Ending.ok.rawValue)
    if isArgument {
      values[id] = result
      state |= Self.argument | Self.result
    } else if result != OperationTable.none {
      if state & Self.argument == 0 || values[id] == result {
        values[id] = result
        state |= Self.result
      } else {
        add(result, besidesArgumentOf: id)
      }
    }
    states[id] = state
  }

  private mutating func add(_ result: UInt32, besidesArgumentOf id: Int) {
    if results.isEmpty {
      results.reserveCapacity(states.capacity)
      results.append(contentsOf: repeatElement(OperationTable.none, count: states.count))
    }
    results[id] = result
  }

  /// Notes that an operation failed.
  mutating func fail(_ id: Int, at position: UInt32) {
    completions[id] = position + 1
    states[id] |= UInt16(OperationTable.Ending.fail.rawValue)
  }

  /// Notes where it was told that nobody knows what became of an operation.
  mutating func crash(_ id: Int, at position: UInt32) { crashes[id] = position }
}
