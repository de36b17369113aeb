import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Every fault on real nodes, seen by means that have nothing in common with the product's own.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct RealNodeTests {
  private func partition(_ ground: Ground, _ shape: PartitionShape, deaf: Bool = false)
    -> ChosenFault
  {
    .partition(
      1, shape, over: ground.nodes.map(\.name), leader: nil, deaf: deaf, among: ground.nodes)
  }

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

      let fault = partition(ground, .one)
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
      let said = try await ground.healAll()
      #expect(said.contains("removed the ip6tables chain FAULTLINE"))
      _ = try await ground.lab.text("n1", "kill -KILL $(cat /run/reader); sleep 0.3")
      let after = try await ground.snapshot("n1")
      #expect(after == before)
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
      let fault = partition(ground, .oneWay, deaf: deaf)
      #expect(try await arrives(ground, from: "n1", to: "n2"))
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      #expect(try await arrives(ground, from: "n1", to: "n2") == deaf)
      #expect(try await arrives(ground, from: "n2", to: "n1") == !deaf)
      #expect(try await arrives(ground, from: "n2", to: "n3"))
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      #expect(try await arrives(ground, from: "n2", to: "n1"))
      #expect(try await arrives(ground, from: "n1", to: "n2"))
    }
  }

  private func arrives(_ ground: Ground, from: String, to: String) async throws -> Bool {
    let receive = """
      $s = IO::Socket::IP->new(LocalHost => "0.0.0.0", LocalPort => 7001, Proto => "udp");
      $SIG{ALRM} = sub { exit 1 }; alarm 2; $s->recv($b, 9); exit 0
      """
    let send = """
      $s = IO::Socket::IP->new(PeerHost => "\(ground.address(to))", PeerPort => 7001, Proto => "udp");
      for (1..8) { $s->send("x"); select(undef, undef, undef, 0.1) }
      """
    async let received = ground.lab.on(to, "exec perl -MIO::Socket::IP -e '\(receive)'")
    _ = try await ground.lab.on(from, "sleep 0.3; exec perl -MIO::Socket::IP -e '\(send)'")
    return try await received.status == 0
  }

  @Test func aKilledProcessIsGoneAndComesBackAsAnother() async throws {
    try await Ground.with { ground in
      let before = try await ground.snapshot("n2")
      let pid = try await ground.pid("n2")
      let fault = ground.fault(.kill, of: ["n2"])
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      #expect(try await ground.state("n2", pid) == "")
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .noConnection)
      #expect(try await ground.talk("n1", to: ground.address("n3")) == .data)
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      #expect(try await ground.pid("n2") != pid)
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)
      #expect(try await ground.healAll() == "")
      let after = try await ground.snapshot("n2")
      #expect(after == before)
    }
  }

  @Test func aPausedProcessIsStoppedAndAcceptsWithoutAnAnswer() async throws {
    try await Ground.with { ground in
      let before = try await ground.snapshot("n2")
      let pid = try await ground.pid("n2")
      let fault = ground.fault(.pause, of: ["n2"])
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      #expect(try await ground.state("n2", pid) == "T")
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .silence)
      #expect(try await ground.talk("n2", to: ground.address("n1")) == .data)
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      #expect(try await ground.state("n2", pid) == "S")
      #expect(try await ground.pid("n2") == pid)
      #expect(try await ground.talk("n1", to: ground.address("n2")) == .data)
      #expect(try await ground.healAll() == "")
      let after = try await ground.snapshot("n2")
      #expect(after == before)
    }
  }

  @Test func aFullDiskRefusesAnOrdinaryWriteOnThatNodeOnly() async throws {
    try await Ground.with { ground in
      let write = "dd if=/dev/zero of=/data/ordinary bs=4k count=1 2>&1; rm -f /data/ordinary"
      let before = try await ground.snapshot("n3")
      let fault = ground.fault(.diskFull, of: ["n3"])
      try await ground.succeed(.inject, fault)
      try await ground.succeed(.verify, fault)
      #expect(try await ground.lab.text("n3", write).contains("No space left on device"))
      #expect(!(try await ground.lab.text("n1", write).contains("No space")))
      try await ground.succeed(.heal, fault)
      try await ground.succeed(.verifyHealed, fault)
      #expect(!(try await ground.lab.text("n3", write).contains("No space")))
      #expect(try await ground.healAll() == "")
      let after = try await ground.snapshot("n3")
      #expect(after == before)
    }
  }

  @Test func whatDoesNotRunCannotBeKilledOrPaused() async throws {
    try await Ground.with { ground in
      _ = try await ground.lab.text("n1", Ground.target.stop + "; sleep 0.2")
      for (action, said) in [
        (ChosenFault.Action.kill, "nothing to kill"), (.pause, "nothing to pause"),
        (.diskFull, "the target does not run"),
      ] {
        let answer = try await ground.run(.inject, ground.fault(action, of: ["n1"]))["n1"]
        #expect(answer?.status == 3)
        #expect(answer?.errors.contains(said) == true)
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
        sleep 0.1; kill -STOP $p; sleep 0.1
        echo "$p 1" > \(NodeState.folder)/paused; echo $p
        """
      ).split(separator: "\n").joined()
      let fault = ground.fault(.pause, of: ["n1"])
      try await ground.succeed(.heal, fault)
      #expect(try await ground.state("n1", stranger) == "T")
      _ = try await ground.lab.text("n1", "echo '\(stranger) 1' > \(NodeState.folder)/paused")
      #expect(try await ground.healAll() == "")
      #expect(try await ground.state("n1", stranger) == "T")
      let start = try await ground.lab.text(
        "n1", "sed 's/.*) //' /proc/\(stranger)/stat | cut -d' ' -f20")
      _ = try await ground.lab.text(
        "n1",
        "echo '\(stranger) '\(start.split(separator: "\n").joined()) > \(NodeState.folder)/paused")
      #expect(try await ground.healAll() == "resumed process \(stranger)\n")
      #expect(try await ground.state("n1", stranger) == "S")
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
      #expect(said.contains("/data/\(NodeState.balloonName)"), "\(said)")
      _ = try await injection
      _ = try await ground.lab.text("n1", "sleep 4.5")
      let after = try await ground.snapshot("n1")
      #expect(after == before)
      #expect(try await ground.healAll() == "")
    }
  }
}
