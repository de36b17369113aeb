internal import Checkers
internal import Histories
internal import Linearizability

/// The tables of the HTML report, and what is needed to repeat the run.
struct HTMLTables {
  private let findings: Findings

  init(_ findings: Findings) {
    self.findings = findings
  }

  func all() -> String {
    [evidence(), faults(), coverage(), operations(), errors(), keys(), lifeCycle(), nodes(), run()]
      .joined()
  }

  private func evidence() -> String {
    guard let evidence = findings.evidence else { return "" }
    let functions = Set(evidence.intervals.flatMap { $0.okCounts.keys }).sorted().prefix(12)
    let rows = evidence.intervals.prefix(200).map { interval in
      let length = Self.length(interval)
      return [Markup.text(interval.title, limit: 120), length]
        + functions.map { f in count(interval.okCounts[f] ?? 0, f, evidence.requirements) }
    }
    let missing = evidence.shortfalls.prefix(100).map { "<li>\(Markup.text($0, limit: 600))</li>" }
    let list = missing.isEmpty ? "" : "<ul class=\"shortfalls\">\(missing.joined())</ul>"
    return Markup.section(
      "evidence", "Evidence",
      caption: "A verdict means little if too little happened. Operations that succeeded in each "
        + "part of the run; at least \(evidence.requirements.minimumOk) of each were wanted.",
      list
        + Markup.table(
          ["Part of the run", "Lasted"] + functions.map { Markup.text($0, limit: 40) },
          numeric: Set(1..<2 + functions.count), rows: Array(rows)))
  }

  private static func length(_ interval: EvidenceInterval) -> String {
    guard let start = interval.start, let end = interval.end else { return "–" }
    let (length, overflow) = end.subtractingReportingOverflow(start)
    return overflow ? "–" : Words.duration(length)
  }

  private func count(_ found: Int, _ f: String, _ wanted: EvidenceRequirements) -> String {
    let isRequired = wanted.functions?.contains(f) ?? true
    let text = Words.count(found)
    return isRequired && found < wanted.minimumOk
      ? "<strong class=\"short\">\(text)</strong>" : text
  }

  private func faults() -> String {
    let evidence = findings.evidence?.faults ?? []
    let faults = Fault.all(in: findings.history)
    let hasProblems = faults.contains { !$0.failures.isEmpty }
    let rows = faults.prefix(400).map { fault in
      let serving = evidence.first { $0.fault.id == fault.id }?.servingNodes
      let problems = fault.failures.prefix(3).map { Markup.text($0) }.joined(separator: "<br>")
      return [
        String(fault.id), Markup.text(fault.variant, limit: 40), Markup.text(fault.targetText),
        fault.injected.time.map(Words.time) ?? "–", Self.moment(fault.verified, "never seen"),
        Self.moment(fault.healed, "never seen"),
        serving.map { $0.isEmpty ? "none" : Markup.text($0.joined(separator: ", ")) } ?? "–",
      ] + (hasProblems ? [problems] : [])
    }
    guard !rows.isEmpty else { return "" }
    let heads = [
      "No.", "Fault", "Nodes", "Injected", "Took effect", "Healed", "Served meanwhile",
    ]
    return Markup.section(
      "faults", "Faults",
      caption: "What was done to whom. A fault counts only once its effect was seen, and is over "
        + "only once it was seen to be gone.",
      Markup.table(
        heads + (hasProblems ? ["Problems"] : []), numeric: [0, 3, 4, 5], rows: Array(rows)))
  }

  /// A row for each fault and role, with the stages beside each other.
  private func coverage() -> String {
    guard let coverage = findings.run?.coverage else { return "" }
    let stages = ["early", "middle", "late"]
    let rows = Set(coverage.situations.keys.map { [$0.fault, $0.role] }).sorted {
      ($0[0], $0[1]) < ($1[0], $1[1])
    }
    let table = rows.prefix(400).map { row in
      row.map { Markup.text($0, limit: 60) }
        + stages.map { stage in
          let key = FaultCoverage.Situation(fault: row[0], role: row[1], stage: stage)
          return coverage.situations[key].map { Words.count($0) } ?? "–"
        }
    }
    let pairs = coverage.pairs.sorted { $0.key < $1.key }.prefix(400).map { pair, count in
      [Markup.text("\(pair.first), \(pair.second)", limit: 120), Words.count(count)]
    }
    return Markup.section(
      "coverage", "Coverage",
      caption: "How often each fault came, by who its targets were and the third of the faults "
        + "phase: \(Words.coverage(coverage)).",
      Markup.table(
        ["Fault", "Targets", "Early", "Middle", "Late"], numeric: [2, 3, 4], rows: table)
        + (pairs.isEmpty
          ? "" : Markup.table(["In force together", "Times"], numeric: [1], rows: Array(pairs))))
  }

  private static func moment(_ moment: Fault.Moment?, _ absent: String) -> String {
    guard let moment else { return "<strong class=\"short\">\(absent)</strong>" }
    return moment.time.map(Words.time) ?? "yes"
  }

  private func operations() -> String {
    let rows = findings.statistics.functions.prefix(100).map { function in
      let latency = function.latency
      return [
        "<code>\(Markup.text(function.f, limit: 40))</code>", Words.count(function.ok),
        Words.count(function.fail), Words.count(function.info),
      ]
        + [latency?.p50, latency?.p90, latency?.p99, latency?.p999, latency?.maximum].map {
          $0.map { Words.duration($0) } ?? "–"
        }
    }
    return Markup.section(
      "operations", "Operations",
      caption: "How they ended, and how long those that succeeded took. Failed operations "
        + "certainly did not happen; of unknown ones nobody knows.",
      Markup.table(
        [
          "Operation", "Ok", "Failed", "Unknown", "Median", "90 %", "99 %", "99.9 %", "Longest",
        ], numeric: Set(1..<9), rows: Array(rows)))
  }

  private func errors() -> String {
    let rows = findings.statistics.errors.map { group in
      [
        Words.count(group.count), "<code>\(Markup.text(group.f, limit: 40))</code>",
        group.type == .fail ? "failed" : "unknown", Markup.text(group.text, limit: 200),
      ]
    }
    guard !rows.isEmpty else { return "" }
    return Markup.section(
      "errors", "Errors", caption: "What clients were told, most frequent first.",
      Markup.table(["Count", "Operation", "Outcome", "Error"], numeric: [0], rows: rows))
  }

  private func keys() -> String {
    let partitions = findings.judgement.partitions.filter { $0.key != nil }
    guard !partitions.isEmpty else { return "" }
    // The worst first; equal verdicts stay in the order of the keys' first appearance.
    let sorted = Verdict.ranked.flatMap { verdict in partitions.filter { $0.verdict == verdict } }
    let rows = sorted.prefix(100).map { partition in
      [
        "<code>\(Markup.text(partition.key?.shown(limit: 60) ?? ""))</code>",
        partition.verdict == .violation
          ? "<strong class=\"short\">violation</strong>" : partition.verdict.rawValue,
        Words.count(partition.operations.count), Words.count(partition.effort.configurations),
      ]
    }
    let rest = partitions.count > 100 ? " The first 100 of \(Words.count(partitions.count))." : ""
    return Markup.section(
      "keys", "Keys", caption: "Each key is judged on its own.\(rest)",
      Markup.table(
        ["Key", "Verdict", "Operations", "Configurations visited"], numeric: [2, 3],
        rows: Array(rows)))
  }

  private func lifeCycle() -> String {
    guard let run = findings.run, !run.steps.isEmpty else { return "" }
    let rows = run.steps.prefix(400).map { step in
      [
        Markup.text(step.name, limit: 80), Markup.text(step.node ?? "all"),
        Words.duration(step.duration),
        step.problem.map { "<strong class=\"short\">\(Markup.text($0))</strong>" } ?? "done",
      ]
    }
    return Markup.section(
      "life-cycle", "Life cycle",
      caption: "What was done to the cluster before and after the load.",
      Markup.table(["Step", "Node", "Took", "Result"], numeric: [2], rows: Array(rows)))
  }

  private func nodes() -> String {
    guard let run = findings.run, !run.nodes.isEmpty else { return "" }
    let rows = run.nodes.prefix(200).map { node in
      let logs = node.logs.prefix(20).map { "<code>\(Markup.text($0))</code>" }
      return [
        Markup.text(node.name, limit: 60), "<code>\(Markup.text(node.address, limit: 100))</code>",
        logs.isEmpty ? "–" : logs.joined(separator: "<br>"),
      ]
    }
    return Markup.section(
      "nodes", "Nodes", caption: "Log files are relative to the directory of the run.",
      Markup.table(["Node", "Address", "Logs"], rows: Array(rows)))
  }

  private func run() -> String {
    guard let run = findings.run else { return "" }
    let facts = [
      ("Target", run.target), ("Client", run.client), ("Seed", run.seed),
      ("Started", run.started), ("Took", Words.duration(run.duration)),
      ("History", findings.history.source),
    ].filter { !$0.1.isEmpty }
    let list = facts.map { "<dt>\($0.0)</dt><dd>\(Markup.text($0.1, limit: 200))</dd>" }.joined()
    var body = "<dl>\(list)</dl>"
    if !run.repeatCommand.isEmpty {
      body += "<h3>Repeat it</h3>" + Markup.commands([run.repeatCommand])
      body += "<p class=\"caption\">The seed fixes what each process does and which faults come; "
      body += "how they meet in time differs from run to run.</p>"
    }
    if !run.nextCommands.isEmpty {
      body += "<h3>Look further</h3>" + Markup.commands(Array(run.nextCommands.prefix(20)))
    }
    if !run.configuration.isEmpty {
      body += "<details><summary>Effective configuration</summary><pre>"
      body += Markup.block(run.configuration) + "</pre></details>"
    }
    return Markup.section("run", "This run", body)
  }
}

extension Verdict {
  /// From the worst to the best.
  fileprivate static let ranked: [Verdict] = [.violation, .unknown, .linearizable]
}
