import FoundationEssentials
import TestSupport
import Testing

private let needsMachines = Comment(
  rawValue: "needs root and the disk of a machine, which 'make machine' makes")

/// What nodes of a lab cannot show, since they share this machine's kernel: faults on machines with a clock, an
/// init and control groups of their own, injected by the command line over SSH and looked at from outside.
@Suite(.serialized, .enabled(if: isRoot && Machines.exists, needsMachines))
struct MachineTests {
  /// How far a node's clock is ahead of this machine's, in seconds; asking takes less than two.
  private func ahead(_ machines: Machines, _ node: String) async throws -> Double {
    guard let theirs = Double(try await machines.text(node, "date +%s.%N")) else {
      throw TestFailure("no time of \(node)")
    }
    return theirs - Date().timeIntervalSince1970
  }

  @Test func aClockJumpsAndComesBack() async throws {
    try await alone {
      let machines = try await Machines.started.value
      let before = try await ahead(machines, "n1")
      try await machines.live("clock-step", ["seconds=-5000"]) { () async throws in
        #expect(abs(try await ahead(machines, "n1") - before + 5000) < 3)
        #expect(abs(try await ahead(machines, "n2")) < 5)
      }
      #expect(abs(try await ahead(machines, "n1") - before) < 3)
    }
  }

  @Test func aClockIsFastAndComesBack() async throws {
    try await alone {
      let machines = try await Machines.started.value
      let before = try await ahead(machines, "n1")
      try await machines.live("clock-skew", ["permille=500"]) { () async throws in
        try await Task.sleep(for: .seconds(8))
        let first = try await ahead(machines, "n1") - before
        try await Task.sleep(for: .seconds(4))
        let second = try await ahead(machines, "n1") - before
        #expect(first > 3 && second > first + 1, "\(first), then \(second)")
      }
      #expect(abs(try await ahead(machines, "n1") - before) < 3)
    }
  }

  /// systemd starts the server at once wherever it ends: not while it is to be dead.
  @Test func aKilledServiceStaysDead() async throws {
    try await alone {
      let machines = try await Machines.started.value
      #expect(try await machines.text("n1", "systemctl show -p Restart server") == "Restart=always")
      let pid = try await machines.text("n1", "systemctl show -p MainPID server")
      try await machines.live("kill") { () async throws in
        for _ in 0..<3 {
          #expect(try await machines.text("n1", "pgrep -f '[s]erver.pl' || echo none") == "none")
        }
      }
      let after = try await machines.text("n1", "systemctl show -p MainPID server")
      #expect(after != pid && after != "MainPID=0", "\(after)")
      // And again, as it did before.
      _ = try await machines.text(
        "n1",
        """
        kill -KILL $(systemctl show -p MainPID server | tr -dc 0-9)
        until [ "$(systemctl show -p MainPID server)" != "\(after)" ] && systemctl is-active -q server
        do sleep 0.2; done
        """)
    }
  }

  @Test func aGroupOfTheSecondVersionLimitsMemory() async throws {
    try await alone {
      let machines = try await Machines.started.value
      try await machines.live("memory", ["megabytes=64"]) { () async throws in
        let said = try await machines.text(
          "n1",
          """
          pid=$(systemctl show -p MainPID server | tr -dc 0-9)
          group=$(sed -n 's/^0:://p' /proc/$pid/cgroup)
          cat "/sys/fs/cgroup$group/memory.max"
          """)
        // Not less than what it has, and some megabytes.
        #expect((Int(said) ?? 0) > 1 << 20 && (Int(said) ?? 0) < 1 << 30, "\(said)")
      }
    }
  }

  /// By nft, which hands packets to the program only where the kernel has nft_queue.
  @Test func packetsAreLateByTheQueueOfNft() async throws {
    try await alone {
      let machines = try await Machines.started.value
      try await machines.live(
        "packets", ["shape=one", "delay=400ms", "jitter=0ms"], target: nil
      ) { () async throws in
        let rules = try await machines.text("n1", "nft list ruleset")
        #expect(rules.contains("queue"), "\(rules)")
        // "-U": by its own clock, since the kernel notes when a packet came before it is queued.
        let ping = try await machines.text(
          "n1", "ping -U -q -c 3 10.98.0.12 | sed -n 's#^rtt.* = \\([0-9]*\\).*#\\1#p'")
        #expect((Int(ping) ?? 0) >= 800, "a round trip takes \(ping) ms")
      }
    }
  }

  @Test func aMachineRestartsAndItsServiceWithIt() async throws {
    try await alone {
      let machines = try await Machines.started.value
      let boot = "cat /proc/sys/kernel/random/boot_id"
      let before = try await machines.text("n2", boot)
      let restart = try machines.faultline([
        "nemesis", "inject", "reset", "--target", "n2", "--for", "1s", "--yes", "--workload",
        machines.workloadFile,
      ])
      let ended = try await restart.end(within: .seconds(300))
      #expect(ended.status == 0, "\(ended.text)")
      try await machines.waitUntilUp("n2")
      #expect(try await machines.text("n2", boot) != before)
    }
  }
}
