internal import Histories

/// Judges partitions under some model; hides the model's types.
///
/// It holds closures rather than being a protocol, because a call through a protocol would reach
/// the unspecialised search, which is several times slower.
struct PartitionChecker: Sendable {
  /// Throws if an operation does not fit the model.
  let validate: @Sendable (Partition, History) throws(HistoryError) -> Void
  /// Decides a partition that is valid.
  let judge: @Sendable (Partition, History, SearchBudget) throws(CheckError) -> PartitionJudgement

  init<M: Model>(_ checker: ModelChecker<M>) {
    validate = { partition, history throws(HistoryError) in
      try checker.validate(partition, history)
    }
    judge = { partition, history, budget throws(CheckError) in
      try checker.judge(partition, history, budget)
    }
  }
}

/// Judges partitions under one model.
struct ModelChecker<M: Model>: Sendable {
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
    let schedule = Schedule(calls: calls, of: model, usefulUntil: model.usefulUntil(calls))
    let (result, explored) = search(calls, schedule, budget)
    let outcome: PartitionOutcome =
      switch result {
      case .unknown(let reason, let reached): .unknown(reason, reached: reached)
      case .linearizable(let order):
        .linearizable(try points(order.map { calls[$0].operation }, of: partition))
      case .impossible(let found):
        .violation(try violation(found, calls, partition, history))
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
        specification: model, calls: calls, schedule: schedule, budget: budget)
      return (search.run(), search.explored)
    }
    var search = FrontierSearch<M, LargeSlotSet>(
      specification: model, calls: calls, schedule: schedule, budget: budget)
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
    _ found: Impossibility<M.State>, _ calls: [Call<M.Command>], _ partition: Partition,
    _ history: History
  ) throws(CheckError) -> Violation {
    let blamed = calls[found.call]
    guard let end = blamed.completion,
      let operation = partition.operations.first(where: { $0.id == blamed.operation })
    else { throw .internalError("a crashed operation was blamed") }
    let probe = Probe(model)
    let states = probe.states(of: calls, inPlaceOf: found.call, from: end) ?? found.states
    let evidence = Evidence(
      history: history, key: partition.key, operations: partition.operations, blamed: operation,
      completion: end,
      statesMeanwhile: probe.states(
        of: calls, inPlaceOf: found.call, from: operation.invocation))
    return Violation(
      operation: operation.id,
      linearization: try points(
        found.longest.map { calls[$0].operation }, of: partition, until: end),
      possibleStates: states.prefix(16).map(model.describe),
      explanation: model.explain(evidence))
  }
}
