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

  /// A member is out, and the control side dies, or does not reach its nodes, or the node boots meanwhile: it joins all
  /// the same, by its watchdog or when somebody heals it.
  @Test func aMemberThatHasLeftJoinsWhateverHappensMeanwhile() async throws {
    try await withLab { lab in
      let place = try Place(ShortWorkload(warmUp: "60s"))
      let run = try Program(place.command(lab.flags + ["--lease", "3s"]))
      try await run.says("warm-up\n", within: .seconds(60))
      run.signal(SIGKILL)
      _ = try await run.end()
      try await untilLeft(lab)
      let words = ["membership", "--target", "n3", "--for", "10m", "--lease", "5s", "--workload"]
      let inject =
        [faultline, "nemesis", "inject"] + words + [place.scratch.path + "/w.toml"] + lab.flags

      for (isCutOff, boots) in [(false, false), (true, false), (false, true)] {
        let injection = try Program(inject)
        try await injection.prints("membership verified", within: .seconds(60))
        #expect(try await lab.text("n1", Self.members) == "2\n")
        if isCutOff {
          for node in ["n1", "n2", "n3"] { _ = try await lab.text(node, Self.login("-I")) }
          try await untilLeft(lab)
        }
        injection.signal(SIGKILL)
        _ = try await injection.end()
        if isCutOff {
          for node in ["n1", "n2", "n3"] { _ = try await lab.text(node, Self.login("-D")) }
        }
        if boots {
          let boot = try await program([faultline, "lab", "reboot", "--name", lab.name, "n3"])
          #expect(boot.status == 0, "\(boot.text)")
          let heal = try await program([faultline, "heal"] + lab.flags)
          #expect(heal.status == 0 && heal.output.contains("n3 has joined"), "\(heal.text)")
        }
        try await untilLeft(lab)
        #expect(try await lab.text("n1", Self.members) == "3\n")
        #expect(try await lab.on("n3", "\(Self.ask) endpoint health").status == 0)
      }
      let again = try await program([faultline, "heal"] + lab.flags)
      #expect(again.status == 0 && again.output == "nothing to heal\n", "\(again.text)")

      // With one that is dead, those that are left without another are no majority.
      _ = try await lab.text("n2", "pkill -KILL -x etcd; sleep 0.5")
      let refused = try await Program(inject).end()
      #expect(refused.status != 0, "\(refused.text)")
      #expect(
        refused.text.contains("only 1 of the others answer, no majority of 3"), "\(refused.text)")
      #expect(try await lab.text("n1", "\(Self.members)") == "3\n")
      try await untilLeft(lab)
    }
  }

  private static let ask =
    "ETCDCTL_API=3 etcdctl --command-timeout 2s --endpoints http://127.0.0.1:2379"
  private static let members = "\(ask) member list | grep -c started"
  private static func login(_ change: String) -> String {
    "iptables \(change) INPUT -p tcp --dport 22 -j DROP"
  }

  /// Waits until nothing of Faultline is on any node.
  private func untilLeft(_ lab: TestLab) async throws {
    for node in ["n1", "n2", "n3"] {
      var left = "?"
      for _ in 0..<100 where left != "" {
        left = try await remains(lab, node)
        if left != "" { try await Task.sleep(for: .milliseconds(200)) }
      }
      guard left == "" else { throw TestFailure("left on \(node): \(left)") }
    }
  }
}
