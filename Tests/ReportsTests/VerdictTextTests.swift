import Checkers
import Histories
import Linearizability
import Testing

@testable import Reports

@Suite struct VerdictTextTests {
  private func text(_ findings: Findings, style: Style = .plain) -> String {
    VerdictText(findings, style: style).lines().joined(separator: "\n")
  }

  @Test func violationIsExplainedAndDrawn() {
    #expect(
      text(SmallRun().findings()) == """
        VIOLATION  small.jsonl  register, 4 operations, 850 µs to judge

          the history is not linearizable:
            It read 1, but only 2 or 3 are possible.
            (line 9 of small.jsonl)

            process 0     |- write 1 (1) -|
            process 3                        |-- write 3 → ? --------------------?
            process 1                          |- write 2 (2) -|
            process 2                                             |- read → 1 -|  <- VIOLATION

            an order that explains what came before it:
                  1  write 1                   process 0     state 1
                  2  write 2                   process 1     state 2
                  ✗  read → 1                  process 2     possible states: 2 or 3
        """)
  }

  /// Where the place of a violation was not found, or not in time.
  @Test func whatIsNotKnownIsNotSaid() {
    let run = SmallRun()
    let findings = run.findings(
      .violation(
        Violation(
          operation: 3, linearization: [], possibleStates: [], explanation: ["It cannot be."])))
    let lines = text(findings)
    #expect(lines.contains("✗  read → 1"))
    #expect(!lines.contains("possible states"))
    let html = HTMLReport(findings).text()
    #expect(html.contains("class=\"op impossible\""))
    for claim in ["can only have been", "possible at its return", "the state was", "longest order"]
    {
      #expect(!html.contains(claim))
      #expect(HTMLReport(run.findings()).text().contains(claim))
    }
  }

  @Test func timesThatLookTheSameAreGivenMoreClosely() {
    #expect(Words.times([1_000_000_000, 1_002_000_000]) == ["1.000 s", "1.002 s"])
    #expect(Words.times([1_000_100_000, 1_000_300_000]) == ["1.000100 s", "1.000300 s"])
  }

  @Test func colourOnlyWrapsWords() {
    let coloured = text(SmallRun().findings(), style: .coloured)
    #expect(coloured.hasPrefix("\u{1b}[1;31mVIOLATION\u{1b}[0m"))
    let bare = coloured.replacing(/\u{1b}\[[0-9;]*m/, with: "")
    #expect(bare == text(SmallRun().findings()))
  }

  @Test func undecidedSaysWhyHowFarAndWhatToDo() {
    let findings = SmallRun(key: .string("k1"))
      .findings(.unknown(.timeLimit(.seconds(60)), reached: 5))
    #expect(
      text(findings) == """
        UNKNOWN  small.jsonl  register, 4 operations, 1 key, 850 µs to judge

          key "k1" is undecided: the search reached its time limit of 60 s.
            It had explained 5 of 8 events (63 %), up to line 6, 0.008 s into the run, and had visited \
        12 configurations.
            Raise --time-limit, or record histories that are easier to judge: values that \
        are written once each, more keys, fewer operations a key, fewer clients at once.
        """)
  }

  @Test func duringARunTheOptionsAreTheRunners() {
    let run = RunRecord(name: "x", started: "", duration: 1, seed: "1")
    let findings = SmallRun().findings(.unknown(.memoryLimit(4_000_000_000), reached: 5), run: run)
    #expect(text(findings).contains("Raise --check-memory-limit"))
    #expect(text(findings).contains("memory limit of 4.0 GB"))
  }

  @Test func familiesStandApart() {
    var run = RunRecord(name: "x", started: "", duration: 1, seed: "1")
    run.harness.problems = ["n3: the disk could not be released"]
    run.nextCommands = ["faultline heal"]
    let lines = VerdictText(
      SmallRun().findings(.linearizable([]), run: run, evidence: true), style: .plain
    ).lines()
    #expect(lines[0].hasPrefix("LINEARIZABLE  "))
    #expect(lines.contains("  property  linearizable"))
    #expect(lines.contains("  evidence  INSUFFICIENT"))
    #expect(lines.contains("  harness   FAILED"))
    #expect(lines.contains("            n3: the disk could not be released"))
    #expect(lines.suffix(2) == ["next:", "  faultline heal"])
  }

  @Test func drawingsFitTheirWidth() throws {
    let findings = SyntheticRun(stale: true, run: false).findings
    let (partition, violation) = try #require(findings.violations.first)
    for width in [60, 80, 110, 160] {
      let drawing = try #require(
        LanesText(partition, violation, width: width, style: .plain)?.lines())
      let lanes = drawing.prefix { $0.hasPrefix("process") }
      #expect(lanes.count >= 2)
      for lane in lanes where !lane.hasSuffix("VIOLATION") { #expect(lane.count <= width) }
      #expect(lanes.count { $0.hasSuffix("<- VIOLATION") } == 1)
    }
  }

  @Test func hostileTextCannotReachTheTerminal() {
    let nasty = "a\u{1b}[2J\u{202e}\r\n" + String(repeating: "x", count: 5000)
    let small = SmallRun(key: .string(nasty), first: .string(nasty), text: nasty)
    let lines = VerdictText(
      small.findings(.violation(small.violation(explanation: nasty))), style: .plain
    ).lines()
    for line in lines {
      #expect(line.count < 1000)
      #expect(
        !line.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202e}" || $0.value == 0x7f })
    }
  }

  @Test func manyViolationsAreListed() {
    let small = SmallRun()
    var findings = small.findings()
    findings.judgement.partitions = (0..<6).map { number in
      PartitionJudgement(
        key: .integer(number), outcome: .violation(small.violation()),
        operations: Operations(small.operations), effort: SearchEffort(configurations: 1))
    }
    #expect(text(findings).contains("also not linearizable: key 3, key 4, key 5"))
  }
}
