internal import Histories

/// Replays a linearization against the operations and the model: an independent check of what a
/// search claims. It shares nothing with the search but the model.
struct WitnessVerifier<M: Model> {
  let model: M
  let operations: [Operation]

  /// The state after each operation of the order, given as `Operation.id`s.
  ///
  /// Throws what is wrong unless the order is a linearization of the history as far as the events
  /// before `end`: each operation at most once, every one in it that completed as ok, none that
  /// failed, all steps legal, and none placed after an operation that began when it was over.
  /// The latter needs one pass: an order breaks real time only if some operation completed
  /// before the latest invocation among those placed ahead of it. Complexity: O(n).
  func replay(_ order: [Int], until end: Int = .max) throws(CheckError) -> [M.State] {
    var placed: Set<Int> = []
    var latestInvocation = -1
    var state = model.initialState
    var states: [M.State] = []
    let byID = Dictionary(uniqueKeysWithValues: operations.map { ($0.id, $0) })
    for id in order {
      guard let operation = byID[id] else { throw wrong("operation \(id) does not exist") }
      guard placed.insert(id).inserted else { throw wrong("operation \(id) occurs twice") }
      guard operation.invocation < end else { throw wrong("operation \(id) had not begun") }
      switch operation.outcome {
      case .fail: throw wrong("operation \(id) failed")
      case .info: break
      case .ok:
        guard let completion = operation.completion, completion > latestInvocation else {
          throw wrong("operation \(id) was over before one ahead of it began")
        }
      }
      latestInvocation = max(latestInvocation, operation.invocation)
      guard let next = model.step(state, try command(for: operation)) else {
        throw wrong("operation \(id) is not possible where it stands")
      }
      state = next
      states.append(state)
    }
    for operation in operations where !placed.contains(operation.id) {
      guard case .ok = operation.outcome, let completion = operation.completion else { continue }
      if completion < end { throw wrong("operation \(operation.id) is missing") }
    }
    return states
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
