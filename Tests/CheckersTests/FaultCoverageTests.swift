import Checkers
import Histories
import Testing

@Suite struct FaultCoverageTests {
  @Test func countsSituationsAndWhatWasInForceTogether() {
    var builder = HistoryBuilder()
    func inject(_ id: Int64, _ variant: String, _ role: String) {
      builder.add(
        .nemesis, .info, "x",
        fields: [
          "fault": .integer(id), "phase": .string("inject"), "variant": .string(variant),
          "role": .string(role), "stage": .string("early"),
        ])
    }
    inject(1, "kill", "leader")
    inject(2, "partition (one)", "followers")
    builder.fault(2, "healed")
    inject(3, "kill", "leader")
    builder.fault(1, "healed")
    inject(4, "partition (one)", "leader")
    // Injected where nobody explores: it says nothing of its situation.
    builder.fault(5, "inject")

    func situation(_ fault: String, _ role: String) -> FaultCoverage.Situation {
      .init(fault: fault, role: role, stage: "early")
    }
    let coverage = FaultCoverage(
      builder.history, possible: [situation("kill", "leader"), situation("kill", "followers")])
    #expect(
      coverage.situations == [
        situation("kill", "leader"): 2, situation("kill", "followers"): 0,
        situation("partition (one)", "followers"): 1, situation("partition (one)", "leader"): 1,
      ])
    #expect(coverage.tried == 3)
    let pairs = coverage.pairs.sorted { $0.key < $1.key }.map {
      "\($0.key.first) + \($0.key.second): \($0.value)"
    }
    #expect(pairs == ["kill + kill: 1", "kill + partition (one): 2"])
  }
}
