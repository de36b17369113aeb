internal import Histories

/// Judges partitions under some model; hides the model's types.
///
/// It holds closures rather than being a protocol, because a call through a protocol would reach
/// the unspecialised search, which is several times slower.
struct PartitionChecker: Sendable {
  /// What does not fit the model, operation by operation.
  let problems: @Sendable (Partition, History) -> [HistoryError]
  /// Makes a partition ready to be judged; throws if an operation does not fit the model.
  let prepare: @Sendable (inout Partition, History) throws(HistoryError) -> Void
  /// Decides a partition that is prepared.
  let judge: @Sendable (Partition, History, SearchBudget) throws(CheckError) -> PartitionJudgement
}

extension PartitionChecker {
  init<M: Model>(_ checker: ModelChecker<M>) {
    self.init(
      problems: { checker.problems($0, $1) },
      prepare: { partition, history throws(HistoryError) in
        try checker.prepare(&partition, history)
      },
      judge: { partition, history, budget throws(CheckError) in
        try checker.judge(partition, history, budget)
      })
  }
}

/// Judges partitions under one model.
struct ModelChecker<M: Model>: Sendable {
  let name: String
  /// The functions that operations may have; nil where any is allowed.
  let functions: [String]?
  let model: M
  /// Whether what the model claims of its commands is tried out first.
  var triesClaims = false
  /// Whether the model's solver is asked before a search begins.
  var usesSolver = true

  func prepare(_ partition: inout Partition, _ history: History) throws(HistoryError) {
    partition.problem = problemOnTable(partition)
    if partition.problem != nil { return }
    for operation in partition.operations {
      if let problem = problem(with: operation, history) { throw problem }
    }
  }

  func problems(_ partition: Partition, _ history: History) -> [HistoryError] {
    if problemOnTable(partition) != nil { return [] }
    return partition.operations.compactMap { problem(with: $0, history) }
  }

  private func problem(with operation: Operation, _ history: History) -> HistoryError? {
    if let functions, !functions.contains(operation.f) {
      return history.error(
        atEvent: operation.invocation,
        "the model \(name) has no function \(Value.string(operation.f).shown(limit: 40)); it has "
          + functions.joined(separator: ", "))
    }
    guard model.counts(operation) else { return nil }
    do throws(OperationError) {
      _ = try model.command(for: operation)
      return nil
    } catch {
      let atCompletion = operation.outcome != .info && operation.completion != nil
      return history.error(
        atEvent: atCompletion ? operation.completion ?? 0 : operation.invocation, error.message)
    }
  }

  func judge(
    _ partition: Partition, _ history: History, _ budget: SearchBudget
  ) throws(CheckError) -> PartitionJudgement {
    let onTable = partition.problem?.problem.answerForAll()
    if case .linearizable(let order)? = onTable {
      return try judged(order, of: partition)
    }
    if case .impossible(let core)? = onTable, let problem = partition.problem {
      tell(problem.ids(of: core.map(UInt32.init)).map(Int.init), of: partition, budget)
    }
    if onTable == .undecided, let judgement = try searchedOnTable(partition, budget) {
      return judgement
    }
    let calls = try self.calls(of: partition)
    if triesClaims, let broken = brokenClaim(of: model, commands: calls.map(\.command)) {
      throw .brokenModel("the model \(name) \(broken)")
    }
    // Where the columns were of a kind that the solver does not decide, the calls are, too, but for observers.
    let asksSolver =
      usesSolver && (onTable != .undecided || calls.contains { model.isSolvedLater($0.command) })
    let (result, effort) = decide(calls, of: partition, asksSolver, budget)
    func judgement(_ outcome: PartitionOutcome) -> PartitionJudgement {
      PartitionJudgement(
        key: partition.key, outcome: outcome, operations: partition.operations,
        effort: effort)
    }
    if case .impossible(let found) = result {
      let isFirst = found.isFirst ? "" : " \(Self.mayBeEarlier)"
      tell(
        calls[found.call].operation,
        "There was no time left to explain it: raise the time limit.\(isFirst)",
        of: partition, effort, budget)
    }
    let outcome: PartitionOutcome =
      switch result {
      case .unknown(let reason, let reached): .unknown(reason, reached: reached)
      case .linearizable(let order):
        .linearizable(try verified(order.map { calls[$0].operation }, of: partition))
      case .impossible(let found):
        .violation(try violation(found, calls, partition, history))
      }
    guard case .violation(var violation) = outcome, let register = register(partition) else {
      return judgement(outcome)
    }
    // Told already, lest it be lost if there is no time for the rest.
    budget.onViolation(judgement(outcome))
    let weaker = WeakerConditions.judge(
      register, impossible: Set(violation.core?.members.map(\.operation) ?? [violation.operation]),
      time: { history.events[$0].time })
    // It may be that only the versions are wrong, and not what was read and written.
    if weaker.versions != .exactly(1) { violation.weaker = weaker }
    return judgement(.violation(violation))
  }

  /// Says that there is a violation before it is explained, lest it be lost if there is no time for that.
  private func tell(
    _ operation: Int, _ what: String, of partition: Partition, _ effort: SearchEffort,
    _ budget: SearchBudget
  ) {
    let violation = Violation(
      operation: operation, linearization: [], possibleStates: [], explanation: [what])
    budget.onViolation(
      PartitionJudgement(
        key: partition.key, outcome: .violation(violation), operations: partition.operations,
        effort: effort))
  }

  /// Says it of operations that a solver blames, before their place is looked for.
  private func tell(_ core: [Int], of partition: Partition, _ budget: SearchBudget) {
    guard let operation = core.last ?? partition.operations.last?.id else { return }
    let what =
      "There was no time left to find the first operation that cannot be, or to explain it: raise the time limit."
    tell(operation, what, of: partition, SearchEffort(), budget)
  }

  private static var mayBeEarlier: String {
    "It may have been impossible before: that could not be decided."
  }

  /// The operations as those of a register, where weaker conditions have a meaning for the model.
  private func register(_ partition: Partition) -> RegisterHistory? {
    (model as? any RegisterLike).flatMap { RegisterHistory($0, partition.operations) }
  }

  private func problemOnTable(_ partition: Partition) -> TableProblem? {
    guard usesSolver, !triesClaims, hasKnownFunctions(partition),
      let model = model as? any TableModel
    else { return nil }
    return model.problem(of: partition.operations)
  }

  /// Whether the model has the functions of all operations, those that failed included.
  private func hasKnownFunctions(_ partition: Partition) -> Bool {
    guard let functions, let (table, ids) = partition.operations.rows else { return false }
    let isKnown = table.functionNames.map(functions.contains)
    let rows = table.rows
    if let ids { return ids.allSatisfy { isKnown[Int(rows.function(of: Int($0)))] } }
    return rows.indices.allSatisfy { isKnown[Int(rows.function(of: $0))] }
  }

  /// The judgement of a search by numbers; nil if the model has none, or if it found a violation, which is
  /// decided again from the operations.
  private func searchedOnTable(
    _ partition: Partition, _ budget: SearchBudget
  ) throws(CheckError) -> PartitionJudgement? {
    guard let problem = partition.problem, let table = partition.operations.rows?.table,
      let (result, effort) = (model as? any TableModel)?.search(problem, on: table, budget)
    else { return nil }
    switch result {
    case .linearizable(let order):
      return try judged(order.map(UInt32.init), of: partition, effort)
    case .impossible: return nil
    case .unknown(let reason, let reached):
      return PartitionJudgement(
        key: partition.key, outcome: .unknown(reason, reached: reached),
        operations: partition.operations, effort: effort)
    }
  }

  /// The judgement where the columns alone tell that the partition is linearizable. For anything else there
  /// is more to say.
  private func judged(
    _ order: [UInt32], of partition: Partition, _ effort: SearchEffort = SearchEffort()
  ) throws(CheckError) -> PartitionJudgement {
    guard let problem = partition.problem, let table = partition.operations.rows?.table,
      let model = model as? any TableModel
    else { throw .internalError("columns were judged that nobody made") }
    let ids = problem.ids(of: order)
    try TableVerifier(table: table, operations: partition.operations)
      .verify(ids, model.replay(on: table))
    return PartitionJudgement(
      key: partition.key, outcome: .linearizable(ids.map(Int.init)),
      operations: partition.operations, effort: effort)
  }

  /// Asks the model's solver first, where that may help, then searches.
  private func decide(
    _ calls: [Call<M.Command>], of partition: Partition, _ asksSolver: Bool, _ budget: SearchBudget
  ) -> (SearchResult<M.State>, effort: SearchEffort) {
    switch asksSolver ? model.solveAndInsert(calls) : .undecided {
    case .linearizable(let order): return (.linearizable(order), SearchEffort())
    case .impossible(let core):
      tell(core.map { calls[$0].operation }, of: partition, budget)
      return firstImpossibility(in: calls, core: core, of: partition, budget)
    case .undecided: return search(calls, budget)
    }
  }

  /// What did not fail, without crashed observers, which explain nothing.
  private func calls(of partition: Partition) throws(CheckError) -> [Call<M.Command>] {
    var calls: [Call<M.Command>] = []
    for operation in partition.operations where model.counts(operation) {
      let command: M.Command
      do throws(OperationError) {
        command = try model.command(for: operation)
      } catch {
        throw .internalError("operation \(operation.id) was not validated: \(error.message)")
      }
      if operation.outcome == .info, model.isObserver(command) { continue }
      calls.append(
        Call(
          operation: operation.id, command: command, invocation: operation.invocation,
          completion: operation.outcome == .info ? nil : operation.completion))
    }
    return calls
  }

  func search(
    _ calls: [Call<M.Command>], _ budget: SearchBudget
  ) -> (SearchResult<M.State>, effort: SearchEffort) {
    Linearizability.search(
      calls, under: model, usefulUntil: model.usefulUntil(calls), budget: budget)
  }

  /// The linearization, once an independent replay has found nothing wrong with it.
  private func verified(
    _ order: [Int], of partition: Partition
  ) throws(CheckError) -> [Int] {
    try WitnessVerifier(model: model, operations: partition.operations).replay(order)
    return order
  }

  /// The linearization of what came before the event at `end`, with the states that an independent
  /// replay gives.
  private func points(
    _ found: Impossibility<M.State>, _ calls: [Call<M.Command>], of partition: Partition,
    until end: Int
  ) throws(CheckError) -> [LinearizationPoint] {
    // Where the place could not be narrowed down, there is no order of all that came before it.
    if found.longest.isEmpty { return [] }
    let order = found.longest.map { calls[$0].operation }
    // A state with many elements takes long to be put in words, and only a few near the violation are shown.
    let nearby = order.count - 1_000
    var states: [String?] = []
    try WitnessVerifier(model: model, operations: partition.operations)
      .replay(order, until: end, leavingResultsOpen: found.leavesResultsOpen) { state in
        let isShort = states.last.map { $0.map { $0.utf8.count < 24 } ?? false } ?? true
        states.append(isShort || states.count >= nearby ? model.describe(state) : nil)
      }
    return zip(order, states).map { LinearizationPoint(operation: $0, stateAfter: $1) }
  }

  private func violation(
    _ found: Impossibility<M.State>, _ calls: [Call<M.Command>], _ partition: Partition,
    _ history: History
  ) throws(CheckError) -> Violation {
    let blamed = calls[found.call]
    guard let end = blamed.completion,
      let operation = partition.operations.first(withID: blamed.operation)
    else { throw .internalError("a crashed operation was blamed") }
    let probe = Probe(model)
    let states = probe.states(of: calls, inPlaceOf: found.call, from: end) ?? found.states
    let core = CoreFinder.core(
      of: calls, blamed: operation.id, end: end,
      crashes: Crashes(model: model, operations: partition.operations))
    let evidence = Evidence(
      history: history, key: partition.key, operations: partition.operations, blamed: operation,
      completion: end,
      statesMeanwhile: probe.states(
        of: calls, inPlaceOf: found.call, from: operation.invocation), core: core)
    var explanation = genericExplanation(
      evidence, reason: model.explain(evidence), states: states.map(model.describe),
      // What a register could have held is said there in its own way.
      isComplete: model is any RegisterLike)
    if !found.isFirst {
      explanation.append(Self.mayBeEarlier)
    }
    return Violation(
      operation: operation.id,
      linearization: try points(found, calls, of: partition, until: end),
      possibleStates: states.prefix(16).map(model.describe),
      explanation: explanation, core: core)
  }
}
