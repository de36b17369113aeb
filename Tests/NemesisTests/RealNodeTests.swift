import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Every fault on real nodes, seen by means that have nothing in common with the product's own.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct RealNodeTests {
  @Test func aPartitionCutsOffOneNodeAndLeavesNothingBehind() async throws {
    try await Ground.with { ground in
      let foreign = """
        for tool in iptables ip6tables; do
          $tool -N FOREIGN
          $tool -A FOREIGN -p tcp --dport 9999 -m comment --comment "not yours" -j DROP
          $tool -A INPUT -i lo -j ACCEPT
          $tool -A INPUT -j FOREIGN
          $tool -P FORWARD DROP
        done
        """
      for node in ground.nodes { _ = try await ground.lab.text(node.name, foreign) }
      let before = try await ground.snapshot("n1")
      let ticks =
        "perl -MIO::Socket::IP -e '$|=1; $s=IO::Socket::IP->new(PeerHost=>\""
        + ground.address("n2")
        + "\",PeerPort=>7000); print while <$s>' >/run/ticks 2>&1 </dev/null"
      _ = try await ground.lab.text("n1", "setsid \(ticks) & echo $! > /run/reader")
      try await expectTicks(ground, true)

      let fault = try ground.shaped(.partition, .one)
      #expect(fault.targets.map(\.name) == ["n1"])
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      for (from, to) in [("n1", "n2"), ("n1", "n3"), ("n2", "n1"), ("n3", "n1")] {
        #expect(try await ground.talk(from, to: ground.address(to)) == .noConnection)
        #expect(try await ground.talk(from, to: ground.address6(to)) == .noConnection)
      }
      #expect(try await ground.talk("n2", to: ground.address("n3")) == .data)
      #expect(try await ground.talk("n3", to: ground.address6("n2")) == .data)
      #expect(try await ground.talk("n1", to: ground.address("n1")) == .data)
      try await expectTicks(ground, false)
      try await expectControlReaches(ground)

      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      for (from, to) in [("n1", "n2"), ("n2", "n1")] {
        #expect(try await ground.talk(from, to: ground.address(to)) == .data)
        #expect(try await ground.talk(from, to: ground.address6(to)) == .data)
      }
      _ = try await ground.lab.text("n1", "kill -KILL $(cat /run/reader); sleep 0.3")
      let after = try await ground.snapshot("n1")
      Ground.expectSame(before, after, "afterwards")
      #expect(try await ground.healAll() == "")
    }
  }

  private func expectTicks(_ ground: Ground, _ expected: Bool) async throws {
    let count = "wc -l < /run/ticks"
    _ = try await ground.lab.text("n1", "sleep 0.5")
    let first = try await ground.lab.text("n1", count)
    let second = try await ground.lab.text("n1", "sleep 1; \(count)")
    #expect((first != second) == expected, "an open connection: \(first) then \(second) lines")
  }

  private func expectControlReaches(_ ground: Ground) async throws {
    let config = try await program([
      faultline, "lab", "ssh-config", "--name", ground.lab.name,
    ]).output
    let scratch = try Scratch()
    let file = try scratch.write(config, to: "config")
    let ended = try await program(["ssh", "-F", file, "n1", "hostname"], within: .seconds(10))
    #expect(ended.status == 0 && ended.output == "n1\n", "\(ended.text)")
  }

  /// Seen with datagrams, which need no answer.
  @Test(arguments: [true, false])
  func aOneWayPartitionCutsOneDirection(_ deaf: Bool) async throws {
    try await Ground.with { ground in
      let fault = try ground.shaped(.partition, deaf ? .deaf : .mute)
      #expect(try await ground.hears(from: "n1", to: "n2"))
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      #expect(try await ground.hears(from: "n1", to: "n2") == deaf)
      #expect(try await ground.hears(from: "n2", to: "n1") == !deaf)
      #expect(try await ground.hears(from: "n2", to: "n3"))
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      #expect(try await ground.hears(from: "n2", to: "n1"))
      #expect(try await ground.hears(from: "n1", to: "n2"))
    }
  }

  @Test func whatDoesNotRunCannotBeKilledOrPaused() async throws {
    try await Ground.with { ground in
      _ = try await ground.lab.text("n1", Ground.target.stop + "; sleep 0.2")
      let needless: [FaultKind] = [.custom, .clockStep, .clockSkew, .clockStrobe]
      for kind in FaultKind.all where kind.reach == .nodes && !needless.contains(kind) {
        let answer = try await ground.run(.inject, ground.fault(kind, of: ["n1"]))["n1"]
        #expect(answer?.status == 3, "\(kind.name): \(answer?.text ?? "")")
        #expect(answer?.errors.contains("the target does not run") == true)
        #expect(try await ground.lab.text("n1", NodeState.leftovers.body) == "")
      }
    }
  }

  /// Process numbers are reused: a stranger that has one of ours is not resumed.
  @Test func aStrangerWithThePausedProcessesNumberIsLeftAlone() async throws {
    try await Ground.with { ground in
      let stranger = try await ground.lab.text(
        "n1",
        """
        setsid sleep 1000 </dev/null >/dev/null 2>&1 & p=$!
        sleep 0.1; kill -STOP $p; echo $p
        """
      ).split(separator: "\n").joined()
      let fault = ground.fault(.pause, of: ["n1"])
      try await ground.succeed(.inject, fault)
      let notes = NodeState.faultFolder("1-pause") + "/stopped"
      _ = try await ground.lab.text("n1", "echo '\(stranger) 1' >> \(notes)")
      let said = try await ground.healAll()
      #expect(said.contains("undid 1-pause") && !said.contains("process \(stranger)"), "\(said)")
      #expect(try await ground.state("n1", stranger) == "T")
      _ = try await ground.lab.text("n1", "kill -KILL \(stranger)")
    }
  }

  /// As when the control program is killed while a large disk is being filled.
  @Test func healingEndsAnInjectionThatIsStillUnderWay() async throws {
    try await Ground.with { ground in
      _ = try await ground.lab.text(
        "n1",
        """
        printf '#!/bin/sh\\nsleep 2\\nexec /usr/bin/dd "$@"\\n' > /usr/local/bin/dd
        chmod 755 /usr/local/bin/dd
        """)
      let before = try await ground.snapshot("n1")
      let fault = ground.fault(.diskFull, of: ["n1"])
      async let injection = ground.run(.inject, fault)
      try await Task.sleep(for: .milliseconds(900))
      let said = try await ground.healAll()
      #expect(said.contains("ended an injection"), "\(said)")
      _ = try await injection
      _ = try await ground.lab.text("n1", "sleep 4.5")
      let after = try await ground.snapshot("n1")
      Ground.expectSame(before, after, "afterwards")
      #expect(try await ground.healAll() == "")
    }
  }
}
