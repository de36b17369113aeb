public import Histories

/// Judges whether a history is linearizable under the model that the options name.
///
/// Each key is judged alone (linearizability is local; Herlihy and Wing, 1990) and all are judged,
/// whatever is found. Partitions share the time limit in proportion: one that needs more than its
/// share is taken up again after the others, with what is left. Every linearization is replayed
/// by an independent verifier before it is reported.
public func check(
  _ history: History, _ options: CheckOptions
) throws(CheckError) -> Judgement {
  guard let model = ModelCatalog.entry(named: options.model) else {
    throw .unknownModel(options.model, known: ModelCatalog.entries.map(\.name))
  }
  return try check(history, options, under: model)
}

/// Judges whether a history is linearizable under a model that the catalog need not have; the
/// options' own model is not looked at.
public func check(
  _ history: History, _ options: CheckOptions, under model: ModelCatalog.Entry
) throws(CheckError) -> Judgement {
  let clock = ContinuousClock()
  let start = clock.now
  let partitions: [Partition]
  let checker = try model.make(options)
  do throws(HistoryError) {
    partitions = try Partition.all(of: history, byKey: options.partition)
    for partition in partitions { try checker.validate(partition, history) }
  } catch {
    throw .history(error)
  }
  let isEmpty = !partitions.contains { $0.operations.contains(where: \.isOk) }
  if isEmpty, !options.allowEmpty {
    let unknown = PartitionOutcome.unknown(.empty, reached: history.events.count)
    return Judgement(
      model: model.name,
      partitions: partitions.map { partition in
        PartitionJudgement(
          key: partition.key, outcome: unknown, operations: partition.operations,
          configurationsExplored: 0)
      }, duration: clock.now - start)
  }
  let rounds = Rounds(checker: checker, history: history, options: options, start: start)
  let judgements = try rounds.judge(partitions)
  return Judgement(
    model: model.name, partitions: judgements, duration: clock.now - start)
}

/// Judges partitions within the time limit.
private struct Rounds {
  let checker: PartitionChecker
  let history: History
  let options: CheckOptions
  let start: ContinuousClock.Instant

  /// First all in turn, each with its share of the time that is left; then, in the same way,
  /// those whose share was too small. What is decided does not depend on how time was shared.
  func judge(_ partitions: [Partition]) throws(CheckError) -> [PartitionJudgement] {
    var judgements: [PartitionJudgement] = []
    for (index, partition) in partitions.enumerated() {
      let budget = budget(sharedBy: partitions.count - index)
      judgements.append(try checker.judge(partition, history, budget))
    }
    let late = judgements.indices.filter { judgements[$0].timedOutAt != nil }
    if partitions.count == 1 { return judgements }
    for (rank, index) in late.enumerated() {
      let budget = budget(sharedBy: late.count - rank)
      let again = try checker.judge(partitions[index], history, budget)
      if let reached = again.timedOutAt, reached <= judgements[index].timedOutAt ?? -1 { continue }
      judgements[index] = again
    }
    return judgements
  }

  private func budget(sharedBy count: Int) -> SearchBudget {
    var budget = SearchBudget(memoryLimit: options.memoryLimit)
    if let limit = options.timeLimit {
      let now = ContinuousClock.now
      let rest = max(.zero, limit - (now - start))
      budget.deadline = (now + rest / count, limit)
    }
    return budget
  }
}

extension PartitionJudgement {
  /// The event that the search had reached when its time was up.
  fileprivate var timedOutAt: Int? {
    if case .unknown(.timeLimit, let reached) = outcome { reached } else { nil }
  }
}
