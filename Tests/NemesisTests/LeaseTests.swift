import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// The lease of a node, and the watchdog that heals it when nobody renews it.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct LeaseTests {
  private func lease(_ owner: String = Ground.owner, seconds: Int = 2) -> NodeLease {
    NodeLease(owner: owner, lasting: .seconds(seconds))
  }

  private func run(_ ground: Ground, _ script: NodeScript) async throws -> Program.Ended {
    try await ground.lab.on("n1", script.body)
  }

  private func waitUntilGone(_ ground: Ground) async throws {
    for _ in 0..<60 {
      if try await ground.lab.on("n1", "ls -d \(NodeState.folder)").status != 0 { return }
      try await Task.sleep(for: .milliseconds(250))
    }
    throw TestFailure(try await ground.lab.on("n1", "ls -lR \(NodeState.folder)").text)
  }

  @Test func aNodeHealsItselfWhenItsLeaseRunsOut() async throws {
    try await Ground.with { ground in
      _ = try await ground.lab.text("n1", NodeState.forget.body)
      let before = try await ground.snapshot("n1")
      for fault in [
        try ground.shaped(.partition, .one), ground.fault(.pause, of: ["n1"]),
        ground.fault(.diskHang, of: ["n1"]), ground.fault(.crashLoop, of: ["n1"]),
        ground.fault(.freeze, of: ["n1"]), ground.fault(.powerLoss, of: ["n1"]),
      ] {
        try await ground.prepare(ground.node("n1"), lasting: .seconds(4))
        let script = ground.scripts.script(.inject, of: fault, on: ground.node("n1"))
        let injected = try await run(ground, script)
        #expect(injected.status == 0, "\(fault.title): \(injected.text)")
        try await waitUntilGone(ground)
        let after = try await ground.snapshot("n1")
        Ground.expectSame(before, after, fault.title)
      }
    }
  }

  @Test func aRenewedLeaseLastsAndAReleasedOneEndsTheWatchdog() async throws {
    try await Ground.with { ground in
      _ = try await ground.lab.text("n1", NodeState.forget.body)
      #expect(try await run(ground, lease().acquire).status == 0)
      for _ in 0..<8 {
        try await Task.sleep(for: .milliseconds(600))
        #expect(try await run(ground, lease().renew).status == 0)
      }
      let watchdog = "read -r pid start < \(NodeState.folder)/watchdog; kill -0 $pid; echo $pid"
      let pid = try await ground.lab.text("n1", watchdog)
      #expect(try await run(ground, lease().release).status == 0)
      #expect(try await ground.lab.on("n1", "sleep 0.2; kill -0 \(pid)").status != 0)
      #expect(try await run(ground, lease().renew).status == NodeLease.heldStatus)
    }
  }

  /// As on a node that goes down, or where memory ran out.
  @Test func aDeadWatchdogIsReplacedWhileTheLeaseLastsAndNotLater() async throws {
    try await Ground.with { ground in
      let kill = "read -r w start < \(NodeState.folder)/watchdog; kill -KILL $w"
      _ = try await ground.lab.text("n1", kill)
      let renewed = try await run(ground, lease(seconds: 600).renew)
      #expect(renewed.status == 0, "\(renewed.text)")
      try await ground.succeed(.inject, ground.fault(.kill, of: ["n1"]))

      _ = try await ground.lab.text("n1", "\(kill); echo 0 > \(NodeState.folder)/lease")
      let late = try await run(ground, lease(seconds: 600).renew)
      #expect(late.status == NodeLease.heldStatus)
      #expect(late.errors.contains("watchdog has died"))
    }
  }

  /// With nft the kernel lets packets pass again where nobody is left who would heal the node, and not before.
  @Test func theKernelEndsAPartitionThatNobodyKeepsUp() async throws {
    try await Ground.with { ground in
      let renewal = lease(seconds: 4).renew
      try await ground.prepare(ground.node("n1"), lasting: .seconds(4))
      try await ground.succeed(.inject, try ground.shaped(.partition, .one))
      // Longer than the kernel waits without a renewal.
      for _ in 0..<16 {
        try await Task.sleep(for: .seconds(1))
        let renewed = try await run(ground, renewal)
        #expect(renewed.status == 0, "\(renewed.text)")
      }
      // By a datagram, which n1's rules alone withhold: those of n2 are about what n1 says.
      _ = try await ground.lab.text(
        "n1", "read -r w start < \(NodeState.folder)/watchdog; kill -KILL $w")
      #expect(try await !ground.hears(from: "n2", to: "n1"))
      _ = try await ground.lab.text("n1", "sleep 15")
      #expect(try await ground.hears(from: "n2", to: "n1"))
      #expect(try await ground.lab.text("n1", "nft list tables").contains("faultline_1"))
      #expect(try await ground.healAll().contains("undid 1-partition"))
    }
  }

  @Test func nobodyElseGetsANodeUntilItsLeaseHasRunOut() async throws {
    try await Ground.with { ground in
      let other = lease("somebody else")
      let refused = try await run(ground, other.acquire)
      #expect(refused.status == NodeLease.heldStatus)
      #expect(refused.output.hasPrefix("held ") && refused.output.hasSuffix(" \(Ground.owner)\n"))
      #expect(try await run(ground, other.renew).status == NodeLease.heldStatus)
      #expect(try await run(ground, other.release).status == 0)
      #expect(try await run(ground, lease(seconds: 600).renew).status == 0)

      // A lease that has run out, of an owner whose watchdog is dead too: healed and taken over.
      let pid = try await ground.pid("n1")
      try await ground.succeed(.inject, ground.fault(.pause, of: ["n1"]))
      _ = try await ground.lab.text(
        "n1",
        "read -r w start < \(NodeState.folder)/watchdog; kill -KILL $w; echo 0 > \(NodeState.folder)/lease"
      )
      let taken = try await run(ground, other.acquire)
      #expect(taken.status == 0, "\(taken.text)")
      #expect(try await ground.state("n1", pid) == "S")
      #expect(try await run(ground, lease().renew).status == NodeLease.heldStatus)
    }
  }

  /// bash stays to wait for the last of a list, where other shells become it.
  @Test(arguments: ["dash", "bash"])
  func theWatchdogHoldsNoOutputOpen(_ shell: String) async throws {
    try await Ground.with { ground in
      _ = try await ground.lab.text("n1", NodeState.forget.body)
      let script =
        "cat > /run/acquire <<'ALL_OF_IT'\n\(lease(seconds: 15).acquire.body)\nALL_OF_IT\n"
        + "\(shell) /run/acquire | cat"
      let start = ContinuousClock.now
      #expect(try await ground.lab.on("n1", script).status == 0)
      #expect(try await ground.lab.on("n1", "ls \(NodeState.folder)/lease").status == 0)
      #expect(start.duration(to: .now) < .seconds(14))
    }
  }

  @Test func nothingIsInjectedWithoutAWatchdog() async throws {
    try await Ground.with { ground in
      let pid = try await ground.pid("n1")
      _ = try await ground.lab.text(
        "n1", "read -r w start < \(NodeState.folder)/watchdog; kill -KILL $w")
      let answer = try await ground.run(.inject, ground.fault(.kill, of: ["n1"]))["n1"]
      #expect(answer?.status == 4, "\(answer?.text ?? "")")
      #expect(answer?.errors.contains("no watchdog is alive") == true)
      #expect(try await ground.state("n1", pid) == "S")
      #expect(try await ground.lab.text("n1", NodeState.leftovers.body) == "")
    }
  }

  /// A command whose control side has died arrives when the node is healed already.
  @Test func aLateCommandMakesNoFolderAgain() async throws {
    try await Ground.with { ground in
      let node = ground.node("n1")
      _ = try await ground.lab.text("n1", NodeState.forget.body)
      let late = NodeState.remember(Ground.target, on: node, among: ground.nodes)
      #expect(try await ground.lab.on("n1", late.body).status != 0)
      let left = "ls -d \(NodeState.folder) \(NodeState.lasting) 2>/dev/null || true"
      #expect(try await ground.lab.text("n1", left) == "")
    }
  }

  /// Whoever has lost a node to somebody else neither injects there nor undoes what is the other's.
  @Test func nothingIsDoneOnANodeThatSomebodyElseHasTaken() async throws {
    try await Ground.with { ground in
      let pid = try await ground.pid("n1")
      let theirs = FaultScripts(
        owner: "somebody else", target: Ground.target, nodes: ground.nodes, facts: [])
      let pause = ground.fault(.pause, of: ["n1"])
      let refused = try await run(
        ground, theirs.script(.inject, of: pause, on: ground.node("n1")))
      #expect(refused.status == 4 && refused.errors.contains("in other hands now: the tests"))
      #expect(try await ground.state("n1", pid) == "S")
      #expect(try await ground.lab.text("n1", NodeState.leftovers.body) == "")
      try await ground.succeed(.inject, pause)
      let healed = try await run(ground, theirs.script(.heal, of: pause, on: ground.node("n1")))
      #expect(healed.status == 4, "\(healed.text)")
      #expect(try await ground.state("n1", pid) == "T")
      try await ground.succeed(.heal, pause)
    }
  }

  /// Several that heal at once do each thing once.
  @Test func manyMayHealAtTheSameTime() async throws {
    try await Ground.with { ground in
      try await ground.succeed(.inject, ground.fault(.kill, of: ["n1"]))
      async let first = ground.lab.on("n1", NodeState.heal.body)
      async let second = ground.lab.on("n1", NodeState.heal.body)
      async let third = ground.lab.on("n1", NodeState.heal.body)
      let answers = try await [first, second, third]
      for answer in answers { #expect(answer.status == 0, "\(answer.text)") }
      let said = answers.map(\.output).joined()
      #expect(
        said.split(separator: "started the target again", omittingEmptySubsequences: false).count
          == 2, "\(said)")
      #expect(try await ground.lab.text("n1", "cat /proc/[0-9]*/comm | grep -c perl") == "2\n")
    }
  }
}
