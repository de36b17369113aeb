internal import Checkers
internal import Histories
internal import Linearizability

/// `results.json`: everything that was found about a history, for programs.
///
/// Keys are sorted and stable within a `schemaVersion`; durations and times are integers of
/// nanoseconds, and their names end in `Ns`.
public struct ResultsDocument {
  private let findings: Findings
  private let exitCode: Int32
  private let files: [String: String]

  /// Makes a document with the exit code of the command and the names of the files beside it.
  public init(_ findings: Findings, exitCode: Int32, files: [String: String] = [:]) {
    self.findings = findings
    self.exitCode = exitCode
    self.files = files
  }

  /// The document as one line of JSON text, with a line feed at its end.
  public func text() -> String {
    var fields: [String: Value] = [
      "schemaVersion": .integer(1),
      "tool": .string("faultline"),
      "exitCode": .integer(Int64(exitCode)),
      "verdicts": verdicts(),
      "judgement": judgement(),
      "faults": .array(Fault.all(in: findings.history).map(fault)),
      "statistics": statistics(),
      "files": .object(files.mapValues(Value.string)),
    ]
    fields["evidence"] = findings.evidence.map(evidence)
    fields["run"] = findings.run.map(run)
    fields["coverage"] = findings.run?.coverage.map(coverage)
    return Value.object(fields).json + "\n"
  }

  // MARK: Verdicts

  private func verdicts() -> Value {
    let evidence = findings.evidence.map { $0.sufficient ? "sufficient" : "insufficient" }
    let harness = (findings.run?.harness).map { $0.ok ? "ok" : "failed" }
    return .object([
      "property": .string(findings.judgement.verdict.rawValue),
      "evidence": .string(evidence ?? "not judged"),
      "harness": .string(harness ?? "not judged"),
    ])
  }

  private func judgement() -> Value {
    let judgement = findings.judgement
    let (seconds, attoseconds) = judgement.duration.components
    let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return .object([
      "model": .string(judgement.model),
      "source": .string(findings.history.source),
      "durationNs": .integer(overflow ? .max : nanoseconds + attoseconds / 1_000_000_000),
      "lastLineIsPartial": .bool(findings.history.lastLineIsPartial),
      "partitions": .array(judgement.partitions.map(partition)),
    ])
  }

  private func partition(_ partition: PartitionJudgement) -> Value {
    var fields: [String: Value] = [
      "verdict": .string(partition.verdict.rawValue),
      "operations": .integer(Int64(partition.operations.count)),
      "configurationsExplored": .integer(Int64(partition.effort.configurations)),
      "peakLayer": .integer(Int64(partition.effort.peakLayer)),
    ]
    fields["key"] = partition.key
    switch partition.outcome {
    case .linearizable: break
    case .violation(let violation): fields["violation"] = self.violation(violation, partition)
    case .unknown(let reason, let reached):
      fields["unknown"] = .object([
        "reason": .string(Words.reason(reason)),
        "reached": event(reached),
        "advice": .string(Words.advice(reason, duringRun: findings.run != nil)),
      ])
    }
    return .object(fields)
  }

  private func violation(_ violation: Violation, _ partition: PartitionJudgement) -> Value {
    var fields: [String: Value] = [
      "explanation": .array(violation.explanation.map(Value.string)),
      "possibleStates": .array(violation.possibleStates.map(Value.string)),
      "linearizationLength": .integer(Int64(violation.linearization.count)),
    ]
    if let culprit = partition.operations.first(withID: violation.operation) {
      fields["operation"] = operation(culprit)
    }
    fields["core"] = violation.core.map { core($0, of: violation, partition) }
    fields["weaker"] = violation.weaker.map { weaker($0, partition) }
    return .object(fields)
  }

  private func weaker(_ weaker: WeakerConditions, _ partition: PartitionJudgement) -> Value {
    func operations(_ ids: [Int]) -> Value {
      .array(
        ids.compactMap { partition.operations.first(withID: $0).map(operation) })
    }
    var fields: [String: Value] = [
      "strongest": .array(weaker.strongest.map { .string($0.rawValue) })
    ]
    for (condition, finding) in weaker.findings {
      fields[condition.rawValue] =
        switch finding {
        case .holds: .object(["holds": .bool(true)])
        case .broken(let ids):
          .object(["holds": .bool(false), "operations": operations(ids)])
        case .undecided(let reason): .object(["undecided": .string(reason.rawValue)])
        }
    }
    fields["versions"] =
      switch weaker.versions {
      case .exactly(let depth):
        .object(["atLeast": .integer(Int64(depth)), "atMost": .integer(Int64(depth))])
      case .between(let low, let high):
        .object(
          ["atLeast": .integer(Int64(low))].merging(
            high.map { ["atMost": .integer(Int64($0))] } ?? [:]
          ) { $1 })
      case .never(let ids): .object(["never": operations(ids)])
      }
    fields["staleness"] =
      switch weaker.staleness {
      case .nanoseconds(let delta): .object(["atMostNs": .integer(delta)])
      case .never: .object(["never": .bool(true)])
      case .undecided(let reason): .object(["undecided": .string(reason.rawValue)])
      }
    return .object(fields)
  }

  private func core(
    _ core: Core, of violation: Violation, _ partition: PartitionJudgement
  ) -> Value {
    let members = core.members.compactMap { member -> Value? in
      guard let operation = partition.operations.first(withID: member.operation),
        case .object(var fields) = self.operation(
          member.isCrashed ? operation : member.part(operation))
      else { return nil }
      fields["takenAsCrashed"] = .bool(member.isCrashed)
      if member.shortened != nil { fields["elementsLeftOut"] = .bool(true) }
      return .object(fields)
    }
    return .object([
      "operations": .array(members), "laws": .array(core.laws.map { .string($0.rawValue) }),
      "lawsInWords": .array(core.laws.map { .string($0.text) }),
      "alternatives": .array(
        (CoreText(partition, violation, in: findings.history)?.alternatives ?? []).map(Value.string)
      ),
      "everyOrderTried": .bool(core.isConfirmed),
    ])
  }

  private func operation(_ operation: Operation) -> Value {
    var fields: [String: Value] = [
      "process": .integer(Int64(operation.process)),
      "f": .string(operation.f),
      "invocation": event(operation.invocation),
    ]
    fields["argument"] = operation.argument
    fields["completion"] = operation.completion.map(event)
    switch operation.outcome {
    case .ok(let result):
      fields["type"] = .string("ok")
      fields["result"] = result
    case .fail: fields["type"] = .string("fail")
    case .info: fields["type"] = .string("info")
    }
    return .object(fields)
  }

  /// Where an event is to be found: its index, and its line and time where they are known.
  private func event(_ position: Int) -> Value {
    guard findings.history.events.indices.contains(position) else { return .null }
    let event = findings.history.events[position]
    var fields: [String: Value] = ["index": .integer(Int64(event.index))]
    fields["line"] = event.line.map { .integer(Int64($0)) }
    fields["timeNs"] = event.time.map(Value.integer)
    fields["node"] = event.node.map(Value.string)
    return .object(fields)
  }

  // MARK: Evidence and statistics

  private func evidence(_ evidence: EvidenceJudgement) -> Value {
    .object([
      "sufficient": .bool(evidence.sufficient),
      "shortfalls": .array(evidence.shortfalls.map(Value.string)),
      "minimumOk": .integer(Int64(evidence.requirements.minimumOk)),
      "minimumServingNodes": .integer(Int64(evidence.requirements.minimumServingNodes)),
      "intervals": .array(evidence.intervals.map(interval)),
    ])
  }

  private func interval(_ interval: EvidenceInterval) -> Value {
    var fields: [String: Value] = [
      "title": .string(interval.title),
      "ok": Self.counts(interval.okCounts),
      "okByNode": Self.counts(interval.okByNode),
    ]
    if case .during(let fault) = interval.kind { fields["fault"] = .integer(fault) }
    fields["startNs"] = interval.start.map(Value.integer)
    fields["endNs"] = interval.end.map(Value.integer)
    return .object(fields)
  }

  private static func counts(_ counts: [String: Int]) -> Value {
    .object(counts.mapValues { .integer(Int64($0)) })
  }

  private func fault(_ fault: Fault) -> Value {
    var fields: [String: Value] = [
      "fault": .integer(fault.id),
      "f": .string(fault.name),
      "targets": .array(fault.targets.map(Value.string)),
      "failures": .array(fault.failures.map(Value.string)),
      "verified": .bool(fault.verified != nil),
      "healed": .bool(fault.healed != nil),
    ]
    fields["value"] = fault.value
    fields["injectedNs"] = fault.injected.time.map(Value.integer)
    fields["verifiedNs"] = fault.verified?.time.map(Value.integer)
    fields["healedNs"] = fault.healed?.time.map(Value.integer)
    let evidence = findings.evidence?.faults.first { $0.fault.id == fault.id }
    fields["servingNodes"] = evidence.map { .array($0.servingNodes.map(Value.string)) }
    return .object(fields)
  }

  private func coverage(_ coverage: FaultCoverage) -> Value {
    let situations = coverage.situations.sorted { $0.key < $1.key }.map { situation, count in
      Value.object([
        "fault": .string(situation.fault), "role": .string(situation.role),
        "stage": .string(situation.stage), "count": .integer(Int64(count)),
      ])
    }
    let pairs = coverage.pairs.sorted { $0.key < $1.key }.map { pair, count in
      Value.object([
        "faults": .array([.string(pair.first), .string(pair.second)]),
        "count": .integer(Int64(count)),
      ])
    }
    return .object(["situations": .array(situations), "pairs": .array(pairs)])
  }

  private func statistics() -> Value {
    let statistics = findings.statistics
    let functions = statistics.functions.map { function -> (String, Value) in
      var fields: [String: Value] = [
        "ok": .integer(Int64(function.ok)), "fail": .integer(Int64(function.fail)),
        "info": .integer(Int64(function.info)),
      ]
      fields["latencyNs"] = function.latency.map { latency in
        .object([
          "count": .integer(Int64(latency.count)), "p50": .integer(latency.p50),
          "p90": .integer(latency.p90), "p99": .integer(latency.p99),
          "p999": .integer(latency.p999), "max": .integer(latency.maximum),
        ])
      }
      return (function.f, .object(fields))
    }
    return .object([
      "operations": .integer(Int64(statistics.total)),
      "functions": .object(Dictionary(uniqueKeysWithValues: functions)),
      "rateBucketNs": .integer(statistics.bucketWidth),
      "okPerBucket": .array(statistics.rates.map { .integer(Int64($0.ok)) }),
      "errors": .array(
        statistics.errors.map { group in
          .object([
            "f": .string(group.f), "type": .string(group.type.rawValue),
            "error": .string(group.text), "count": .integer(Int64(group.count)),
          ])
        }),
    ])
  }

  // MARK: The run

  private func run(_ run: RunRecord) -> Value {
    .object([
      "name": .string(run.name), "started": .string(run.started),
      "durationNs": .integer(run.duration), "seed": .string(run.seed),
      "target": .string(run.target), "client": .string(run.client),
      "repeat": .string(run.repeatCommand),
      "harnessProblems": .array(run.harness.problems.map(Value.string)),
      "nodes": .array(
        run.nodes.map { node in
          .object([
            "name": .string(node.name), "address": .string(node.address),
            "logs": .array(node.logs.map(Value.string)),
          ])
        }),
      "phases": .array(
        run.phases.map { phase in
          .object([
            "name": .string(phase.name), "startNs": .integer(phase.start),
            "endNs": .integer(phase.end),
          ])
        }),
      "steps": .array(run.steps.map(step)),
    ])
  }

  private func step(_ step: RunRecord.Step) -> Value {
    var fields: [String: Value] = [
      "name": .string(step.name), "durationNs": .integer(step.duration),
    ]
    fields["node"] = step.node.map(Value.string)
    fields["problem"] = step.problem.map(Value.string)
    return .object(fields)
  }
}
