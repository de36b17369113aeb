import FoundationEssentials
import TestSupport
import Testing

/// What nodes of a lab cannot show, since they share this machine's kernel: faults on machines with a clock, an
/// init and control groups of their own, injected by the command line over SSH and looked at from outside.
///
/// Each machine has a processor: a test that needs one of them leaves the other to another test.
@Suite(
  .enabled(
    if: isRoot && Machines.exists,
    "needs root and the disks of machines, which 'make machine' makes"))
struct MachineTests {
  private static let first = Turn()
  private static let second = Turn()

  /// How far a node's clock is ahead of this machine's, in seconds; asking takes some.
  private func ahead(_ machines: Machines, _ node: String) async throws -> Double {
    guard let theirs = Double(try await machines.text(node, "date +%s.%N")) else {
      throw TestFailure("no time of \(node)")
    }
    return theirs - Date().timeIntervalSince1970
  }

  /// The lease is counted on a clock that does not jump: with the control side dead, the node heals itself in time.
  @Test func aClockJumpsAndComesBack() async throws {
    let machines = try await Machines.started.value
    try await Self.first.hold {
      let before = try await ahead(machines, "n1")
      try await machines.live("clock-step", ["seconds=-5000"], nodes: ["n1"], end: .killed) {
        () async throws in
        #expect(abs(try await ahead(machines, "n1") - before + 5000) < 5)
        #expect(try await machines.on("n1", "systemctl is-active chrony").output == "inactive\n")
        // Not in the session of who logged in, with which it could end.
        let watchdog = try await machines.text(
          "n1", "read -r pid _ < /run/faultline/watchdog; cat /proc/$pid/cgroup")
        #expect(watchdog.hasPrefix("0::/system.slice/run-"), "\(watchdog)")
      }
      #expect(abs(try await ahead(machines, "n1") - before) < 5)
    }
  }

  /// Also where the control side does not reach the node any more.
  @Test func aClockIsFastAndComesBack() async throws {
    let machines = try await Machines.started.value
    try await Self.first.hold {
      let before = try await ahead(machines, "n1")
      try await machines.live("clock-skew", ["permille=500"], nodes: ["n1"], end: .cutOff) {
        () async throws in
        try await Task.sleep(for: .seconds(10))
        let first = try await ahead(machines, "n1") - before
        try await Task.sleep(for: .seconds(6))
        let second = try await ahead(machines, "n1") - before
        #expect(first > 3 && second > first + 1, "\(first), then \(second)")
      }
      #expect(abs(try await ahead(machines, "n1") - before) < 5)
    }
  }

  @Test func aClockJumpsToAndFroAndIsRightAgain() async throws {
    let machines = try await Machines.started.value
    try await Self.second.hold {
      let before = try await ahead(machines, "n2")
      let settings = ["milliseconds=-600000", "period=3s"]
      try await machines.live("clock-strobe", settings, nodes: ["n2"], end: .killed) {
        () async throws in
        var seen: Set<Bool> = []
        for _ in 0..<20 where seen.count < 2 {
          let off = try await ahead(machines, "n2") - before
          #expect(abs(off) < 5 || abs(off + 600) < 5, "\(off)")
          seen.insert(off < -300)
        }
        #expect(seen == [true, false])
      }
      #expect(abs(try await ahead(machines, "n2") - before) < 5)
    }
  }

  @Test func aGroupOfTheSecondVersionLimitsMemory() async throws {
    let machines = try await Machines.started.value
    try await Self.first.hold {
      try await machines.live("memory", ["megabytes=64"], nodes: ["n1"]) { () async throws in
        let limit = try await machines.text(
          "n1",
          """
          pid=$(systemctl show -p MainPID server | tr -dc 0-9)
          cat "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)/memory.max"
          """)
        #expect((Int(limit) ?? 0) >= 64 << 20 && (Int(limit) ?? 0) < 256 << 20, "\(limit)")
        _ = try await machines.text(
          "n1",
          """
          pid=$(systemctl show -p MainPID server | tr -dc 0-9)
          systemctl kill -s USR2 --kill-who=main server
          until grep -q '^oom_kill [1-9]' "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)/memory.events"
          do sleep 0.2; done
          ! pgrep -x hungry
          """)
      }
    }
  }

  @Test func aGroupOfTheSecondVersionLimitsTheProcessor() async throws {
    let machines = try await Machines.started.value
    try await Self.first.hold {
      let used = """
        ticks() { cut -d ' ' -f 14 "/proc/$(pgrep -x busy)/stat"; }
        before=$(ticks); sleep 4; echo $(($(ticks) - before))
        """
      let group = "cat /proc/$(pgrep -x busy)/cgroup"
      _ = try await machines.text("n1", "systemctl kill -s USR1 --kill-who=main server; sleep 1")
      let own = try await machines.text("n1", group)
      let before = try await machines.text("n1", used)
      #expect((Int(before) ?? 0) > 250, "\(before) hundredths of a second in 4 seconds")
      try await machines.live("cpu", ["percent=10"], nodes: ["n1"], end: .killed) {
        () async throws in
        let limited = try await machines.text("n1", used)
        #expect((Int(limited) ?? 999) < 100, "\(limited) hundredths of a second in 4 seconds")
        #expect(try await machines.text("n1", group) != own)
      }
      #expect(try await machines.text("n1", group + "; pkill -KILL -x busy") == own)
    }
  }

  @Test func aGroupOfTheSecondVersionFreezes() async throws {
    let machines = try await Machines.started.value
    try await Self.first.hold {
      let listen = """
        timeout 5 perl -MIO::Socket::IP -e '
          $server = IO::Socket::IP->new(PeerHost => "127.0.0.1", PeerPort => 7000) or exit 2;
          exit(<$server> =~ /^tick/ ? 0 : 3)'
        """
      try await machines.live("freeze", nodes: ["n1"], end: .killed) { () async throws in
        // It is connected, since the kernel does that, and hears nothing.
        #expect(try await machines.on("n1", listen).status == 124)
      }
      #expect(try await machines.on("n1", listen).status == 0)
    }
  }

  @Test func thePowerIsCutUnderXFS() async throws {
    let machines = try await Machines.started.value
    try await Self.second.hold {
      #expect(try await machines.text("n2", "stat -f -c %T /data") == "xfs")
      let keepsBack = "/proc/sys/vm/dirty_writeback_centisecs"
      let usual = try await machines.text("n2", "cat \(keepsBack)")
      _ = try await machines.text(
        "n2", "sync; echo 0 > \(keepsBack); seq 200000 >> /data/db/ticks")
      try await machines.live("power-loss", nodes: ["n2"]) { () async throws in
        #expect(try await machines.text("n2", "grep -cx 199999 /data/db/ticks || true") == "0")
      }
      _ = try await machines.text("n2", "echo \(usual) > \(keepsBack)")
    }
  }

  @Test func writesHangUnderXFS() async throws {
    let machines = try await Machines.started.value
    try await Self.second.hold {
      let write =
        "setsid sh -c 'echo x > /data/late; rm /data/late; : > /run/late' </dev/null >/dev/null 2>&1 &"
      try await machines.live("disk-hang", nodes: ["n2"], end: .killed) { () async throws in
        _ = try await machines.text("n2", "rm -f /run/late; \(write)\nsleep 2; [ ! -e /run/late ]")
      }
      _ = try await machines.text("n2", "sleep 1; rm /run/late")
    }
  }

  /// systemd starts the server at once wherever it ends: not while it is to be dead, and again afterwards.
  @Test func aKilledServiceStaysDead() async throws {
    let machines = try await Machines.started.value
    try await Self.second.hold {
      #expect(try await machines.text("n2", "systemctl show -p Restart server") == "Restart=always")
      try await machines.live("kill", nodes: ["n2"]) { () async throws in
        for _ in 0..<3 {
          #expect(try await machines.text("n2", "pgrep -f '[s]erver.pl' || echo none") == "none")
          try await Task.sleep(for: .milliseconds(500))
        }
      }
      _ = try await machines.text(
        "n2",
        """
        before=$(systemctl show -p MainPID server)
        kill -KILL $(echo "$before" | tr -dc 0-9)
        until [ "$(systemctl show -p MainPID server)" != "$before" ] && systemctl is-active -q server
        do sleep 0.2; done
        """)
    }
  }

  @Test func aMachineRestartsAndItsServiceWithIt() async throws {
    let machines = try await Machines.started.value
    try await Self.second.hold {
      let boot = "cat /proc/sys/kernel/random/boot_id"
      let before = try await machines.text("n2", boot)
      let words = ["nemesis", "inject", "reset", "--for", "1s", "--set", "within=10m", "--yes"]
      let reset = try machines.faultline(
        words + ["--workload", machines.workloadFile], nodes: ["n2"])
      let ended = try await reset.end(within: .seconds(600))
      #expect(ended.status == 0, "\(ended.text)")
      #expect(try await machines.text("n2", boot) != before)
      #expect(try await machines.text("n2", "systemctl is-active server") == "active")
    }
  }

  /// By nft, which hands packets to the program only where the kernel has nft_queue.
  @Test func packetsAreLateByTheQueueOfNft() async throws {
    let machines = try await Machines.started.value
    try await Self.first.hold {
      try await Self.second.hold {
        let settings = ["shape=one", "delay=400ms", "jitter=0ms"]
        try await machines.live("packets", settings, nodes: Machines.nodes) { () async throws in
          #expect(try await machines.text("n1", "nft list ruleset").contains("queue"))
          // "-U": by its own clock, since the kernel notes when a packet came before it is queued.
          let least = try await machines.text(
            "n1", "ping -U -q -c 3 10.98.0.12 | sed -n 's#^rtt.* = \\([0-9]*\\).*#\\1#p'")
          #expect((Int(least) ?? 0) >= 800, "a round trip takes \(least) ms")
        }
      }
    }
  }
}
