internal import Histories

/// A model whose operations read and write one value, so that weaker conditions than
/// linearizability have a meaning for it.
protocol RegisterLike: Sendable {
  /// The value at first.
  var initialValue: Value { get }

  /// What each of the operations does to the register, in the same order; nil for those that failed.
  /// Nil of them all where they are not only reads and writes.
  func accesses(_ operations: some Collection<Operation>) -> [Register.Command?]?
}

/// The operations on a register, as weaker conditions look at them: reads that were ok, and what
/// may have written, by their place in order of invocation.
struct RegisterHistory {
  let initial: Value
  /// In order of invocation.
  private(set) var calls: [Call<Register.Command>] = []
  /// The process of each call.
  private(set) var processes: [Int] = []
  /// For each value, the calls that may have installed it.
  private(set) var writers: [Value: [Int]] = [:]

  /// Nil where the operations are not only reads and writes.
  init?(_ model: any RegisterLike, _ operations: some Collection<Operation>) {
    guard let accesses = model.accesses(operations) else { return nil }
    initial = model.initialValue
    for (operation, access) in zip(operations, accesses) {
      guard let access else { continue }
      let isCrashed = operation.outcome == .info
      if isCrashed, access.installed == nil { continue }
      if let value = access.installed { writers[value, default: []].append(calls.count) }
      calls.append(
        Call(
          operation: operation.id, command: access, invocation: operation.invocation,
          completion: isCrashed ? nil : operation.completion))
      processes.append(operation.process)
    }
  }

  /// The end of a call; a crashed one has none.
  func end(_ call: Int) -> Int { calls[call].completion ?? .max }

  /// What a call saw; nil where it saw nothing, or crashed, so that nobody knows whether it did.
  func seen(_ call: Int) -> Value? {
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
  func source(of value: Value) -> Source {
    let calls = writers[value] ?? []
    if calls.isEmpty { return value == initial ? .initial : .nowhere }
    return calls.count == 1 && value != initial ? .write(calls[0]) : .several
  }

  /// Whether nobody can have written what the call saw before it ended.
  func isUnexplained(_ call: Int) -> Bool {
    guard let value = seen(call), value != initial else { return false }
    return !(writers[value] ?? []).contains { calls[$0].invocation < end(call) }
  }

  /// `Operation.id`s.
  func operations(_ calls: [Int]) -> [Int] { calls.map { self.calls[$0].operation } }
}
