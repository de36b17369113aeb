import TestSupport
import Testing

/// Whole runs whose nodes boot.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct RebootRunTests {
  @Test func aRunOutlivesTheBootsOfItsNodes() async throws {
    try await withLab { lab in
      let button = "\(faultline) lab reboot --name \(lab.name) $node"
      var workload = ShortWorkload(
        lanes: [
          ShortWorkload.lane("reboot", lasting: "1s"), ShortWorkload.lane("partition"),
          ShortWorkload.lane("reset", "target = \"all\"", lasting: "1s"),
          ShortWorkload.lane("shutdown", "on = \"\(button)\"", lasting: "1s"),
          ShortWorkload.lane("disk-full"),
        ].joined())
      workload.faults = "50s"
      let place = try Place(workload)
      let ended = try await place.run(lab.flags + ["--lease", "4s"], within: .seconds(150))
      #expect(ended.status == 0, "\(ended.text)")
      let events = nemesisEvents(place.file("history.jsonl"))
      for fault in ["reboot", "reset", "shutdown", "partition", "disk-full"] {
        // A lane may come a second time.
        let phases = events.filter { $0.f == fault }.map(\.phase)
        let life = ["inject", "verified", "heal", "healed"]
        let lives = Array(repeatElement(life, count: max(1, phases.count / 4)).joined())
        #expect(phases == lives, "\(fault): \(ended.text)")
      }
      // Rules are gone after a boot, so no partition is in force while a node boots.
      let network = events.filter {
        $0.f != "disk-full" && ["inject", "healed"].contains($0.phase)
      }
      for (first, second) in zip(network, network.dropFirst()) where first.phase == "inject" {
        #expect(second.f == first.f && second.phase == "healed", "\(network)")
      }
      // What ran on the control machine is in the audit log, too.
      #expect(place.file("commands.jsonl").contains("on the control machine"))
      for node in ["n1", "n2", "n3"] {
        #expect(try await remains(lab, node) == "")
        #expect(try await lab.on(node, "ls -d /run/faultline /var/lib/faultline").output == "")
      }
    }
  }
}
