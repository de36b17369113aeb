import Checkers
import Histories
import Testing

@Suite struct EvidenceTests {
  /// A run that satisfies everything, with the given steps while fault 7 lasts.
  private func run(
    verified: Bool = true, healed: Bool = true, during: (inout HistoryBuilder) -> Void
  ) -> History {
    var builder = HistoryBuilder()
    builder.run(20, "read")
    builder.fault(7, "inject")
    if verified { builder.fault(7, "verified") }
    during(&builder)
    builder.fault(7, "heal")
    if healed { builder.fault(7, "healed") }
    builder.run(20, "read")
    return builder.history
  }

  @Test func completeRunSuffices() {
    let evidence = EvidenceJudgement(history: run { $0.run(20, "read") })
    #expect(evidence.shortfalls == [])
    #expect(evidence.sufficient)
    #expect(evidence.intervals.map(\.kind) == [.beforeFaults, .during(7), .afterFaults])
    #expect(evidence.intervals.map(\.okCounts) == [["read": 20], ["read": 20], ["read": 20]])
    #expect(evidence.faults.map(\.servingNodes) == [["n2"]])
  }

  @Test func emptyHistoryProvesNothing() {
    let evidence = EvidenceJudgement(history: History(source: "-", events: []))
    #expect(
      evidence.shortfalls == ["No client invoked any operation, so the history proves nothing."])
  }

  @Test func vacuousRunNamesEachFunction() {
    var builder = HistoryBuilder()
    builder.run(30, "read", ending: .info)
    builder.run(19, "write")
    let evidence = EvidenceJudgement(history: builder.history)
    #expect(
      evidence.shortfalls == [
        "In the whole run: 0 read completed ok, at least 20 were wanted.",
        "In the whole run: 19 write completed ok, at least 20 were wanted.",
      ])
  }

  @Test func shortIntervalIsStillJudged() {
    let history = run { $0.run(3, "read") }
    let evidence = EvidenceJudgement(history: history)
    #expect(
      evidence.shortfalls == [
        "During fault 7 (partition of n1): 3 read completed ok, at least 20 were wanted."
      ])
    let lenient = EvidenceRequirements(minimumOk: 3)
    #expect(EvidenceJudgement(history: history, requirements: lenient).sufficient)
  }

  @Test func faultNeverVerifiedSaysWhy() {
    var builder = HistoryBuilder()
    builder.run(20, "read")
    builder.fault(7, "inject")
    builder.fault(7, "failed", error: .string("iptables: not\nfound"))
    builder.run(20, "read")
    builder.fault(7, "healed")
    builder.run(20, "read")
    let evidence = EvidenceJudgement(history: builder.history)
    #expect(
      evidence.shortfalls == [
        "Fault 7 (partition of n1) was never seen to take effect: iptables: not\\nfound."
      ])
    #expect(!evidence.faults[0].tookEffect)
    #expect(evidence.faults[0].wasHealed)
  }

  @Test func faultNeverHealedLastsToTheEnd() {
    let evidence = EvidenceJudgement(history: run(healed: false) { $0.run(20, "read") })
    #expect(evidence.intervals.map(\.kind) == [.beforeFaults, .during(7)])
    #expect(evidence.intervals[1].okCounts == ["read": 40])
    #expect(
      evidence.shortfalls == [
        "Fault 7 (partition of n1) was never seen to be healed, so nothing ran after it."
      ])
  }

  @Test func onlyTheTargetServed() {
    let history = run { $0.run(20, "read", on: "n1") }
    let evidence = EvidenceJudgement(history: history)
    #expect(
      evidence.shortfalls == [
        "Fault 7 (partition of n1): 0 nodes outside it completed an operation ok while it "
          + "lasted, at least 1 were wanted."
      ])
    let lenient = EvidenceRequirements(minimumServingNodes: 0)
    #expect(EvidenceJudgement(history: history, requirements: lenient).sufficient)
  }

  @Test func faultOnEveryNodeCountsAnyNode() {
    var builder = HistoryBuilder()
    builder.run(20, "read", on: "n1")
    builder.fault(1, "inject", ["n1", "n2"])
    builder.fault(1, "verified", ["n1", "n2"])
    builder.run(20, "read", on: "n2")
    builder.fault(1, "healed", ["n1", "n2"])
    builder.run(20, "read", on: "n1")
    let evidence = EvidenceJudgement(history: builder.history)
    #expect(evidence.shortfalls == [])
    #expect(evidence.faults[0].servingNodes == ["n2"])
  }

  @Test func overlappingFaultsEachHaveTheirInterval() {
    var builder = HistoryBuilder()
    builder.run(20, "read")
    builder.fault(1, "inject", ["n1"])
    builder.fault(1, "verified", ["n1"])
    builder.run(20, "read")
    builder.fault(2, "inject", ["n3"])
    builder.fault(2, "verified", ["n3"])
    builder.run(20, "read")
    builder.fault(1, "healed", ["n1"])
    builder.run(5, "read")
    builder.fault(2, "healed", ["n3"])
    builder.run(20, "read")
    let evidence = EvidenceJudgement(history: builder.history)
    #expect(evidence.shortfalls == [])
    #expect(evidence.intervals.map { $0.okCounts["read"] } == [20, 40, 25, 20])
  }

  @Test func annotationsAndOtherFieldsAreNoFaults() {
    var builder = HistoryBuilder()
    builder.add(.nemesis, .info, "note", fields: ["phase": .string("inject")])
    builder.add(.nemesis, .info, "note", fields: ["fault": .string("7"), "phase": .null])
    builder.add(
      .other("note"), .info, "x", fields: ["fault": .integer(1), "phase": .string("inject")])
    #expect(Fault.all(in: builder.history) == [])
  }

  @Test(arguments: [("shape", "halves", "partition (halves)"), ("called", "", "partition")])
  func aFaultIsShownWithItsShapeOrWhatItIsCalled(_ key: String, _ word: String, _ shown: String) {
    var builder = HistoryBuilder()
    builder.add(
      .nemesis, .info, "partition", value: .object([key: .string(word)]),
      fields: ["fault": .integer(1), "phase": .string("inject")])
    #expect(Fault.all(in: builder.history).map(\.variant) == [shown])
  }

  @Test func requiredFunctionMayBeOneThatNeverRan() {
    var builder = HistoryBuilder()
    builder.run(20, "read")
    let requirements = EvidenceRequirements(functions: ["cas"])
    let evidence = EvidenceJudgement(history: builder.history, requirements: requirements)
    #expect(
      evidence.shortfalls == ["In the whole run: 0 cas completed ok, at least 20 were wanted."])
  }

  @Test func harnessIsJudgedByItsProblems() {
    #expect(HarnessJudgement().ok)
    #expect(!HarnessJudgement(problems: ["n3: the partition could not be healed"]).ok)
  }
}
