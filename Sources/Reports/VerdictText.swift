internal import Checkers
internal import Histories
internal import Linearizability

/// What `check` and `run` print on stdout about one history.
public struct VerdictText {
  private let findings: Findings
  private let style: Style
  private let width: Int
  private static let mostDrawn = 3

  /// Makes the text; drawings keep within `width` characters where they can.
  public init(_ findings: Findings, style: Style, width: Int = 110) {
    self.findings = findings
    self.style = style
    self.width = width
  }

  /// The verdict with its explanation; for a run also the evidence, the harness and what to
  /// try next. One element a line.
  public func lines() -> [String] {
    var lines = [verdictLine()]
    let violations = findings.violations
    for (partition, violation) in violations.prefix(Self.mostDrawn) {
      lines += [""] + explanation(partition, violation)
    }
    if violations.count > Self.mostDrawn {
      let keys = violations.dropFirst(Self.mostDrawn).prefix(20).map {
        Words.subject($0.partition.key)
      }
      lines += ["", "  also not linearizable: " + keys.joined(separator: ", ")]
    }
    for partition in findings.judgement.partitions { lines += unknown(partition) }
    if findings.evidence != nil || findings.run != nil { lines += [""] + families() }
    if let run = findings.run, !run.nextCommands.isEmpty {
      lines += ["", "next:"] + run.nextCommands.map { "  " + $0.shown(limit: 400) }
    }
    return lines
  }

  private func verdictLine() -> String {
    let judgement = findings.judgement
    let word =
      switch judgement.verdict {
      case .violation: style.ink(.boldRed, "VIOLATION")
      case .unknown: style.ink(.yellow, "UNKNOWN")
      case .linearizable: style.ink(.green, "LINEARIZABLE")
      }
    let source = findings.history.source.shown(limit: 200)
    let operations = judgement.partitions.reduce(0) { $0 + $1.operations.count }
    let keys = judgement.partitions.contains { $0.key != nil }
    let parts = [
      judgement.model.shown(limit: 40),
      Words.count(operations, "operation"),
      keys ? Words.count(judgement.partitions.count, "key") : nil,
      "\(Words.duration(judgement.duration)) to judge",
    ]
    return "\(word)  \(source)  " + parts.compactMap { $0 }.joined(separator: ", ")
  }

  private func explanation(_ partition: PartitionJudgement, _ violation: Violation) -> [String] {
    let subject = Words.subject(partition.key)
    var lines = [style.ink(.bold, "  \(subject) is not linearizable:")]
    lines += violation.explanation.prefix(12).map { "    " + Words.sentence($0) }
    if let culprit = partition.operations.first(withID: violation.operation) {
      let place = Words.place(culprit.completion ?? culprit.invocation, in: findings.history)
      lines.append(
        style.ink(.dim, "    (\(place) of \(findings.history.source.shown(limit: 200)))"))
    }
    if let drawing = LanesText(partition, violation, width: width - 4, style: style) {
      lines += [""] + drawing.lines().map { $0.isEmpty ? "" : "    " + $0 }
    }
    if let core = CoreText(partition, violation, in: findings.history) {
      lines += ["", "    " + core.claim] + table(core).map { "      " + $0 }
      if !core.alternatives.isEmpty {
        lines += ["    in every order of them something cannot be:"]
        lines += core.alternatives.map { "      " + $0 }
      }
    }
    if let weaker = WeakerText(partition, violation, in: findings.history) {
      let width = weaker.rows.map(\.name.count).max() ?? 0
      lines += ["", "    what still holds, weaker than linearizability:"]
      lines += weaker.rows.map { name, answer in
        "      \(name)\(String(repeating: " ", count: width - name.count))  \(answer)"
      }
      lines.append("    " + weaker.summary)
    }
    return lines
  }

  private func table(_ core: CoreText) -> [String] {
    let rows = core.rows
    let widths = (
      rows.map(\.operation.count).max() ?? 0, rows.map(\.process.count).max() ?? 0
    )
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: width - text.count)
    }
    return rows.map {
      "\(padded($0.operation, widths.0))  \(padded($0.process, widths.1))  \($0.place)"
    }
  }

  private func unknown(_ partition: PartitionJudgement) -> [String] {
    guard case .unknown(let reason, let reached) = partition.outcome else { return [] }
    var lines = ["", "  \(Words.subject(partition.key)) is undecided: \(Words.reason(reason))."]
    if reason != .empty {
      lines.append("    " + Words.progress(partition, reached: reached, in: findings.history))
    }
    lines.append("    " + Words.advice(reason, duringRun: findings.run != nil))
    return lines
  }

  /// Property, evidence and harness, each on its own.
  private func families() -> [String] {
    let verdict = findings.judgement.verdict
    var lines = [family("property", verdict.rawValue, good: verdict == .linearizable)]
    if let evidence = findings.evidence {
      lines.append(
        family(
          "evidence", evidence.sufficient ? "sufficient" : "INSUFFICIENT",
          good: evidence.sufficient))
      lines += evidence.shortfalls.prefix(20).map { "            " + $0 }
      if evidence.shortfalls.count > 20 {
        lines.append("            and \(evidence.shortfalls.count - 20) more")
      }
    }
    if let harness = findings.run?.harness {
      lines.append(family("harness", harness.ok ? "ok" : "FAILED", good: harness.ok))
      lines += harness.problems.prefix(20).map { "            " + $0.shown(limit: 400) }
    }
    if let coverage = findings.run?.coverage {
      lines.append("  coverage  " + Words.coverage(coverage))
    }
    return lines
  }

  private func family(_ name: String, _ word: String, good: Bool) -> String {
    let padded = name + String(repeating: " ", count: 10 - name.count)
    return "  \(padded)" + style.ink(good ? .green : .boldRed, word)
  }
}
