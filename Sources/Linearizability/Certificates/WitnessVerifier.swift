internal import Histories

/// Replays a linearization against the operations and the model: an independent check of what a
/// search claims. It shares nothing with the search but the model.
struct WitnessVerifier<M: Model> {
  let model: M
  /// In order of their ids.
  let operations: Operations

  /// Replays the order, given as `Operation.id`s, and passes on the state after each operation.
  ///
  /// Throws what is wrong unless the order is a linearization of the history as far as the events
  /// before `end`: each operation at most once, every one in it that completed as ok, none that
  /// failed without telling something, all steps legal, and none placed after an operation that began when it was over.
  /// Of operations that were open then, the results that they had later count, unless they are left open.
  /// Real time needs one pass: an order breaks real time only if some operation completed
  /// before the latest invocation among those placed ahead of it. Complexity: O(n), and O(n log n)
  /// where ids have gaps.
  func replay(
    _ order: [Int], until end: Int = .max, leavingResultsOpen: Bool = false,
    onState: (M.State) -> Void = { _ in }
  ) throws(CheckError) {
    var isPlaced = Array(repeating: false, count: operations.count)
    var latestInvocation = -1
    var state = model.initialState
    for id in order {
      guard let index = operations.index(ofID: id) else {
        throw wrong("operation \(id) does not exist")
      }
      if isPlaced[index] { throw wrong("operation \(id) occurs twice") }
      isPlaced[index] = true
      var operation = operations[index]
      if leavingResultsOpen, operation.completion ?? -1 >= end { operation.outcome = .info }
      guard operation.invocation < end else { throw wrong("operation \(id) had not begun") }
      switch operation.outcome {
      case .fail where !model.observesFailure(of: operation):
        throw wrong("operation \(id) failed")
      case .info: break
      case .ok, .fail:
        guard let completion = operation.completion, completion > latestInvocation else {
          throw wrong("operation \(id) was over before one ahead of it began")
        }
      }
      latestInvocation = max(latestInvocation, operation.invocation)
      guard let next = model.step(state, try command(for: operation)) else {
        throw wrong("operation \(id) is not possible where it stands")
      }
      state = next
      onState(state)
    }
    for index in operations.indices where !isPlaced[index] {
      let span = operations.span(at: index)
      guard let completion = span.end, completion < end, model.counts(operations[index]) else {
        continue
      }
      throw wrong("operation \(span.id) is missing")
    }
  }

  private func command(for operation: Operation) throws(CheckError) -> M.Command {
    do {
      return try model.command(for: operation)
    } catch {
      throw wrong("operation \(operation.id) is malformed: \(error.message)")
    }
  }

  private func wrong(_ what: String) -> CheckError {
    .internalError("the search gave a linearization that does not hold: \(what)")
  }
}
