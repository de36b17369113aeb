import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Faults of clocks, on nodes that share theirs with this machine, which must not notice.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct ClockTests {
  @Test func theClockOfAllIsNotTouched() async throws {
    try await Ground.with { ground in
      let before = try await ground.snapshots()
      for kind in [FaultKind.clockStep, .clockSkew, .clockStrobe] {
        let answer = try await ground.run(.inject, ground.fault(kind, of: ["n1"]))["n1"]
        #expect(answer?.status == 3, "\(answer?.text ?? "")")
        #expect(answer?.errors.contains("shares its clock with the control machine") == true)
      }
      Ground.expectSame(before, try await ground.snapshots(), "afterwards")
    }
  }

  /// The target's wall clock, by its three calls, less the node's, and how its monotonic clock
  /// differs, in seconds.
  private func offsets(_ ground: Ground, _ node: String) async throws -> [Double] {
    let client = """
      use Time::HiRes;
      $s = IO::Socket::IP->new(PeerHost => "127.0.0.1", PeerPort => 7000) or die;
      <$s>; $_ = <$s>; @t = split;
      $m = Time::HiRes::clock_gettime(1); $w = Time::HiRes::time();
      printf("%.1f\\n", $_ - $w) for @t[0..2]; printf("%.1f\\n", $t[3] - $m);
      """
    let said = try await ground.lab.text(node, "exec perl -MIO::Socket::IP -e '\(client)'")
    return said.split(separator: "\n").compactMap { Double($0) }
  }

  private func near(_ offsets: [Double], _ expected: Double) -> Bool {
    offsets.count == 4 && offsets.prefix(3).allSatisfy { abs($0 - expected) < 5 }
      && abs(offsets[3]) < 5
  }

  @Test func aProcessHasAClockOfItsOwn() async throws {
    try await Ground.with { ground in
      for ahead in [100_000_000, -3_600_500] {
        let fault = ground.fault(
          .processClock, ["milliseconds": .integer(Int64(ahead))], of: ["n2"])
        try await live(ground, fault) { () async throws in
          let seen = try await offsets(ground, "n2")
          #expect(near(seen, Double(ahead) / 1000), "\(seen)")
          #expect(near(try await offsets(ground, "n1"), 0))
        }
        #expect(near(try await offsets(ground, "n2"), 0))
      }
      // Half as fast again: it has gained more than a second after two.
      let drift = ground.fault(
        .processClock, ["milliseconds": .integer(0), "drift": .integer(500_000)], of: ["n2"])
      try await ground.succeed(.inject, drift)
      try await ground.succeed(.verify, drift)
      _ = try await ground.lab.text("n2", "sleep 2.2")
      let gained = try await offsets(ground, "n2")
      #expect(gained.count == 4 && gained[1] > 1 && abs(gained[3]) < 1, "\(gained)")
      try await ground.succeed(.heal, drift)

      // One that was started meanwhile has the node's clock, and the heal finds nothing to do.
      let fault = ground.fault(.processClock, of: ["n2"])
      try await ground.succeed(.inject, fault)
      _ = try await ground.lab.text(
        "n2", ". \(NodeState.folder)/node.sh; kill_target && start_target")
      try await ground.waitUntilServing("n2")
      #expect(near(try await offsets(ground, "n2"), 0))
      #expect(try await ground.run(.verify, fault)["n2"]?.status != 0)
      #expect(try await ground.healAll() == "undid 1-process-clock\n")
    }
  }

  /// The scripts of the system clock's faults, with a `date` that keeps a clock of its own: this
  /// machine's is never set.
  @Test(arguments: [
    (FaultKind.clockSkew, ["permille": Value.integer(-300)]),
    (.clockStrobe, ["milliseconds": .integer(40_000), "period": .integer(700)]),
  ])
  func aClockOfItsOwnIsSetAndComesBack(_ kind: FaultKind, _ settings: [String: Value]) async throws
  {
    try await Ground.with { ground in
      let date = """
        #!/bin/sh
        offset=$(cat /run/clock 2>/dev/null || echo 0)
        now=$(/usr/bin/date +%s%2N)
        case "$*" in
        *-s*) for last; do :; done; last=${last#@}; echo $((${last%.*}${last#*.} - now)) > /run/clock.new && mv /run/clock.new /run/clock ;;
        +%s%2N) echo $((now + offset)) ;;
        *) /usr/bin/date "$@" ;;
        esac
        """
      _ = try await ground.lab.text(
        "n1",
        """
        cat > /usr/local/bin/date <<'DATE'
        \(date)
        DATE
        chmod 755 /usr/local/bin/date
        echo another > /run/boot; mount --bind /run/boot /proc/sys/kernel/random/boot_id
        """)
      // To Faultline the node has just booted.
      try await ground.prepare(ground.node("n1"))
      try await live(ground, ground.fault(kind, settings, of: ["n1"])) { () async throws in
        var offsets: Set<Bool> = []
        for _ in 0..<40 where offsets.count < 2 {
          let offset = try await ground.lab.text("n1", "cat /run/clock").filter { $0 != "\n" }
          offsets.insert(abs(Int(offset) ?? 0) > 4)
        }
        #expect(offsets.contains(true))
        #expect(offsets.contains(false) == (kind == .clockStrobe))
      }
      let left = try await ground.lab.text("n1", "cat /run/clock").filter { $0 != "\n" }
      #expect(abs(Int(left) ?? 1000) < 20, "\(left) hundredths of a second")
    }
  }
}
