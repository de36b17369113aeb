internal import Histories

/// A model whose operations read and write one value, so that weaker conditions than
/// linearizability have a meaning for it.
protocol RegisterLike: Sendable {
  /// The value at first.
  var initialValue: Value { get }

  /// What each of the operations does to the register, in the same order; nil for those that failed.
  /// Nil of them all where they are not only reads and writes.
  func accesses(_ operations: some Collection<Operation>) -> [RegisterAccess<Value>?]?
}

/// The operations on a register, as weaker conditions look at them: reads that were ok, and what
/// may have written, by their place in order of invocation. Values are numbers, the initial one is 0.
struct RegisterHistory {
  typealias Access = RegisterAccess<Int32>

  static let initial: Int32 = 0

  /// In order of invocation.
  private(set) var calls: [Call<Access>] = []
  /// The process of each call.
  private(set) var processes: [Int] = []
  /// How many values there are.
  let valueCount: Int
  /// The calls that may have installed each value, in order of invocation, one value after the other.
  let writers: [Int]
  /// Where those of each value begin.
  private let writerStarts: [Int]

  /// Nil where the operations are not only reads and writes.
  init?(_ model: any RegisterLike, _ operations: some Collection<Operation>) {
    guard let accesses = model.accesses(operations) else { return nil }
    var numbers = ValueNumbers()
    func number(_ value: Value) -> Int32 { Int32(numbers.number(of: value) as UInt32) }
    // Met first, it is 0, as `initial` says.
    _ = number(model.initialValue)
    for (operation, access) in zip(operations, accesses) {
      guard let access else { continue }
      let isCrashed = operation.outcome == .info
      if isCrashed, access.installed == nil { continue }
      calls.append(
        Call(
          operation: operation.id, command: access.map(number), invocation: operation.invocation,
          completion: isCrashed ? nil : operation.completion))
      processes.append(operation.process)
    }
    valueCount = numbers.count
    (writerStarts, writers) = Self.writers(calls, valueCount)
  }

  /// Some of the calls by themselves, given in order.
  func part(_ part: [Int]) -> RegisterHistory { RegisterHistory(part, of: self) }

  private init(_ part: [Int], of history: RegisterHistory) {
    var numbers = [Self.initial: Self.initial]
    func number(_ value: Int32) -> Int32 {
      let next = Int32(numbers.count)
      if let number = numbers[value] { return number }
      numbers[value] = next
      return next
    }
    for call in part {
      calls.append(history.calls[call].with(history.calls[call].command.map(number)))
      processes.append(history.processes[call])
    }
    valueCount = numbers.count
    (writerStarts, writers) = Self.writers(calls, valueCount)
  }

  private static func writers(
    _ calls: [Call<Access>], _ valueCount: Int
  ) -> (starts: [Int], writers: [Int]) {
    var ends = Array(repeating: 0, count: valueCount + 1)
    for call in calls {
      if let value = call.command.installed { ends[Int(value) + 1] += 1 }
    }
    for value in 0..<valueCount { ends[value + 1] += ends[value] }
    let starts = ends
    var writers = Array(repeating: 0, count: ends[valueCount])
    for (index, call) in calls.enumerated() {
      guard let value = call.command.installed else { continue }
      writers[ends[Int(value)]] = index
      ends[Int(value)] += 1
    }
    return (starts, writers)
  }

  /// The part of `writers` that may have installed the value.
  func writers(of value: Int32) -> ArraySlice<Int> {
    writers[writerStarts[Int(value)]..<writerStarts[Int(value) + 1]]
  }

  /// The end of a call; a crashed one has none.
  func end(_ call: Int) -> Int { calls[call].completion ?? .max }

  /// What a call saw; nil where it saw nothing, or crashed, so that nobody knows whether it did.
  func seen(_ call: Int) -> Int32? {
    calls[call].isCrashed ? nil : calls[call].command.observed
  }

  /// Where a value can come from.
  enum Source {
    case initial
    case write(Int)
    case several
    case nowhere
  }

  /// Where the value can come from.
  func source(of value: Int32) -> Source {
    let calls = writers(of: value)
    guard let first = calls.first else { return value == Self.initial ? .initial : .nowhere }
    return calls.count == 1 && value != Self.initial ? .write(first) : .several
  }

  /// Whether nobody can have written what the call saw before it ended.
  func isUnexplained(_ call: Int) -> Bool {
    guard let value = seen(call), value != Self.initial else { return false }
    return !writers(of: value).contains { calls[$0].invocation < end(call) }
  }

  /// `Operation.id`s.
  func operations(_ calls: [Int]) -> [Int] { calls.map { self.calls[$0].operation } }
}
