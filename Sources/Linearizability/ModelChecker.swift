internal import Histories

/// Judges partitions under some model; hides the model's types.
protocol PartitionChecker: Sendable {
  /// Throws if an operation does not fit the model.
  func validate(_ partition: Partition, _ history: History) throws(HistoryError)
  /// Decides a partition that is valid.
  func judge(
    _ partition: Partition, _ history: History, _ budget: SearchBudget
  ) throws(CheckError) -> PartitionJudgement
}

/// Judges partitions under one model.
struct ModelChecker<M: Model>: PartitionChecker {
  let name: String
  let model: M

  func validate(_ partition: Partition, _ history: History) throws(HistoryError) {
    for operation in partition.operations {
      guard model.functions.contains(operation.f) else {
        throw history.error(
          atEvent: operation.invocation,
          "the model \(name) has no function \(Value.string(operation.f).shown(limit: 40)); it has "
            + model.functions.joined(separator: ", "))
      }
      if operation.outcome == .fail { continue }
      do throws(OperationError) {
        _ = try model.command(for: operation)
      } catch {
        let atCompletion = operation.isOk && operation.completion != nil
        throw history.error(
          atEvent: atCompletion ? operation.completion ?? 0 : operation.invocation, error.message)
      }
    }
  }

  func judge(
    _ partition: Partition, _ history: History, _ budget: SearchBudget
  ) throws(CheckError) -> PartitionJudgement {
    let calls = try self.calls(of: partition)
    let usefulUntil = model.usefulUntil(calls)
    let schedule = Schedule(calls: calls, usefulUntil: usefulUntil)
    let (result, explored) = search(calls, schedule, budget)
    let outcome: PartitionOutcome =
      switch result {
      case .unknown(let reason, let reached): .unknown(reason, reached: reached)
      case .linearizable(let order):
        .linearizable(try points(order.map { calls[$0].operation }, of: partition))
      case .impossible(let found):
        .violation(try violation(found, calls, usefulUntil, partition, history))
      }
    return PartitionJudgement(
      key: partition.key, outcome: outcome, operations: partition.operations,
      configurationsExplored: explored)
  }

  /// What did not fail, without crashed observers, which explain nothing.
  private func calls(of partition: Partition) throws(CheckError) -> [Call<M.Command>] {
    var calls: [Call<M.Command>] = []
    for operation in partition.operations where operation.outcome != .fail {
      let command: M.Command
      do throws(OperationError) {
        command = try model.command(for: operation)
      } catch {
        throw .internalError("operation \(operation.id) was not validated: \(error.message)")
      }
      if !operation.isOk, model.isObserver(command) { continue }
      calls.append(
        Call(
          operation: operation.id, command: command, invocation: operation.invocation,
          completion: operation.isOk ? operation.completion : nil))
    }
    return calls
  }

  private func search(
    _ calls: [Call<M.Command>], _ schedule: Schedule, _ budget: SearchBudget
  ) -> (SearchResult<M.State>, explored: Int) {
    if schedule.slotCount <= 64 {
      var search = FrontierSearch<M, SmallSlotSet>(
        model: model, calls: calls, schedule: schedule, budget: budget)
      return (search.run(), search.explored)
    }
    var search = FrontierSearch<M, LargeSlotSet>(
      model: model, calls: calls, schedule: schedule, budget: budget)
    return (search.run(), search.explored)
  }

  /// The linearization with the states that an independent replay gives.
  private func points(
    _ order: [Int], of partition: Partition, until end: Int = .max
  ) throws(CheckError) -> [LinearizationPoint] {
    let verifier = WitnessVerifier(model: model, operations: partition.operations)
    let states = try verifier.replay(order, until: end)
    return zip(order, states).map { id, state in
      LinearizationPoint(operation: id, stateAfter: model.describe(state))
    }
  }

  private func violation(
    _ found: Impossibility<M.State>, _ calls: [Call<M.Command>], _ usefulUntil: [Int],
    _ partition: Partition, _ history: History
  ) throws(CheckError) -> Violation {
    let blamed = calls[found.call]
    guard let end = blamed.completion,
      let operation = partition.operations.first(where: { $0.id == blamed.operation })
    else { throw .internalError("a crashed operation was blamed") }
    let unused = calls.indices.filter {
      calls[$0].isCrashed && calls[$0].invocation < end && usefulUntil[$0] < end
    }
    let states = reachable(from: found.states, by: unused.map { calls[$0].command })
    let evidence = Evidence(
      history: history, key: partition.key, operations: partition.operations, blamed: operation,
      completion: end, statesMeanwhile: statesDuring(found.call, calls, end))
    return Violation(
      operation: operation.id,
      linearization: try points(
        found.longest.map { calls[$0].operation }, of: partition, until: end),
      possibleStates: states.prefix(16).map(model.describe),
      explanation: model.explain(evidence))
  }

  /// The states and those that the crashed calls lead to that the search left out as useless.
  private func reachable(from states: [M.State], by commands: [M.Command]) -> [M.State] {
    var seen = Set(states)
    var result = states
    var index = 0
    while index < result.count, result.count < 1_000 {
      for command in commands {
        if let next = model.step(result[index], command), seen.insert(next).inserted {
          result.append(next)
        }
      }
      index += 1
    }
    return result
  }

  /// The states in which the call could have found the object between its invocation and its
  /// completion; nil where there are too many configurations to say.
  private func statesDuring(
    _ call: Int, _ calls: [Call<M.Command>], _ end: Int
  ) -> [M.State]? {
    let probe = ProbedModel(model: model)
    var probed: [Call<ProbedModel<M>.Command>] = []
    for (index, other) in calls.enumerated() where other.invocation < end {
      let command: ProbedModel<M>.Command = index == call ? .probe : .plain(other.command)
      probed.append(
        Call(
          operation: other.operation, command: command, invocation: other.invocation,
          completion: other.completion))
    }
    // A call that is useless to the others may still have led to a state that the probe saw.
    let schedule = Schedule(calls: probed, usefulUntil: probed.map { _ in end }, end: end)
    let budget = SearchBudget(memoryLimit: 64 << 20, expansionLimit: 100_000)
    return probe.statesSeen(probed, schedule, budget)
  }
}
