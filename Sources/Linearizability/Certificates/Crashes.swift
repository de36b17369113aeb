internal import Histories

/// What becomes of calls when they are taken as crashed: their results are not known any more, and
/// observers are of no use.
struct Crashes<M: Model> {
  let model: M
  let operations: Operations

  /// The process of the operation with that id.
  func process(_ operation: Int) -> Int { operations.first(withID: operation)?.process ?? -1 }

  /// The call as crashed; nil if it is then of no use, as one is that is known to have failed.
  func crashed(_ call: Call<M.Command>) -> Call<M.Command>? {
    guard var operation = operations.first(withID: call.operation), operation.outcome != .fail
    else { return nil }
    operation.outcome = .info
    guard let command = try? model.command(for: operation), !model.isObserver(command) else {
      return nil
    }
    return Call(
      operation: call.operation, command: command, invocation: call.invocation, completion: nil)
  }

  /// The calls as they were right after the event at that position: what began later is left out,
  /// what was open is crashed.
  func prefix(of calls: [Call<M.Command>], until end: Int) -> [Call<M.Command>] {
    calls.prefix { $0.invocation < end }.compactMap { call in
      guard let completion = call.completion, completion > end else { return call }
      return crashed(call)
    }
  }
}
