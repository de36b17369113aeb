import Glibc
import TestSupport
import Testing

/// A moment in a run at which the control program is killed.
struct Moment: Sendable, CustomTestStringConvertible {
  var said: String
  var fault: String?
  var testDescription: String { said }
}

private let moments = [
  Moment(said: "set up etcd"), Moment(said: "  start: "), Moment(said: "warm-up\n"),
  Moment(said: "partition inject", fault: "partition"),
  Moment(said: "partition verified", fault: "partition"),
  Moment(said: "kill inject", fault: "kill"), Moment(said: "kill verified", fault: "kill"),
  Moment(said: "pause verified", fault: "pause"),
  Moment(said: "disk-full inject", fault: "disk-full"),
  Moment(said: "disk-full verified", fault: "disk-full"),
  Moment(said: "kill heal ", fault: "kill"), Moment(said: "recovery\n", fault: "pause"),
  Moment(said: "final reads\n", fault: "pause"), Moment(said: "  stop: "),
]

/// The control program gets SIGKILL: nothing of it can clean up, and `heal` must find it all.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct KilledRunTests {
  @Test func theNodesAreHealedWhateverTheMoment() async throws {
    try await withLab { lab in
      for moment in moments { try await killAndHeal(lab, moment) }
    }
  }

  private func killAndHeal(_ lab: TestLab, _ moment: Moment) async throws {
    var workload = ShortWorkload(warmUp: "300ms", faults: "2s", coolDown: "100ms")
    if let fault = moment.fault {
      workload.lanes = ShortWorkload.lane(fault, lasting: "1200ms")
    } else {
      workload.faults = "200ms"
    }
    let place = try Place(workload)
    let run = try Program(place.command(lab.flags))
    try await run.says(moment.said)
    run.signal(SIGKILL)
    #expect(try await run.end().status == 128 + SIGKILL)

    let heal = try await program([faultline, "heal"] + lab.flags)
    #expect(heal.status == 0, "\(moment.said): \(heal.text)")
    #expect(try await lab.on("n1", "ls -d /run/faultline").status != 0)
    for node in ["n1", "n2", "n3"] {
      let left = try await remains(lab, node)
      #expect(left == "", "after \(moment.said) on \(node): \(left)")
      if moment.fault != nil {
        let runs = try await etcdRuns(lab, node)
        #expect(runs, "etcd is down on \(node) after \(moment.said): \(heal.text)")
      }
    }
    let again = try await program([faultline, "heal"] + lab.flags)
    #expect(again.status == 0 && again.output == "nothing to heal\n", "\(again.text)")
    guard text(ofFile: place.latest + "/history.jsonl") != nil else {
      #expect(moment.fault == nil && moment.said != "warm-up\n", "\(moment.said): no history")
      return
    }
    let check = try await program([faultline, "check", place.latest])
    #expect([0, 2].contains(check.status), "\(moment.said): \(check.text)")
  }

  /// While a run goes on nobody else gets its nodes; who heals them takes them away from it.
  @Test func twoRunsDoNotFightOverACluster() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "300ms", faults: "30s")
      workload.lanes = ShortWorkload.lane("pause", lasting: "25s")
      let place = try Place(workload)
      let run = try Program(place.command(lab.flags + ["--lease", "3s"]))
      try await run.says("pause verified")
      let second = try await place.run(lab.flags)
      #expect(second.status == 69, "\(second.text)")
      #expect(second.errors.contains("cannot take the lease: it belongs to run "))
      #expect(try await program([faultline, "heal"] + lab.flags).status == 0)
      try await run.says("the lease is lost")
      run.signal(SIGINT)
      #expect(try await run.end().errors.contains("the lease is lost"))
    }
  }

  /// The control program lives and cannot reach the nodes: they heal themselves, it says so, and does not
  /// go on as if nothing had happened when it reaches them again.
  @Test func nodesThatAreCutOffFromTheControlSideHealThemselves() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "200ms", faults: "120s", coolDown: "100ms")
      workload.useNoClient()
      workload.target = ShortWorkload.sleeper()
      workload.lanes =
        ShortWorkload.lane("pause", lasting: "110s")
        + ShortWorkload.lane("partition", "shape = \"one\"", lasting: "110s")
      let place = try Place(workload)
      let run = try Program(place.command(lab.flags + ["--lease", "3s"]))
      try await run.says("pause verified")
      try await run.says("partition verified")
      let nodes = ["n1", "n2", "n3"]
      let rule = "INPUT -p tcp --dport 22 -j DROP"
      for node in nodes { _ = try await lab.text(node, "iptables -I \(rule)") }
      for node in nodes {
        try await run.says("\(node): cannot keep the lease: no answer for longer than the 3 s")
        for _ in 0..<120 where try await lab.on(node, "ls -d /run/faultline").status == 0 {
          try await Task.sleep(for: .milliseconds(250))
        }
        #expect(try await remains(lab, node) == "", "\(node) has not healed itself")
        #expect(try await lab.on(node, "ls -d /run/faultline").status != 0)
      }
      for node in nodes { _ = try await lab.text(node, "iptables -D \(rule)") }
      try await run.says("the lease is lost")
      run.signal(SIGINT)
      let ended = try await run.end()
      #expect(ended.status == 69, "\(ended.text)")
      for node in nodes { #expect(try await remains(lab, node) == "") }
    }
  }

  @Test func aLaterRunHealsWhatAKilledOneLeft() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "300ms", faults: "3s")
      workload.lanes = ShortWorkload.lane("partition", lasting: "2s")
      let place = try Place(workload)
      let run = try Program(place.command(lab.flags + ["--lease", "6s"]))
      try await run.says("partition verified")
      run.signal(SIGKILL)
      _ = try await run.end()
      let doctor = try await program([faultline, "doctor"] + lab.flags)
      #expect(doctor.output.contains("an earlier run left behind: 1-partition"), "\(doctor.text)")
      let ended = try await place.run(lab.flags)
      #expect(ended.errors.contains("waiting: n1: cannot take the lease: it belongs to run "))
      #expect([0, 2].contains(ended.status), "\(ended.text)")
      #expect(names(in: place.scratch.path + "/runs/short").count == 3)
      for node in ["n1", "n2", "n3"] { #expect(try await remains(lab, node) == "") }
    }
  }
}

/// SIGINT and SIGTERM: the program cleans up itself.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct InterruptedRunTests {
  @Test func aSignalEndsTheRunHealed() async throws {
    try await withLab { lab in
      for (signal, status, fault) in [(SIGINT, 130, "partition"), (SIGTERM, 143, "kill")] {
        var workload = ShortWorkload(warmUp: "500ms", faults: "120s")
        workload.lanes = ShortWorkload.lane(fault, lasting: "25s")
        let place = try Place(workload)
        let run = try Program(place.command(lab.flags))
        try await run.says("\(fault) verified")
        run.signal(signal)
        let ended = try await run.end()
        #expect(ended.status == Int32(status), "\(ended.text)")
        #expect(storedExit(place.file("results.json")) == status)
        let history = place.file("history.jsonl")
        #expect(nemesisEvents(history).map(\.phase) == ["inject", "verified", "heal", "healed"])
        let undone = ["partition": "removed the table", "kill": "started the target again; runs:"]
        #expect(history.contains(undone[fault] ?? "?"), "\(history.suffix(1000))")
        #expect(history.hasSuffix("\n"))
        #expect(try await program([faultline, "check", place.latest]).status == 0)
        try await expectClean(lab)
      }
    }
  }

  @Test(arguments: ["set up etcd", "  start: ", "warm-up\n"])
  func aSignalBeforeAnyFaultEndsTheRunToo(_ moment: String) async throws {
    try await withLab { lab in
      let place = try Place(ShortWorkload(faults: "120s"))
      let run = try Program(place.command(lab.flags))
      try await run.says(moment)
      run.signal(SIGINT)
      let ended = try await run.end()
      #expect(ended.status == 130, "\(ended.text)")
      #expect(!ended.output.contains("bug"), "\(ended.text)")
      try await expectClean(lab)
    }
  }

  @Test func aSignalInARunWithItsOwnLabTakesTheLabDown() async throws {
    try await inTurn {
      let place = try Place(ShortWorkload(faults: "120s"))
      let run = try Program(place.command(["--lab", "2"]))
      try await run.says("warm-up\n")
      run.signal(SIGTERM)
      let ended = try await run.end()
      #expect(ended.status == 143, "\(ended.text)")
      #expect(!names(in: "/var/lib/faultline/labs").contains("run-\(run.pid)"))
    }
  }

  private func expectClean(_ lab: TestLab) async throws {
    for node in ["n1", "n2", "n3"] {
      #expect(try await remains(lab, node) == "")
      #expect(try await !etcdRuns(lab, node), "etcd still runs on \(node)")
      #expect(try await lab.text(node, "ls -d /run/faultline 2>/dev/null || true") == "")
    }
  }
}
