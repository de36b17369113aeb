import Histories
import Linearizability
import Testing

@testable import Reports

@Suite struct LaneLayoutTests {
  private let metrics = LaneLayout.Metrics(
    column: 3, gap: 9, tail: 11, bar: { 5 + $0.operation.f.count }, point: { 2 + $0.count })

  private func neighbourhood(_ findings: Findings, limit: Int = 40) throws -> Neighbourhood {
    let (partition, violation) = try #require(findings.violations.first)
    return try #require(Neighbourhood(of: partition, violation, limit: limit))
  }

  @Test func choosesWriterOverwriterAndPending() throws {
    let chosen = try neighbourhood(SmallRun().findings())
    #expect(chosen.entries.map(\.role) == [.writer, .pending, .overwriter, .impossible])
    #expect(chosen.lanes == [0, 3, 1, 2])
    #expect(chosen.omitted == [])
    #expect(chosen.points.map(\.number) == [1, 2])
  }

  @Test func failedWriterIsShownOnlyIfNobodyElseWroteTheValue() throws {
    var small = SmallRun()
    small.operations[0].outcome = .fail
    var violation = small.violation()
    violation.linearization.removeFirst()
    let seen = try neighbourhood(small.findings(.violation(violation)))
    #expect(seen.entries.first?.role == .writer)
    small.operations[1].argument = .integer(1)
    let other = try neighbourhood(small.findings(.violation(violation)))
    #expect(other.entries.map(\.operation.id) == [1, 2, 3])
    #expect(other.entries.first?.role == .writer)
  }

  @Test func keepsTheMostImportantWithinItsLimits() throws {
    let findings = SyntheticRun(stale: true, run: false).findings
    let chosen = try neighbourhood(findings, limit: 3)
    #expect(chosen.entries.map(\.role) == [.writer, .overwriter, .impossible])
    #expect(chosen.omitted.count > 0)
    let (partition, violation) = try #require(findings.violations.first)
    let narrow = try #require(Neighbourhood(of: partition, violation, laneLimit: 2))
    #expect(narrow.lanes.count == 2)
    #expect(narrow.entries.contains { $0.role == .impossible })
  }

  @Test func barsKeepTheOrderOfCallsAndReturns() throws {
    for seed in UInt64(1)...6 {
      let findings = SyntheticRun(seed: seed, stale: true, run: false).findings
      let chosen = try neighbourhood(findings)
      let layout = LaneLayout(chosen, metrics)
      for a in chosen.entries {
        #expect(layout.bar(a).count >= 5 + a.operation.f.count, "seed \(seed)")
        for b in chosen.entries {
          guard let end = a.end, end < b.operation.invocation else { continue }
          #expect(layout.bar(a).upperBound <= layout.bar(b).lowerBound, "seed \(seed)")
        }
      }
    }
  }

  @Test func pointsLieInTheirBarsInOrder() throws {
    for seed in UInt64(1)...6 {
      let chosen = try neighbourhood(SyntheticRun(seed: seed, stale: true, run: false).findings)
      let layout = LaneLayout(chosen, metrics)
      #expect(layout.points.count == chosen.points.count)
      for point in layout.points {
        let entry = try #require(chosen.entries.first { $0.operation.id == point.operation })
        #expect(layout.bar(entry).contains(point.x), "seed \(seed)")
        #expect(point.x < layout.returnOfImpossible, "seed \(seed)")
      }
      for (a, b) in zip(layout.points, layout.points.dropFirst()) {
        #expect(a.number < b.number)
        #expect(a.x + a.width / 2 <= b.x - b.width / 2 + 1, "seed \(seed)")
      }
    }
  }

  @Test func violationByAnUnknownOperationIsNotDrawn() {
    let small = SmallRun()
    var violation = small.violation()
    violation.operation = 99
    let findings = small.findings(.violation(violation))
    #expect(HTMLReport(findings).text().contains("Not linearizable"))
    #expect(VerdictText(findings, style: .plain).lines().count > 2)
  }
}
