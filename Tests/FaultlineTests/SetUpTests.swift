import Glibc
import TestSupport
import Testing

/// Targets and nodes that a test cannot be carried out on.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct SetUpTests {
  @Test func aTargetThatNeverBecomesHealthyIsNamed() async throws {
    try await withLab { lab in
      var workload = ShortWorkload()
      workload.target = ShortWorkload.sleeper([
        "healthy": "[ $node != n2 ] || { echo no quorum here >&2; exit 7; }"
      ])
      let place = try Place(workload)
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69, "\(ended.text)")
      for text in ["n2: cannot see sleeper healthy within 2s", "no quorum here", "status 7"] {
        #expect(ended.errors.contains(text), "\(text) is missing in: \(ended.text)")
      }
      try await expectNothingRuns(lab)
    }
  }

  @Test func aStartCommandThatFailsOnOneNodeIsShown() async throws {
    try await withLab { lab in
      var workload = ShortWorkload()
      let start = "[ $node = n3 ] && { echo 'bad flag --x' >&2; exit 12; }\n"
      workload.target = ShortWorkload.sleeper([
        "start": start + "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >/run/sleeper.pid"
      ])
      let place = try Place(workload)
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69, "\(ended.text)")
      #expect(ended.errors.contains("n3: cannot start sleeper: the command ended with status 12:"))
      #expect(ended.errors.contains("bad flag --x"))
      try await expectNothingRuns(lab)

      let kept = try await place.run(lab.flags + ["--leave-running"])
      #expect(kept.status == 69, "\(kept.text)")
      #expect(kept.errors.contains("left running"))
      #expect(try await sleepers(lab, "n1") == "1\n")
    }
  }

  private func sleepers(_ lab: TestLab, _ node: String) async throws -> String {
    try await lab.text(
      // The target's alone: a watchdog that has just ended may leave its last second behind.
      node, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'sleep 100[0]' | wc -l")
  }

  private func expectNothingRuns(_ lab: TestLab) async throws {
    for node in ["n1", "n2", "n3"] {
      #expect(try await sleepers(lab, node) == "0\n", "the target still runs on \(node)")
      #expect(try await remains(lab, node) == "")
    }
  }

  @Test func whatANodeLacksIsSaidBeforeAnythingStarts() async throws {
    try await withLab { lab in
      _ = try await lab.text(
        "n2", "for f in /usr/sbin/iptables* /usr/sbin/nft; do mv $f $f.gone; done")
      let doctor = try await program([faultline, "doctor"] + lab.flags)
      #expect(doctor.status == 69)
      #expect(
        doctor.output.contains(
          "n2: PROBLEM: iptables is missing, and so is nft; install the package iptables"))
      #expect(doctor.output.contains("n1: ok"))
      let place = try Place(ShortWorkload(lanes: ShortWorkload.lane("partition")))
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69, "\(ended.text)")
      #expect(ended.errors.contains("n2: iptables is missing"))
      #expect(!ended.errors.contains("set up"))
      #expect(try await !etcdRuns(lab, "n1"))
      // A workload that needs no firewall is not held up.
      let other = try await program(
        [faultline, "doctor", try Place(ShortWorkload()).scratch.path + "/w.toml"] + lab.flags)
      #expect(other.status == 66)
    }
  }

  @Test func whatFaultsNeedIsSaidBeforeTheRun() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(
        lanes: ["bandwidth", "disk-hang", "inodes-full"].map { ShortWorkload.lane($0) }.joined())
      workload.useNoClient()
      workload.target = ShortWorkload.sleeper()
      let place = try Place(workload)
      let doctor = [faultline, "doctor", place.scratch.path + "/w.toml"] + lab.flags
      let healthy = try await program(doctor)
      #expect(healthy.status == 0, "\(healthy.text)")
      _ = try await lab.text(
        "n2",
        """
        device=$(ip -o route get \(lab.addresses["n1", default: ""]) | sed 's/.* dev \\([^ ]*\\).*/\\1/')
        tc qdisc add dev "$device" root handle 1: htb
        mount -t tmpfs -o nr_inodes=2000000 none /data
        """)
      let texts = [
        "somebody has put a queueing discipline on the interface", "cannot be frozen",
        "more than a million free inodes",
      ]
      let sick = try await program(doctor)
      #expect(sick.status == 69 && sick.output.contains("n1: ok"), "\(sick.text)")
      for text in texts {
        let lines = sick.output.split(separator: "\n").filter { $0.contains(text) }
        #expect(lines.count == 1 && lines[0].hasPrefix("n2: PROBLEM: "), "\(text): \(sick.text)")
      }
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69 && !ended.errors.contains("set up"), "\(ended.text)")
      let inject = [faultline, "nemesis", "inject", "bandwidth", "--for", "100ms", "--target"]
      let refused = try await program(inject + ["n2"] + lab.flags)
      #expect(refused.status == 69, "\(refused.text)")
      for said in [ended, refused] {
        #expect(said.errors.contains("n2: " + texts[0]), "\(said.text)")
      }
      // What one node lacks is no matter where only another one is meant.
      let injected = try await program(inject + ["n1"] + lab.flags)
      #expect(injected.status == 0, "\(injected.text)")
      for text in texts { #expect(ended.errors.contains(text), "\(ended.text)") }
    }
  }

  /// The data of a run is new: whether it has such files is known once the target runs.
  @Test func filesThatNoFaultCanDamageAreNamedBeforeTheFirstFault() async throws {
    try await withLab { lab in
      var workload = ShortWorkload()
      workload.useNoClient()
      let start =
        "mkdir -p /data/log; echo data > /data/log/1; setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > /run/sleeper.pid"
      workload.target = ShortWorkload.sleeper(["start": start])
      let place = { (files: String) in
        workload.lanes = ShortWorkload.lane("bit-flip", "files = \"\(files)\"")
        return try Place(workload)
      }
      let right = try place("log/*")
      let ended = try await right.run(lab.flags)
      #expect([0, 2].contains(ended.status), "\(ended.text)")
      #expect(nemesisEvents(right.file("history.jsonl")).map(\.phase).contains("verified"))

      let wrong = try place("lag/*")
      let said = "none of the target's files that are not empty fits files = \"lag/*\""
      let refused = try await wrong.run(lab.flags + ["--leave-running"])
      #expect(refused.status == 69, "\(refused.text)")
      for node in ["n1", "n2", "n3"] { #expect(refused.errors.contains("\(node): \(said)")) }
      #expect(nemesisEvents(wrong.file("history.jsonl")).isEmpty)

      // Its target runs, and can be looked at.
      let file = wrong.scratch.path + "/w.toml"
      let doctor = try await program([faultline, "doctor", file] + lab.flags)
      #expect(doctor.status == 69, "\(doctor.text)")
      #expect(doctor.output.contains("n1: PROBLEM: \(said)"), "\(doctor.text)")
      let inject = [
        faultline, "nemesis", "inject", "bit-flip", "--workload", file, "--for", "100ms",
      ]
      let byHand = try await program(inject + ["--set", "files=lag/*"] + lab.flags)
      #expect(byHand.status == 69 && byHand.errors.contains("n1: \(said)"), "\(byHand.text)")
      let injected = try await program(inject + ["--set", "files=log/*"] + lab.flags)
      #expect(injected.status == 0, "\(injected.text)")
    }
  }

  /// A start whose connection breaks may have started the target: it is not sent again.
  @Test func aTargetIsNotStartedTwiceWhereTheConnectionBreaks() async throws {
    try await withLab { lab in
      var workload = ShortWorkload()
      workload.useNoClient()
      let cut = """
        echo started >> /run/starts
        parent=$PPID
        until [ "$(cat /proc/$parent/comm)" = sshd ]; do
          parent=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$parent/stat)
        done
        kill -KILL $parent
        """
      workload.target = ShortWorkload.sleeper(["start": cut])
      let place = try Place(workload)
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69, "\(ended.text)")
      #expect(ended.errors.contains("cannot start sleeper"), "\(ended.errors)")
      for node in ["n1", "n2", "n3"] {
        #expect(try await lab.text(node, "cat /run/starts") == "started\n")
      }
    }
  }

  /// The disk that a run before has filled is no reason not to take the nodes over from it.
  @Test func aFullDiskThatARunHasLeftIsHealedByTheNext() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "200ms", faults: "20s", coolDown: "100ms")
      workload.useNoClient()
      workload.target = ShortWorkload.sleeper()
      workload.lanes = ShortWorkload.lane("disk-full", lasting: "15s")
      let first = try Place(workload)
      let run = try Program(first.command(lab.flags + ["--lease", "3s"]))
      try await run.says("disk-full verified")
      run.signal(SIGKILL)
      _ = try await run.end()
      workload = ShortWorkload(warmUp: "200ms", faults: "1s", coolDown: "100ms")
      workload.useNoClient()
      workload.target = ShortWorkload.sleeper()
      let next = try await Place(workload).run(lab.flags)
      #expect([0, 2].contains(next.status), "\(next.text)")
    }
  }
}
