public import Histories

/// Judges whether a history is linearizable under the model that the options name.
///
/// Each key is judged alone (linearizability is local; Herlihy and Wing, 1990) and all are judged,
/// whatever is found, several at a time. Partitions share the time limit in proportion: one that
/// needs more than its share is taken up again after the others, with what is left. A search stops a
/// twentieth of the limit early, half a second at most, to tell how far it came. The answer is there within 100 ms of the time limit, even if a model's step does not return: its thread is
/// abandoned then, and goes on until the program ends. Every linearization is replayed
/// by an independent verifier before it is reported.
public func check(
  _ history: History, _ options: CheckOptions
) throws(CheckError) -> Judgement {
  try check(history, options, under: entry(options))
}

/// All that does not fit the model that the options name, where `check` throws the first: functions that it
/// does not have, arguments and results that they cannot have. In order of their places in the history.
public func problems(
  in history: History, _ options: CheckOptions
) throws(CheckError) -> [HistoryError] {
  let checker = try entry(options).make(options)
  do throws(HistoryError) {
    return try Partition.all(of: history, byKey: options.partition)
      .flatMap { checker.problems($0, history) }.sorted { $0.line ?? 0 < $1.line ?? 0 }
  } catch {
    return [error]
  }
}

private func entry(_ options: CheckOptions) throws(CheckError) -> ModelCatalog.Entry {
  guard let model = ModelCatalog.entry(named: options.model) else {
    throw .unknownModel(options.model, known: ModelCatalog.entries.map(\.name))
  }
  return model
}

/// Judges whether a history is linearizable under a model that the catalog need not have; the
/// options' own model is not looked at.
public func check(
  _ history: History, _ options: CheckOptions, under model: ModelCatalog.Entry
) throws(CheckError) -> Judgement {
  let clock = ContinuousClock()
  let start = clock.now
  var partitions: [Partition]
  let checker = try model.make(options)
  do throws(HistoryError) {
    partitions = try Partition.all(of: history, byKey: options.partition)
    for index in partitions.indices { try checker.prepare(&partitions[index], history) }
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
          key: partition.key, outcome: unknown, operations: partition.operations)
      }, duration: clock.now - start)
  }
  let pool = PartitionPool(
    partitions, checker: checker, history: history, options: options, start: start)
  let judgements = try pool.judge()
  return Judgement(
    model: model.name, partitions: judgements, duration: clock.now - start)
}
