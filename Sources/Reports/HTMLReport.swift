internal import Checkers
internal import Histories
internal import Linearizability

/// One self-contained HTML file about a history: no network, no other file, readable by someone
/// who has never seen the tool.
public struct HTMLReport {
  private let findings: Findings
  private static let mostPictures = 5

  /// Makes a report.
  public init(_ findings: Findings) {
    self.findings = findings
  }

  /// The whole document. O(operations × functions).
  public func text() -> String {
    let name = Markup.text(findings.run?.name ?? findings.history.source, limit: 100)
    let plots = TimePlots(findings)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>\(Words.headline(findings.judgement)) – \(name)</title>
      <style>\(HTMLAssets.style)</style>
      </head>
      <body>
      \(header(name))
      <main>
      \(cards())
      \(violations())
      \(unknowns())
      \(time(plots))
      \(HTMLTables(findings).all())
      </main>
      <footer>Made by faultline. This file is complete in itself and can be kept or sent.</footer>
      <script>\(HTMLAssets.script)</script>
      </body>
      </html>

      """
  }

  // MARK: The verdict

  private func header(_ name: String) -> String {
    let when = findings.run.map { " · " + Markup.text($0.started, limit: 40) } ?? ""
    let verdict = findings.judgement.verdict.rawValue
    return """
      <header class="\(verdict)">
      <p class="overline">\(name)\(when)</p>
      <h1>\(headline())</h1>
      \(lead())
      </header>
      """
  }

  private func headline() -> String {
    let words = Words.headline(findings.judgement)
    let keys = findings.violations.compactMap(\.partition.key)
    if let key = keys.first, keys.count == 1 {
      return "\(words): key \(Markup.text(key.shown(limit: 40)))"
    }
    return keys.count > 1 ? "\(words): \(Words.count(keys.count, "key"))" : words
  }

  private func lead() -> String {
    let sentences: [String]
    if let first = findings.violations.first {
      sentences = first.violation.explanation.prefix(12).map { Words.sentence($0) }
    } else {
      sentences = [summary(), findings.evidence.flatMap(caution)].compactMap { $0 }
    }
    return sentences.map { "<p class=\"lead\">\(Markup.text($0, limit: 1000))</p>" }
      .joined(separator: "\n")
  }

  private func summary() -> String {
    let judgement = findings.judgement
    let keyed = judgement.partitions.contains { $0.key != nil }
    let subjects = keyed ? " on " + Words.count(judgement.partitions.count, "key") : ""
    let operations = Words.count(findings.statistics.total, "operation") + subjects
    switch judgement.verdict {
    case .linearizable:
      return "Every answer that clients got, in \(operations), fits one order of the operations "
        + "in which each takes effect at one moment between its call and its return."
    case .unknown:
      let undecided = judgement.partitions.count { $0.verdict == .unknown }
      return "No violation was found in \(operations), but the search could not decide "
        + (keyed ? "\(Words.count(undecided, "key"))." : "the history.")
    case .violation: return ""
    }
  }

  private func caution(_ evidence: EvidenceJudgement) -> String? {
    evidence.sufficient
      ? nil : "The run saw too little for this to mean much: see what is missing under evidence."
  }

  // MARK: The three families

  private func cards() -> String {
    """
    <div class="cards">
    \(propertyCard())
    \(evidenceCard())
    \(harnessCard())
    </div>
    """
  }

  private func card(
    _ title: String, _ question: String, _ state: String, _ word: String, _ detail: String
  ) -> String {
    """
    <div class="card \(state)"><h2>\(title)</h2><p class="question">\(question)</p>
    <p class="state">\(word)</p><p>\(detail)</p></div>
    """
  }

  private func propertyCard() -> String {
    let judgement = findings.judgement
    let state =
      switch judgement.verdict {
      case .violation: "bad"
      case .unknown: "unsure"
      case .linearizable: "good"
      }
    let configurations = judgement.partitions.reduce(0) { $0 + $1.effort.configurations }
    let keyed = judgement.partitions.contains { $0.key != nil }
    let keys = keyed ? ", " + Words.count(judgement.partitions.count, "key") : ""
    return card(
      "Property", "Did the clients see something impossible?", state,
      Words.headline(judgement),
      "\(Words.count(findings.statistics.total, "operation"))\(keys) against "
        + "<code>\(Markup.text(judgement.model, limit: 40))</code>; "
        + "\(configurations == 0 ? "judged without a search" : "\(Words.count(configurations, "configuration")) visited") in "
        + "\(Words.duration(judgement.duration)).")
  }

  private func evidenceCard() -> String {
    let question = "Did the run see enough to tell?"
    guard let evidence = findings.evidence else {
      return card("Evidence", question, "absent", "Not judged", "There is a history but no run.")
    }
    let effective = evidence.faults.count { $0.tookEffect && $0.wasHealed }
    let faults =
      "\(effective) of \(Words.count(evidence.faults.count, "fault")) took effect and healed; "
      + "\(Words.count(evidence.intervals.count, "interval")) judged."
    let missing =
      evidence.sufficient
      ? "" : " <a href=\"#evidence\">\(Words.count(evidence.shortfalls.count, "shortfall"))</a>."
    return card(
      "Evidence", question, evidence.sufficient ? "good" : "unsure",
      evidence.sufficient ? "Sufficient" : "Insufficient", faults + missing)
  }

  private func harnessCard() -> String {
    let question = "Was it carried out and cleaned up?"
    guard let harness = findings.run?.harness else {
      return card("Harness", question, "absent", "Not judged", "There is a history but no run.")
    }
    let problems = harness.problems.prefix(5).map { Markup.text($0) }.joined(separator: "<br>")
    let rest = harness.problems.count > 5 ? "<br>and \(harness.problems.count - 5) more" : ""
    return card(
      "Harness", question, harness.ok ? "good" : "bad", harness.ok ? "In order" : "Failed",
      harness.ok ? "Every step was carried out and every fault undone." : problems + rest)
  }

  // MARK: What was found

  private func violations() -> String {
    let violations = findings.violations
    var html = violations.prefix(Self.mostPictures).enumerated().map { i, found in
      violation(found.partition, found.violation, number: i)
    }.joined(separator: "\n")
    if violations.count > Self.mostPictures {
      let rows = violations.dropFirst(Self.mostPictures).prefix(200).map { partition, violation in
        [
          Markup.text(Words.subject(partition.key)),
          Markup.text(Words.sentence(violation.explanation.first ?? "")),
        ]
      }
      html += Markup.section(
        "more-violations", "More violations",
        caption: "Further keys that are not linearizable, without pictures.",
        Markup.table(["Where", "What"], rows: rows))
    }
    return html
  }

  private func violation(
    _ partition: PartitionJudgement, _ violation: Violation, number: Int
  ) -> String {
    let title =
      "What happened" + (partition.key.map { " on key " + Markup.text($0.shown(limit: 60)) } ?? "")
    var body = ""
    if number > 0 {
      body += violation.explanation.prefix(12).map {
        "<p>\(Markup.text(Words.sentence($0), limit: 1000))</p>"
      }.joined()
    }
    guard let picture = NeighbourhoodPicture(partition, violation, findings) else {
      return Markup.section("violation-\(number)", title, body)
    }
    let left =
      picture.omittedCount == 0
      ? "" : " \(Words.count(picture.omittedCount, "operation")) in between left out."
    body += """
      \(picture.html())
      <p class="detail" aria-live="polite">Point at an operation, or move to it with the tab and \
      arrow keys, to read more about it.</p>
      \(Self.legend)
      """
    body += """
      <p class="caption">\(found(violation))\(picture.shownCount) operations are drawn.\(left) \
      Not to scale: the order of calls and returns is what counts.</p>
      """
    body += core(partition, violation) + weaker(partition, violation)
    return Markup.section(
      "violation-\(number)", title, caption: Self.howToRead, body)
  }

  /// What was possible, as far as it is known.
  private func found(_ violation: Violation) -> String {
    var text = ""
    if !violation.possibleStates.isEmpty {
      let states = Markup.text(Words.states(violation.possibleStates), limit: 400)
      text +=
        "When the impossible operation returned, the state can only have been <strong>\(states)</strong>. "
    }
    if !violation.linearization.isEmpty {
      let count = Words.count(violation.linearization.count, "operation")
      text += "The longest order that explains what came before it has \(count); "
    }
    return text
  }

  /// The small part that is impossible by itself.
  private func core(_ partition: PartitionJudgement, _ violation: Violation) -> String {
    guard let core = CoreText(partition, violation, in: findings.history) else { return "" }
    let rows = core.rows.map { row in
      [row.operation, row.process, row.place].map { Markup.text($0) }
    }
    return "<h3>The proof</h3><p>\(Markup.text(core.claim, limit: 600))</p>"
      + Markup.table(["Operation", "By", "From call to return"], rows: rows)
      + alternatives(core)
  }

  private func alternatives(_ core: CoreText) -> String {
    let items = core.alternatives.map { "<li>\(Markup.text($0, limit: 600))</li>" }
    return items.isEmpty
      ? "" : "<p>In every order of them something cannot be:</p><ul>\(items.joined())</ul>"
  }

  /// What still holds, where the object is a register.
  private func weaker(_ partition: PartitionJudgement, _ violation: Violation) -> String {
    guard let weaker = WeakerText(partition, violation, in: findings.history) else { return "" }
    return "<h3>What still holds</h3><p>\(Markup.text(weaker.summary, limit: 600))</p>"
      + Markup.table(
        ["Weaker than linearizability", "Does it hold?"],
        rows: weaker.rows.map { [$0.name, $0.answer].map { Markup.text($0, limit: 400) } })
  }

  private static let howToRead =
    "One lane a client process, time to the right. A bar lasts from call to return: the operation "
    + "took effect at some moment inside it. Dots mark such moments in an order that explains all "
    + "that came before; their numbers and the state after each stand below. The red operation "
    + "fits nowhere."

  private static let legend = """
    <ul class="legend"><li><i class="k impossible"></i>impossible</li>\
    <li><i class="k writer"></i>wrote what it saw</li>\
    <li><i class="k overwriter"></i>replaced that before it was called</li>\
    <li><i class="k plain"></i>at the same time, or just before</li>\
    <li><i class="k pending"></i>outcome unknown: may take effect at any time</li>\
    <li><i class="k band"></i>a fault</li></ul>
    """

  private func unknowns() -> String {
    let rows = findings.judgement.partitions.compactMap { partition -> [String]? in
      guard case .unknown(let reason, let reached) = partition.outcome else { return nil }
      return [
        Markup.text(Words.subject(partition.key)), Markup.text(Words.reason(reason)),
        Markup.text(Words.progress(partition, reached: reached, in: findings.history)),
        Markup.text(Words.advice(reason, duringRun: findings.run != nil)),
      ]
    }
    guard !rows.isEmpty else { return "" }
    return Markup.section(
      "undecided", "What could not be decided",
      caption: "Undecided is neither a pass nor a violation.",
      Markup.table(["Where", "Why", "How far", "What to do"], rows: Array(rows.prefix(200))))
  }

  // MARK: The run over time

  private func time(_ plots: TimePlots?) -> String {
    guard let plots else {
      return Markup.section(
        "time", "The run over time", "<p class=\"caption\">The history records no times.</p>")
    }
    let strip = plots.strip()
    let faults =
      strip.isEmpty ? "" : " Shaded bands, here and below, are faults from injection to healing."
    let throughput = plots.throughput()
    return Markup.section(
      "time", "The run over time",
      caption:
        "The phases of the run and the faults in them, by the time since its start.\(faults)",
      strip)
      + Markup.section(
        "latency", "Latency",
        caption: """
          A dot is an operation that succeeded, at the time of its call; \
          <span class="mark-fail">×</span> certainly failed, <span class="mark-info">△</span> has an \
          unknown outcome. Lines: median (solid) and 99th percentile (dashed). The scale is \
          logarithmic: each line is ten times the one below.
          """, plots.latencies())
      + Markup.section(
        "throughput", "Throughput",
        caption: """
          Completions per second: succeeded, and stacked on them \
          <span class="mark-fail">failed</span> and <span class="mark-info">unknown</span>.
          """, throughput)
  }
}
