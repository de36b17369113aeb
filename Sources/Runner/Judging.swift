public import Checkers
import Cluster
import Histories
public import Linearizability
import Nemesis
public import Reports
import Workloads

/// What a run comes to: the property, the evidence and the harness, judged apart.
public struct RunJudgement: Sendable {
  /// What was found, for the reports; nil where no history could be read back.
  public var findings: Findings?
  /// Why the test could not be carried out or cleaned up.
  public var harness: HarnessJudgement
  /// Why something could not be written.
  public var outputErrors: [String]
  /// The status that a signal asked for.
  public var interruption: ExitStatus?
  /// A bug in Faultline that was noticed.
  public var bug: String?

  /// The exit status: nothing hides a violation, and a missing proof is no pass.
  public var exitStatus: ExitStatus {
    var statuses: [ExitStatus] = []
    switch findings?.judgement.verdict {
    case .linearizable: statuses.append(.linearizable)
    case .violation: statuses.append(.violation)
    case .unknown, nil: statuses.append(.unknown)
    }
    if findings?.evidence?.sufficient != true { statuses.append(.unknown) }
    if !harness.ok { statuses.append(.harnessFailure) }
    if !outputErrors.isEmpty { statuses.append(.outputFailure) }
    if bug != nil { statuses.append(.bug) }
    if let interruption { statuses.append(interruption) }
    return .merged(statuses)
  }
}

/// Judges what a run recorded, and writes its results and its report.
public struct Judge: Sendable {
  private let plan: RunPlan
  private let directory: RunDirectory
  private let options: CheckOptions

  /// Makes a judge with the limits of its search.
  public init(_ plan: RunPlan, directory: RunDirectory, options: CheckOptions) {
    self.plan = plan
    self.directory = directory
    self.options = options
  }

  /// Reads the history back from disk and judges it; then writes `results.json` and `report.html`.
  ///
  /// - Parameter nodes: the flags of the command line that name such nodes again.
  public func judge(
    _ facts: RunFacts, started: WallClock, nodes: String, interruption: ExitStatus?
  ) -> RunJudgement {
    var result = RunJudgement(
      findings: nil, harness: HarnessJudgement(problems: facts.problems),
      outputErrors: facts.outputErrors, interruption: interruption, bug: nil)
    do {
      let history = try History.read(path: directory.history)
      let judgement = try check(history, options)
      let wanted = plan.workload.evidence
      let evidence = EvidenceJudgement(
        history: history,
        requirements: EvidenceRequirements(
          minimumOk: wanted.minimumOk, minimumServingNodes: wanted.minimumServingNodes,
          functions: plan.workload.load.mix.filter { $0.value > 0 }.keys.sorted(),
          faults: Set(plan.kinds.map(\.name)).sorted()))
      var record = record(facts, history, started, nodes, result.harness)
      record.coverage = coverage(of: history)
      if judgement.verdict == .violation {
        record.nextCommands.append("faultline minimize \(directory.path) \(nodes)")
      }
      result.findings = Findings(
        history: history, judgement: judgement, evidence: evidence, run: record)
    } catch let error as HistoryError {
      // That nothing was recorded is explained by what stopped the run; anything else that we wrote
      // and cannot read is our bug.
      let stopped =
        !facts.problems.isEmpty || !facts.outputErrors.isEmpty || interruption != nil
      if !stopped || error.kind != .unreadable { result.bug = "\(error)" }
    } catch {
      result.bug = "\(error)"
    }
    write(&result, facts)
    return result
  }

  /// What was tried, where the workload asks to explore.
  private func coverage(of history: History) -> FaultCoverage? {
    guard plan.workload.explores, plan.replay == nil else { return nil }
    let possible = plan.workload.plans.map {
      $0.situations(
        among: plan.nodes, leaderIsKnown: plan.workload.target.leads != nil)
    }
    return FaultCoverage(
      history,
      possible: Set(
        possible.joined().map {
          .init(fault: $0.fault, role: $0.role.rawValue, stage: $0.stage.rawValue)
        }))
  }

  private func write(_ result: inout RunJudgement, _ facts: RunFacts) {
    guard let findings = result.findings else { return }
    do throws(OutputError) {
      try directory.write(HTMLReport(findings).text(), to: "report.html")
      try directory.write(
        ResultsDocument(findings, exitCode: result.exitStatus.rawValue, files: files(facts)).text(),
        to: "results.json")
    } catch {
      result.outputErrors.append("\(error)")
    }
  }

  private func files(_ facts: RunFacts) -> [String: String] {
    var files = [
      "history": "history.jsonl", "report": "report.html", "workload": "workload.toml",
    ]
    for log in facts.logs { files["log of \(log.node): \(log.file)"] = log.file }
    return files
  }

  private func record(
    _ facts: RunFacts, _ history: History, _ started: WallClock, _ nodes: String,
    _ harness: HarnessJudgement
  ) -> RunRecord {
    let workload = plan.workload
    let repeated =
      "faultline run \(directory.path)/workload.toml \(nodes)"
      + (plan.replay == nil ? "" : " --replay-faults \(directory.path)/faults.jsonl")
    let tested = plan.nodes.map { node in
      RunRecord.Node(
        name: node.name, address: "\(node.host):\(node.port)",
        logs: facts.logs.filter { $0.node == node.name }.map(\.file))
    }
    return RunRecord(
      name: workload.name, started: started.iso, duration: facts.phases.last?.end ?? 0,
      seed: String(plan.seed), target: "\(workload.target.name) on \(plan.nodes.count) nodes",
      client: clientText, nodes: tested,
      phases: facts.phases.map { .init(name: $0.name, start: $0.start, end: $0.end) },
      steps: facts.steps.map {
        .init(
          name: $0.attempts > 1 ? "\($0.name) (\($0.attempts) attempts)" : $0.name,
          duration: $0.duration.nanoseconds)
      },
      configuration: workload.effectiveFile(seed: plan.seed), repeatCommand: repeated,
      nextCommands: [
        "faultline show \(directory.path)", "faultline check \(directory.path)",
      ],
      harness: harness)
  }

  private var clientText: String {
    let parameters = plan.workload.clientParameters.sorted { $0.key < $1.key }
      .map { "\($0.key) = \($0.value.shown(limit: 60))" }
    let text = "\(plan.lanes) processes of the \(plan.workload.client) client"
    return parameters.isEmpty ? text : "\(text), \(parameters.joined(separator: ", "))"
  }
}

extension Duration {
  /// Whole nanoseconds.
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
