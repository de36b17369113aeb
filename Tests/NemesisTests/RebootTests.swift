import Glibc
import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Boots of nodes: those that are faults, and those that come in the middle of another fault.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct RebootTests {
  // MARK: In the middle of a fault

  /// All that a lab's node can have without a client or an open connection, with what must still be seen
  /// of it after a boot; nil where that ends it.
  private static func faults(_ ground: Ground) throws -> [(fault: ChosenFault, outlives: String?)] {
    let fixed: [String: Value] = ["files": .string("db/fixed")]
    let own: [String: Value] = [
      "inject": .string("echo x > /etc/own"), "verify": .string("[ -e /etc/own ]"),
      "heal": .string("rm -f /etc/own"),
    ]
    // The kernel is that of all nodes, so groups outlive the boot of one.
    let groups = """
      cp /var/lib/faultline/node/faults/1-*/group /etc/noted
      for type in cgroup2 "cgroup -o cpu" "cgroup -o memory"; do
        mount -t $type none /mnt || continue
        left=$(ls -d "/mnt/$(cat /etc/noted)")
        umount /mnt
        [ -z "$left" ] || exit 0
      done
      exit 1
      """
    let files: [(FaultKind, [String: Value], String)] = [
      (.diskFull, [:], "[ -s /data/.faultline-balloon ]"),
      (.inodesFull, [:], "[ -d /data/.faultline-inodes ]"),
      (.bitFlip, fixed, "! seq 1000 | cmp -s - /data/db/fixed"),
      (.truncatedFile, fixed, "! seq 1000 | cmp -s - /data/db/fixed"),
      (.tornTail, fixed, "! seq 1000 | cmp -s - /data/db/fixed"),
      (
        .oldFile, ["files": .string("db/ticks"), "age": .integer(800)],
        "[ -e /data/.faultline-newer ]"
      ),
      (.restartWiped, [:], "[ -d /data/.faultline-kept/db ]"),
      (.restartStale, ["age": .integer(300)], "[ -d /data/.faultline-kept/db ]"),
      (.custom, own, "[ -e /etc/own ]"),
      (.powerLoss, [:], "[ -d /data ]"), (.freeze, [:], groups), (.cpu, [:], groups),
      (.memory, [:], groups),
    ]
    let others: [FaultKind] = [
      .kill, .terminate, .pause, .crashLoop, .restart, .fileDescriptors, .readOnly, .diskSlow,
      .diskHang, .ioError, .processClock, .bandwidth, .swizzle,
    ]
    let shaped: [FaultKind] = [.partition, .loss, .flapping]
    return files.map { (ground.fault($0, $1, of: ["n1"]), $2) }
      + others.map { (ground.fault($0, of: ["n1"]), nil) }
      + (try shaped.map { (try ground.shaped($0, .one), nil) })
  }

  private func reboot(_ ground: Ground, _ node: String = "n1") async throws {
    let ended = try await program([faultline, "lab", "reboot", "--name", ground.lab.name, node])
    guard ended.status == 0 else { throw TestFailure("the node is not back: \(ended.text)") }
  }

  /// What differs from boot to boot.
  private func boot(_ ground: Ground, _ node: String) async throws -> String {
    try await ground.lab.text(node, NodeState.functions + "echo $boot")
  }

  private func forget(_ ground: Ground) async throws {
    for node in ground.nodes { _ = try await ground.lab.text(node.name, NodeState.forget.body) }
  }

  /// The control side is gone for good, and so is the watchdog after the boot.
  @Test func healingFromElsewhereRestoresWhatABootLeft() async throws {
    try await Ground.with { ground in
      try await forget(ground)
      let before = try await ground.snapshots()
      for (fault, outlives) in try Self.faults(ground) {
        for node in ground.nodes { try await ground.prepare(node) }
        try await ground.succeed(.inject, fault)
        try await ground.succeed(.verify, fault)
        try await reboot(ground)
        let left = try await ground.lab.text("n1", NodeState.leftovers.body)
        if let outlives {
          #expect(try await ground.lab.on("n1", outlives).status == 0, "\(fault.title) is gone")
          #expect(left == "1-\(fault.name)\n")
        } else {
          #expect(left == "")
        }
        #expect(try await ground.lab.on("n1", "[ -e /run/server.pid ]").status != 0)
        let heal = try await program([faultline, "heal"] + ground.lab.flags)
        #expect(heal.status == 0, "\(fault.title): \(heal.text)")
        #expect(heal.output.contains("n1: started the target again"), "\(heal.text)")
        let after = try await ground.snapshots()
        Ground.expectSame(before, after, fault.title)
        if let outlives, fault.kind != .powerLoss {
          #expect(try await ground.lab.on("n1", outlives).status != 0, "\(fault.title) is there")
        }
      }
      let again = try await program([faultline, "heal"] + ground.lab.flags)
      #expect(again.status == 0 && again.output.contains("nothing to heal"), "\(again.text)")
    }
  }

  /// The control side lives: it takes its lease again, and undoes the fault when it is time.
  @Test func theLivingControlSideRestoresWhatABootLeft() async throws {
    try await Ground.with { ground in
      try await forget(ground)
      let scratch = try Scratch()
      let workload = try scratch.write(SoakTests.workload, to: "w.toml")
      let before = try await ground.snapshots()
      // One of each way in which a boot ends a fault will do.
      let others: [FaultKind] = [.kill, .pause, .readOnly, .diskHang, .partition]
      for (fault, outlives) in try Self.faults(ground)
      where outlives != nil || others.contains(fault.kind) {
        let settings = fault.settings.values.filter { $0.key != "draw" }.map { name, value in
          switch value {
          case .string(let text): "\(name)=\(text)"
          case .integer(let number)
          where fault.kind.parameters.contains { $0.name == name && $0.isTime }:
            "\(name)=\(number)ms"
          default: "\(name)=\(value.json)"
          }
        }
        let injection = try Program(
          [
            faultline, "nemesis", "inject", fault.name, "--workload", workload, "--lease", "3s",
            "--for", "3s",
          ] + (fault.grudge == nil ? ["--target", "n1"] : []) + ground.lab.flags
            + settings.flatMap { ["--set", $0] })
        try await says(injection, " verified ")
        try await reboot(ground)
        let ended = try await injection.end()
        #expect(ended.status == 0, "\(fault.title): \(ended.text)")
        #expect(ended.output.contains(" healed "), "\(fault.title): \(ended.text)")
        #expect(ended.errors.contains("n1 has booted: started the target again"), "\(ended.text)")
        let after = try await ground.snapshots()
        Ground.expectSame(before, after, fault.title)
      }
    }
  }

  private func says(_ program: Program, _ text: String) async throws {
    for _ in 0..<3000 {
      if program.output.contains(text) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw TestFailure("it does not say '\(text)': \(program.errors)\(program.output)")
  }

  // MARK: As a fault

  @Test(arguments: [
    "reboot", "reset", "reboot from here", "reset from here", "shutdown", "shutdown from here",
  ])
  func nodesGoDownAndAreBack(_ how: String) async throws {
    try await Ground.with { ground in
      try await forget(ground)
      let scratch = try Scratch()
      let workload = try scratch.write(SoakTests.workload, to: "w.toml")
      let before = try await ground.snapshots()
      var boots: [String] = []
      for node in ["n1", "n2", "n3"] { boots.append(try await boot(ground, node)) }
      let button = "\(faultline) lab reboot --name \(ground.lab.name) $node"
      let poweroff = "\(faultline) lab exec --name \(ground.lab.name) $node -- poweroff; true"
      let settings =
        switch how {
        case "reboot from here", "reset from here": ["command=\(button)"]
        case "shutdown": ["on=\(button)"]
        case "shutdown from here": ["on=\(button)", "off=\(poweroff)"]
        default: [String]()
        }
      let name = String(how.prefix { $0 != " " })
      let injection = try Program(
        [
          faultline, "nemesis", "inject", name, "--workload", workload, "--for", "2s", "--target",
          "n1,n3",
        ] + ground.lab.flags + settings.flatMap { ["--set", $0] })
      try await says(injection, " verified ")
      let isOff = try await program([faultline, "lab", "status"]).output
        .split(separator: "\n").drop { !$0.hasPrefix("\(ground.lab.name):") }.dropFirst().prefix(3)
        .map { $0.contains("not running") }
      #expect(isOff == [name == "shutdown", false, name == "shutdown"], "\(isOff)")
      let ended = try await injection.end()
      #expect(ended.status == 0, "\(ended.text)")
      #expect(ended.output.contains(" healed "), "\(ended.text)")
      for (node, old) in zip(["n1", "n2", "n3"], boots) {
        #expect((try await boot(ground, node) == old) == (node == "n2"), "\(node): \(ended.text)")
      }
      let after = try await ground.snapshots()
      Ground.expectSame(before, after, how)
    }
  }

  /// Killed before the boot, in the middle of it, and after it.
  @Test(arguments: [0, 300, 700, 1200, 2500])
  func aBootWithoutItsControlSideIsHealedFromElsewhere(milliseconds: Int) async throws {
    try await Ground.with { ground in
      try await forget(ground)
      let scratch = try Scratch()
      let workload = try scratch.write(SoakTests.workload, to: "w.toml")
      let before = try await ground.snapshots()
      let injection = try Program(
        [
          faultline, "nemesis", "inject", "reboot", "--workload", workload, "--for", "20s",
          "--target", "n1", "--lease", "3s",
        ] + ground.lab.flags)
      try await says(injection, "reboot inject")
      try await Task.sleep(for: .milliseconds(milliseconds))
      injection.signal(SIGKILL)
      _ = try await injection.end()
      // It boots now, or has, or does not at all.
      try await Task.sleep(for: .seconds(1.5))
      var heal = try await program([faultline, "heal"] + ground.lab.flags)
      for _ in 0..<20 where heal.status != 0 {
        heal = try await program([faultline, "heal"] + ground.lab.flags)
      }
      #expect(heal.status == 0, "\(heal.text)")
      let after = try await ground.snapshots()
      Ground.expectSame(before, after, "\(milliseconds) ms")
    }
  }

  @Test func aNodeThatDoesNotGoDownIsNamedAndLeftAsItWas() async throws {
    try await Ground.with { ground in
      try await forget(ground)
      let scratch = try Scratch()
      let workload = try scratch.write(SoakTests.workload, to: "w.toml")
      let before = try await ground.snapshots()
      for (fault, settings, reason) in [
        ("reboot", ["command=echo hopeless >&2; exit 3"], "hopeless"),
        ("reboot", ["command=true"], "has not gone down"),
        ("shutdown", ["on=true", "off=true"], "has not gone down"),
      ] {
        let ended = try await program(
          [
            faultline, "nemesis", "inject", fault, "--workload", workload, "--target", "n1",
            "--set", "within=1s",
          ] + ground.lab.flags + settings.flatMap { ["--set", $0] })
        #expect(ended.status == 69 && ended.errors.contains(reason), "\(ended.text)")
        let after = try await ground.snapshots()
        Ground.expectSame(before, after, "\(fault) \(settings)")
      }
      // A node without the command is found before anything is done, unless a command of one's own is given.
      _ = try await ground.lab.text(
        "n1", "rm /usr/local/sbin/reboot /usr/sbin/reboot /sbin/reboot; true")
      let own = ["--set", "command=\(faultline) lab reboot --name \(ground.lab.name) $node"]
      for settings in [[], own] {
        let ended = try await program(
          [faultline, "nemesis", "inject", "reboot", "--workload", workload, "--target", "n1"]
            + ["--for", "0s"] + ground.lab.flags + settings)
        #expect((ended.status == 0) == !settings.isEmpty, "\(ended.text)")
        if settings.isEmpty {
          #expect(ended.errors.contains("reboot is missing"), "\(ended.text)")
          let after = try await ground.snapshots()
          Ground.expectSame(before, after, "refused")
        }
      }
    }
  }

  // MARK: Leases

  @Test func aBootIsToldFromAHeal() async throws {
    try await Ground.with { ground in
      let lease = NodeLease(owner: Ground.owner, lasting: .seconds(600))
      let other = NodeLease(owner: "somebody else", lasting: .seconds(600))
      func run(_ script: NodeScript) async throws -> Program.Ended {
        try await ground.lab.on("n1", script.body)
      }
      try await reboot(ground)
      #expect(try await run(lease.renew).status == NodeLease.bootedStatus)
      #expect(try await run(other.renew).status == NodeLease.heldStatus)
      // Taken again, it is as before; the target is started once.
      try await ground.prepare(ground.node("n1"))
      #expect(try await run(lease.renew).status == 0)
      #expect(try await run(NodeState.revive).output == "started the target again\n")
      #expect(try await run(NodeState.revive).output == "")
      try await ground.succeed(.inject, ground.fault(.kill, of: ["n1"]))
      #expect(try await ground.healAll().contains("undid 1-kill"))

      // Given up after a boot, nothing is left of it.
      try await reboot(ground)
      #expect(try await run(other.release).status == 0)
      #expect(try await run(lease.renew).status == NodeLease.bootedStatus)
      #expect(try await run(lease.release).status == 0)
      #expect(try await ground.lab.on("n1", "ls -d \(NodeState.lasting)").status != 0)

      // Healed after the boot by somebody else, it is lost.
      try await ground.prepare(ground.node("n1"))
      _ = try await ground.lab.text("n1", ". \(NodeState.folder)/node.sh; ensure_running")
      try await ground.succeed(.inject, ground.fault(.diskFull, of: ["n1"]))
      try await reboot(ground)
      let heal = try await program([faultline, "heal"] + ground.lab.flags)
      #expect(heal.status == 0 && heal.output.contains("undid 1-disk-full"), "\(heal.text)")
      #expect(try await run(lease.renew).status == NodeLease.heldStatus)

      // Whoever takes a node that has booted heals what was left to it.
      try await ground.prepare(ground.node("n1"))
      try await ground.succeed(.inject, ground.fault(.diskFull, of: ["n1"]))
      try await reboot(ground)
      let taken = try await run(other.acquire)
      #expect(taken.status == 0 && taken.output.contains("undid 1-disk-full"), "\(taken.text)")
      #expect(try await ground.lab.on("n1", "ls /data/.faultline-balloon").status != 0)
      try await ground.waitUntilServing("n1")
      #expect(try await run(lease.renew).status == NodeLease.heldStatus)
    }
  }

  /// What notes of processes say is not believed in another boot, even where number and time are the same.
  @Test func processesOfAnotherBootAreLeftAlone() async throws {
    try await Ground.with { ground in
      let script =
        NodeState.functions + """
          setsid sleep 1000 </dev/null >/dev/null 2>&1 & p=$!
          echo "$p $(starttime $p)" > /run/noted
          alive /run/noted || exit 3
          boot=${boot}x
          ! alive /run/noted || exit 4
          end_process /run/noted
          kill -KILL $p
          """
      let ended = try await ground.lab.on("n1", script)
      #expect(ended.status == 0, "\(ended.text)")
    }
  }
}

extension FaultParameter {
  fileprivate var isTime: Bool { if case .duration = domain { true } else { false } }
}
