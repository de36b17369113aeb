import TestSupport
import Testing

/// A member that leaves a real cluster and joins it again.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct MembershipTests {
  @Test func aMemberLeavesAndJoinsAsANewOne() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(
        lanes: ShortWorkload.lane("membership", "target = [\"n3\"]", lasting: "2s"))
      workload.faults = "12s"
      let place = try Place(workload)
      let ended = try await place.run(lab.flags, within: .seconds(150))
      #expect(ended.status == 0, "\(ended.text)")
      let events = nemesisEvents(place.file("history.jsonl"))
      #expect(events.map(\.phase) == ["inject", "verified", "heal", "healed"], "\(ended.text)")
      // What the others say: one was removed, and there is one more than at first.
      let log = place.file("nodes/n1/var/log/faultline-etcd.log").split(separator: "\n")
      #expect(log.contains { $0.contains("\"removed member\"") })
      #expect(log.filter { $0.contains("\"added member\"") }.count == 4)
      for node in ["n1", "n2", "n3"] { #expect(try await remains(lab, node) == "") }

      // Two at a time is too many, and is refused before anything is done.
      var two = workload
      two.lanes = ShortWorkload.lane("membership", "target = \"minority\"\n").replacing(
        "\"minority\"", with: "[\"n1\", \"n2\"]")
      let refused = try Place(two)
      let said = try await refused.run(lab.flags, within: .seconds(150))
      #expect(said.status == 69 && said.text.contains("one member at a time"), "\(said.text)")
    }
  }
}
