import Checkers
import Histories
import Linearizability
import Randomness
import Reports
import Testing

@Suite struct HTMLReportTests {
  /// The tags of a document whose elements are properly nested and closed; throws otherwise.
  private func tags(_ html: String) throws -> [String] {
    struct Unbalanced: Error { var near: Substring }
    var open: [String] = []
    var all: [String] = []
    // What stands inside style and script is text to a browser, and here.
    let markup = html.replacing(/<(style|script)>[^<]*<\/(style|script)>/, with: "")
    for match in markup.matches(of: /<(\/?)([a-zA-Z!][a-zA-Z0-9]*)((?:"[^"]*"|[^">])*)>/) {
      let name = String(match.2)
      all.append(name)
      if name.hasPrefix("!") || ["meta", "br"].contains(name) || match.3.hasSuffix("/") {
        continue
      }
      if match.1.isEmpty {
        open.append(name)
      } else if open.popLast() != name {
        throw Unbalanced(near: match.0)
      }
    }
    if let last = open.last { throw Unbalanced(near: Substring(last)) }
    return all
  }

  @Test func violationReportHasEveryPicture() throws {
    let html = HTMLReport(SyntheticRun(stale: true).findings).text()
    _ = try tags(html)
    let sections = [
      "violation-0", "time", "latency", "throughput", "evidence", "faults", "operations", "errors",
      "keys", "life-cycle", "nodes", "run",
    ]
    let places = try sections.map { try #require(html.firstRange(of: "<section id=\"\($0)\"")) }
    #expect(places.map(\.lowerBound) == places.map(\.lowerBound).sorted())
    #expect(html.contains("<h1>Not linearizable: key &quot;k3&quot;</h1>"))
    #expect(html.matches(of: /class="op impossible"/).count == 1)
    #expect(html.matches(of: /class="op writer"/).count == 1)
    #expect(html.contains("class=\"op overwriter\""))
    #expect(html.contains("class=\"point\""))
    #expect(html.contains("fault 7 (partition of n2)"))
    #expect(html.matches(of: /<g class="mark done">/).count == 8)
    #expect(html.matches(of: /class="dots ok/).count == 3)
    #expect(html.matches(of: /class="quantile p99/).count == 3)
    #expect(html.contains("--seed 0x5eed"))
    #expect(html.utf8.count < 400_000)
  }

  @Test func threeFamiliesAreThreeCards() {
    var run = RunRecord(name: "x", started: "", duration: 1, seed: "1")
    run.harness.problems = ["n3: <b>not healed</b>"]
    let html = HTMLReport(
      SmallRun().findings(.linearizable([]), run: run, evidence: true)
    ).text()
    #expect(html.matches(of: /<div class="card (\w+)">/).map(\.1) == ["good", "unsure", "bad"])
    #expect(html.contains("n3: &lt;b&gt;not healed&lt;/b&gt;"))
    #expect(html.contains("The run saw too little"))
    #expect(html.contains("1 write completed ok, at least 20 were wanted."))
    #expect(html.contains("never seen to be healed"))
  }

  @Test func linearizableReportHasTheRunButNoViolation() throws {
    let html = HTMLReport(SyntheticRun(stale: false).findings).text()
    _ = try tags(html)
    #expect(html.contains("<h1>Linearizable</h1>"))
    #expect(html.contains("in 4,177 operations on 5 keys"))
    #expect(html.contains("class=\"dots ok"))
    #expect(!html.contains("id=\"violation-0\""))
  }

  @Test func undecidedReportSaysWhatToDo() throws {
    let html = HTMLReport(
      SmallRun().findings(.unknown(.timeLimit(.seconds(5)), reached: 5))
    ).text()
    _ = try tags(html)
    #expect(html.contains("<h1>Undecided</h1>"))
    #expect(html.contains("the search reached its time limit of 5 s"))
    #expect(html.contains("Raise --time-limit"))
  }

  @Test func nothingReachesOutOfTheFile() {
    let html = HTMLReport(SyntheticRun(stale: true).findings).text()
    #expect(html.contains("default-src 'none'"))
    #expect(!html.contains("http:"))
    #expect(!html.contains("https:"))
    #expect(!html.contains("url("))
    #expect(!html.contains("@import"))
    #expect(html.matches(of: /<script/).count == 1)
    #expect(html.contains("prefers-color-scheme: dark"))
  }

  @Test(arguments: [
    "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x", "<!--",
    "]]>&amp;", "\u{202e}\u{0}\u{1b}[31m\u{2028}",
  ])
  func hostileTextStaysText(nasty: String) throws {
    let plain = HTMLReport(everything("harmless")).text()
    let html = HTMLReport(everything(nasty)).text()
    // Whatever a value says, the document has the same elements as with a harmless value.
    #expect(try tags(html) == tags(plain))
    for raw in ["alert(1)</script>", "<img", "' onload", "<!--", "\u{202e}", "\u{0}", "\u{1b}"] {
      #expect(!html.contains(raw))
    }
  }

  /// Findings in which every string that others control is `text`.
  private func everything(_ text: String) -> Findings {
    let small = SmallRun(key: .string(text), first: .string(text), second: .string("2"), text: text)
    let run = RunRecord(
      name: text, started: text, duration: 1, seed: text, target: text, client: text,
      nodes: [.init(name: text, address: text, logs: [text])],
      phases: [.init(name: text, start: 0, end: 9_000_000)],
      steps: [.init(name: text, node: text, duration: 1, problem: text)],
      configuration: text, repeatCommand: text, nextCommands: [text],
      harness: HarnessJudgement(problems: [text]))
    var violation = small.violation(explanation: text)
    violation.possibleStates = [text]
    violation.linearization[0].stateAfter = text
    var findings = small.findings(.violation(violation), run: run, evidence: true)
    findings.history.source = text
    findings.judgement.model = text
    return findings
  }

  @Test func longValuesAndManyOperationsStayWithinBounds() throws {
    let long = String(repeating: "w", count: 200_000)
    #expect(HTMLReport(everything(long)).text().utf8.count < 150_000)

    var events: [Event] = []
    var operations: [Operation] = []
    var random = SeededRandom(seed: 3)
    for id in 0..<30_000 {
      let start = Int64(id) * 1_000_000
      let latency = Int64.random(in: 1_000_000...900_000_000, using: &random)
      for (type, time) in [(EventType.invoke, start), (.ok, start + latency)] {
        events.append(
          Event(index: events.count, time: time, process: .client(id), type: type, f: "read"))
      }
      operations.append(
        Operation(
          id: id, process: id, f: "read", outcome: .ok(nil), invocation: id * 2,
          completion: id * 2 + 1))
    }
    let partition = PartitionJudgement(
      key: nil, outcome: .linearizable([]), operations: Operations(operations))
    let html = HTMLReport(
      Findings(
        history: History(source: "-", events: events),
        judgement: Judgement(model: "register", partitions: [partition], duration: .zero))
    ).text()
    #expect(html.utf8.count < 300_000)
    #expect(html.contains(" of 30,000 points drawn"))
  }

  @Test func historyWithoutTimesOrNemesisIsReported() throws {
    var small = SmallRun()
    for i in small.history.events.indices { small.history.events[i].time = nil }
    let html = HTMLReport(small.findings()).text()
    _ = try tags(html)
    #expect(html.contains("The history records no times."))
    #expect(html.contains("class=\"op impossible\""))
  }

  @Test func extremeTimesAreDrawn() throws {
    var small = SmallRun()
    small.history.events[0].time = .min
    small.history.events[8].time = .max
    let html = HTMLReport(small.findings(evidence: true)).text()
    _ = try tags(html)
    #expect(!html.contains("nan"))
    #expect(!html.contains("inf\""))
  }
}
