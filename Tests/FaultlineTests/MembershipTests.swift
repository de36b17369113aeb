import Glibc
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

      // Two at a time is too many, and is refused before anything is done; doctor says so, too.
      var two = workload
      two.lanes = ShortWorkload.lane("membership", "target = [\"n1\", \"n2\"]\n")
      let refused = try Place(two)
      let said = try await refused.run(lab.flags)
      #expect(said.status == 65 && said.errors.contains("one member at a time"), "\(said.text)")
      let file = refused.scratch.path + "/w.toml"
      let doctor = try await program([faultline, "doctor", file] + lab.flags)
      #expect(
        doctor.status == 69 && doctor.output.contains("one member at a time"), "\(doctor.text)")
    }
  }

  /// The control side dies while a member is out, and its node boots: it joins when somebody heals it.
  @Test func aMemberThatHasLeftJoinsAfterABoot() async throws {
    try await withLab { lab in
      let lane = ShortWorkload.lane("membership", "target = [\"n3\"]", lasting: "20s")
      var workload = ShortWorkload(lanes: lane)
      workload.faults = "30s"
      let place = try Place(workload)
      let run = try Program(place.command(lab.flags))
      try await run.says("membership verified", within: .seconds(60))
      run.signal(SIGKILL)
      _ = try await run.end()
      let boot = try await program([faultline, "lab", "reboot", "--name", lab.name, "n3"])
      #expect(boot.status == 0, "\(boot.text)")
      let heal = try await program([faultline, "heal"] + lab.flags)
      #expect(heal.status == 0 && heal.output.contains("n3 has joined"), "\(heal.text)")
      let ask = "ETCDCTL_API=3 etcdctl --command-timeout 2s --endpoints http://127.0.0.1:2379"
      #expect(try await lab.text("n1", "\(ask) member list | grep -c started") == "3\n")
      #expect(try await lab.on("n3", "\(ask) endpoint health").status == 0)
      for node in ["n1", "n2", "n3"] { #expect(try await remains(lab, node) == "") }
      let again = try await program([faultline, "heal"] + lab.flags)
      #expect(again.status == 0 && again.output == "nothing to heal\n", "\(again.text)")
    }
  }
}
