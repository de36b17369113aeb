import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// A target that gets less of the machine than it wants.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct ResourceTests {
  @Test func theTargetIsStarvedAndGetsItsShareBack() async throws {
    try await Ground.with { ground in
      try await live(ground, ground.fault(.fileDescriptors, of: ["n2"])) { () async throws in
        // Who waits for a connection already has its number; the next is not accepted.
        _ = try await ground.talk("n1", to: ground.address("n2"))
        #expect(try await ground.talk("n1", to: ground.address("n2")) == .silence)
        #expect(try await ground.talk("n1", to: ground.address("n3")) == .data)
      }
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)

      // Who is born in the group of the target shares its quota.
      try await live(ground, ground.fault(.cpu, of: ["n2"])) { () async throws in
        let used = try await ground.lab.text(
          "n2",
          """
          sh -c 'echo $$ | tee \(Self.group("cpu"))/cgroup.procs >/dev/null; exec perl -e "1 while 1"' & p=$!
          sleep 2
          sed 's/.*) //' /proc/$p/stat | cut -d' ' -f12
          kill -KILL $p
          """)
        // Of 200 hundredths of a second it may have 10.
        #expect((Int(used.filter(\.isNumber)) ?? 1000) <= 40, "\(used)")
      }

      try await live(ground, ground.fault(.memory, ["megabytes": .integer(4)], of: ["n2"])) {
        () async throws in
        let hog = try await ground.lab.on(
          "n2",
          """
          sh -c 'echo $$ | tee \(Self.group("memory"))/cgroup.procs >/dev/null; exec dd if=/dev/zero of=/dev/null bs=64M count=1'
          """)
        #expect(hog.status == 137, "\(hog.text)")
        #expect(
          try await ground.lab.on("n1", "dd if=/dev/zero of=/dev/null bs=64M count=1").status == 0)
      }
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)
    }
  }

  private static func group(_ fault: String) -> String {
    NodeState.faultFolder("1-\(fault)", outlivesReboot: true) + "/cgroup/faultline-*-1"
  }
}
