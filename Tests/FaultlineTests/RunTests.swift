import FoundationEssentials
import TestSupport
import Testing

/// Whole runs as a person starts them, and what is there when they have ended.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct RunTests {
  @Test func aRunLeavesAllThatItPromisesAndNothingElse() async throws {
    try await inTurn {
      var workload = ShortWorkload(faults: "10s")
      workload.lanes =
        ShortWorkload.lane("partition", "shape = \"halves\"", lasting: "3s")
        + ShortWorkload.lane("pause", lasting: "2s")
        + ShortWorkload.lane("disk-full", lasting: "2s")
      workload.top = "maximum-affected-nodes = 1"
      let place = try Place(workload)
      let run = try Program(
        place.command(["--lab", "3", "--time-limit", "20s", "--seed", "5"]))
      let ended = try await run.end()
      #expect([0, 2].contains(ended.status), "\(ended.text)")
      #expect(!names(in: "/var/lib/faultline/labs").contains("run-\(run.pid)"))
      expectRunFolder(place, Int(ended.status))
      let events = nemesisEvents(place.file("history.jsonl"))
      // Three lanes, and never a second node.
      var inForce: [String: [String]] = [:]
      for event in events {
        if event.phase == "inject" { inForce[event.f] = event.targets }
        #expect(Set(inForce.values.joined()).count <= 1, "\(inForce)")
        if event.phase == "healed" { inForce[event.f] = nil }
      }
      for name in ["partition", "pause", "disk-full"] {
        let phases = events.filter { $0.f == name }.map(\.phase)
        #expect(phases.prefix(4) == ["inject", "verified", "heal", "healed"], "\(name): \(phases)")
      }
      try await expectOffline(place, ended)
    }
  }

  /// The same faults at the same times on the same nodes, from what a run has noted.
  @Test func aScheduleIsRunAgain() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "200ms", faults: "4s", coolDown: "200ms")
      workload.target = ShortWorkload.sleeper()
      workload.useNoClient()
      workload.lanes =
        "[[fault]]\nname = \"pause\"\nafter = \"0s\"\nevery = \"200ms\"\nfor = \"300ms\"\n"
        + "[[fault]]\nname = \"partition\"\nshape = [\"one\", \"link\", \"mute\"]\nafter = \"0s\"\n"
        + "every = \"200ms\"\nfor = \"300ms\"\n"
      let place = try Place(workload)
      let first = try await place.run(lab.flags)
      #expect([0, 2].contains(first.status), "\(first.text)")
      let schedule = place.file("faults.jsonl")
      let lines = schedule.split(separator: "\n")
      #expect(lines.count > 2, "\(schedule)")
      #expect(
        lines.count
          == nemesisEvents(place.file("history.jsonl")).filter { $0.phase == "inject" }.count)
      let kept = try place.scratch.write(schedule, to: "kept.jsonl")
      let again = try await place.run(lab.flags + ["--replay-faults", kept])
      #expect([0, 2].contains(again.status), "\(again.text)")
      #expect(Self.withoutTimes(place.file("faults.jsonl")) == Self.withoutTimes(schedule))
      let wrong = try place.scratch.write(schedule.replacing("n1", with: "n9"), to: "wrong.jsonl")
      let refused = try await place.run(lab.flags + ["--replay-faults", wrong])
      #expect(refused.status == 65 && refused.errors.contains("names a node that is not there"))
    }
  }

  /// Faults come in situations that were not tried, which the results tell; a replay repeats them.
  @Test func whatWasTriedIsReported() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "200ms", faults: "6s", coolDown: "200ms")
      workload.target = ShortWorkload.sleeper(["leads": "[ ${node} = n2 ]"])
      workload.useNoClient()
      workload.top = "explore = true"
      workload.lanes =
        "[[fault]]\nname = \"pause\"\nafter = \"0s\"\nevery = \"200ms\"\nfor = \"500ms\"\n"
        + "[[fault]]\nname = \"partition\"\nshape = [\"one\", \"link\"]\nafter = \"0s\"\n"
        + "every = \"200ms\"\nfor = \"500ms\"\n"
      let place = try Place(workload)
      let first = try await place.run(lab.flags + ["--seed", "5"])
      #expect([0, 2].contains(first.status), "\(first.text)")
      #expect(first.output.contains("  coverage  "), "\(first.text)")
      #expect(place.file("report.html").contains("In force together"))
      let schedule = place.file("faults.jsonl")

      let tried = try #require(storedSituations(place.file("results.json")))
      #expect(Set(tried.map(\.fault)) == ["pause", "partition (one)", "partition (link)"])
      #expect(!tried.contains { $0.role == "unknown" }, "\(tried)")
      #expect(tried.reduce(0) { $0 + $1.count } == schedule.split(separator: "\n").count)
      // Nobody is paused twice before the others were, too.
      for stage in ["early", "middle", "late"] {
        let counts = tried.filter { $0.fault == "pause" && $0.stage == stage }.map(\.count)
        #expect(counts.count == 2 && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "\(tried)")
      }

      let kept = try place.scratch.write(schedule, to: "kept.jsonl")
      let again = try await place.run(lab.flags + ["--replay-faults", kept])
      #expect([0, 2].contains(again.status), "\(again.text)")
      #expect(Self.withoutTimes(place.file("faults.jsonl")) == Self.withoutTimes(schedule))
      #expect(storedSituations(place.file("results.json")) == nil)
    }
  }

  /// One fault is held while others come and go, the one that led is remembered after it has stopped
  /// leading, and the whole can be run again.
  @Test func aSequenceIsCarriedOutInOrderAndAgain() async throws {
    try await withLab { lab in
      let place = try Place(
        Self.sequence([
          "{ name = \"pause\", target = \"leader\" }", "{ wait = \"300ms\" }",
          "{ name = \"partition\", shape = \"one\", target = \"old-leader\", for = \"300ms\" }",
          "{ heal = \"pause\" }",
          "{ name = \"kill\", target = \"old-leader\", for = \"200ms\" }",
        ]))
      let first = try await place.run(lab.flags)
      #expect([0, 2].contains(first.status), "\(first.text)")
      let events = nemesisEvents(place.file("history.jsonl"))
      #expect(
        events.map { "\($0.f) \($0.phase)" } == [
          "pause inject", "pause verified", "partition inject", "partition verified",
          "partition heal", "partition healed", "pause heal", "pause healed", "kill inject",
          "kill verified", "kill heal", "kill healed",
        ])
      #expect(events.allSatisfy { $0.targets == ["n2"] }, "\(events)")
      let kept = try place.scratch.write(place.file("faults.jsonl"), to: "kept.jsonl")
      let again = try await place.run(lab.flags + ["--replay-faults", kept])
      #expect([0, 2].contains(again.status), "\(again.text)")
      let replayed = nemesisEvents(place.file("history.jsonl"))
      #expect(replayed.count == 12 && replayed.allSatisfy { $0.targets == ["n2"] })
      let order = replayed.map { "\($0.f) \($0.phase)" }
      let places = ["pause inject", "partition inject", "pause heal", "kill heal"]
        .compactMap(order.firstIndex)
      #expect(places.count == 4 && places == places.sorted(), "\(order)")
    }
  }

  /// What can never begin is said, with what to do, and what is held is healed.
  @Test func aStepWhoseNodesItsSequenceHoldsIsAProblem() async throws {
    try await withLab { lab in
      let place = try Place(
        Self.sequence([
          "{ name = \"pause\", target = \"leader\" }",
          "{ name = \"kill\", target = \"old-leader\", for = \"1s\" }",
        ]))
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69, "\(ended.text)")
      #expect(ended.errors.contains("cannot begin step 2 of a sequence, kill"), "\(ended.errors)")
      #expect(ended.errors.contains("earlier steps still hold pause on n2: heal that before"))
      let phases = nemesisEvents(place.file("history.jsonl")).map(\.phase)
      #expect(phases == ["inject", "verified", "heal", "healed"])
      #expect(try await remains(lab, "n2") == "")
    }
  }

  /// A sequence on sleeping processes, of which that on n2 leads unless it is stopped.
  private static func sequence(_ steps: [String]) -> ShortWorkload {
    var workload = ShortWorkload(warmUp: "200ms", faults: "3s", coolDown: "200ms")
    workload.useNoClient()
    workload.top = "maximum-affected-nodes = 1"
    workload.target = ShortWorkload.sleeper([
      "leads":
        "[ ${node} = n2 ] && ! grep -q '^State:.T' /proc/$(cat /run/sleeper.pid)/status"
    ])
    workload.lanes = "[[sequence]]\nstep = [\n\(steps.joined(separator: ",\n")),\n]\n"
    return workload
  }

  /// Files of one node only are damaged, however often; a role is asked for each time; between faults nothing happens.
  @Test func faultsKeepToTheirNodesAndLeaveStablePeriods() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(warmUp: "200ms", faults: "12s", coolDown: "200ms")
      workload.useNoClient()
      workload.top = "maximum-faults = 1\nstable-period = \"700ms\""
      workload.target =
        ShortWorkload.sleeper([
          "start": "mkdir -p /data/db; [ -s /data/db/f ] || seq 100 > /data/db/f; "
            + "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > /run/sleeper.pid"
        ]) + "[target.roles]\nwriter = '[ $node = n2 ]'\n"
      workload.lanes =
        "[[fault]]\nname = \"bit-flip\"\nafter = \"0s\"\nevery = \"100ms\"\nfor = \"100ms\"\n"
        + "[[fault]]\nname = \"pause\"\ntarget = \"role:writer\"\nafter = \"0s\"\n"
        + "every = \"100ms\"\nfor = \"100ms\"\n"
      let place = try Place(workload)
      let ended = try await place.run(lab.flags)
      #expect([0, 2].contains(ended.status), "\(ended.text)")
      let events = nemesisEvents(place.file("history.jsonl"))
      let flips = events.filter { $0.f == "bit-flip" && $0.phase == "inject" }.map(\.targets)
      #expect(flips.count > 2 && Set(flips).count == 1, "\(flips)")
      let pauses = events.filter { $0.f == "pause" && $0.phase == "inject" }.map(\.targets)
      #expect(pauses.count > 2 && Set(pauses) == [["n2"]], "\(pauses)")
      for (healed, next) in zip(events, events.dropFirst()) where healed.phase == "healed" {
        #expect(next.time - healed.time >= 700_000_000, "\(healed), then \(next)")
      }
    }
  }

  private static func withoutTimes(_ schedule: String) -> [String] {
    schedule.split(separator: "\n").map { line in
      line.split(separator: ",").filter { !$0.hasPrefix("\"at\":") && !$0.hasPrefix("{\"at\":") }
        .joined(separator: ",")
    }.sorted()
  }

  private func expectRunFolder(_ place: Place, _ status: Int) {
    let runs = names(in: place.scratch.path + "/runs/short")
    #expect(runs.count == 2 && runs.last == "latest", "\(runs)")
    #expect(
      names(in: place.latest)
        == [
          "commands.jsonl", "faults.jsonl", "history.jsonl", "nodes", "report.html", "results.json",
          "workload.toml",
        ])
    #expect(names(in: place.latest + "/nodes") == ["n1", "n2", "n3"])
    #expect(place.file("nodes/n2/var/log/faultline-etcd.log").contains("etcd"))
    #expect(AnyJSON.accepts(place.file("results.json")))
    #expect(storedExit(place.file("results.json")) == status)
    #expect(place.file("report.html").contains("</html>"))
    #expect(place.file("workload.toml").contains("seed = 5\n"))
    #expect(place.file("workload.toml").contains("faults = \"20000ms\"\n"))
  }

  /// The stored run can be judged, shown and repeated.
  private func expectOffline(_ place: Place, _ ended: Program.Ended) async throws {
    let check = try await program([faultline, "check", place.latest])
    #expect(check.status == 0, "\(check.text)")
    let shown = try await program([faultline, "show", place.latest])
    #expect(shown.status == 0 && shown.output.contains("partition"), "\(shown.errors)")
    let again = try await program([
      faultline, "run", place.latest + "/workload.toml", "--lab", "3", "--dry-run",
    ])
    #expect(again.status == 0, "\(again.errors)")
    #expect(place.file("report.html").contains("--lab 3"), "how to repeat the run is not told")
    for text in [ended.output, ended.errors] { #expect(!text.contains("\u{1B}")) }
    try expectAudit(place.file("commands.jsonl"))
  }

  /// Every command that was sent has ended, and every script is there once.
  private func expectAudit(_ log: String) throws {
    struct Line: Decodable {
      var command: Int
      var node: String
      var purpose: String
      var ended: String?
      var script: Int?
      var text: String?
    }
    let lines = try log.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    let sent = lines.filter { $0.ended == nil }
    #expect(sent.count > 50 && lines.count == 2 * sent.count)
    #expect(Set(sent.map(\.command)) == Set(lines.filter { $0.ended != nil }.map(\.command)))
    #expect(Set(sent.compactMap(\.script)).count == sent.filter { $0.text != nil }.count)
    for purpose in [
      "take the lease", "inject partition ", "collect /var/log/", "give up the lease",
    ] {
      let nodes = sent.filter { $0.purpose.hasPrefix(purpose) }.map(\.node)
      #expect(nodes.count > 1, "\(purpose): \(nodes)")
    }
    #expect(lines.contains { $0.ended == "status 0" })
  }

  @Test func staleReadsAreCaughtAndWhatFailedIsKept() async throws {
    try await inTurn {
      var workload = ShortWorkload(faults: "8s")
      workload.client = "name = \"etcd\"\nread = \"serializable\"\n"
      workload.rate = 300
      workload.lanes = ShortWorkload.lane("partition", "shape = \"halves\"", lasting: "6s")
      let place = try Place(workload)
      let run = try Program(place.command(["--lab", "3", "--leave-running"]))
      let ended = try await run.end()
      #expect(ended.status == 1, "\(ended.text)")
      #expect(ended.output.contains("VIOLATION"))
      #expect(storedExit(place.file("results.json")) == 1)
      let name = "run-\(run.pid)"
      #expect(ended.errors.contains("faultline lab down --name \(name)"), "\(ended.errors)")
      let lab = TestLab(name: name, addresses: [:])
      for node in ["n1", "n2", "n3"] {
        #expect(try await etcdRuns(lab, node), "etcd on \(node) was not left running")
        #expect(try await remains(lab, node) == "")
      }
      #expect(try await program([faultline, "check", place.latest]).status == 1)
      try await takeDown(name)
    }
  }

  @Test func tooLittleEvidenceIsNoPassAndIsListed() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(faults: "4s")
      // More than the restarted nodes can serve until the end of the fault has been seen.
      workload.minimumOk = 60
      workload.lanes = ShortWorkload.lane("kill", "target = \"majority\"", lasting: "2500ms")
      let place = try Place(workload)
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 2, "\(ended.text)")
      #expect(ended.output.contains("INSUFFICIENT"))
      #expect(ended.output.contains("During fault 1 (kill of "))
      #expect(ended.output.contains("completed ok, at least 60 were wanted"))
    }
  }

  @Test func aFaultThatCannotTakeEffectIsAHarnessProblem() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(lanes: ShortWorkload.lane("kill"))
      workload.useNoClient()
      workload.target = ShortWorkload.sleeper(["start": "true"])
      let place = try Place(workload)
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 69, "\(ended.text)")
      #expect(ended.errors.contains("the target does not run: nothing to kill"))
      let phases = nemesisEvents(place.file("history.jsonl")).map(\.phase)
      #expect(phases == ["inject", "failed", "heal", "healed"])
      #expect(storedExit(place.file("results.json")) == 69)
    }
  }

  @Test func theControlSidesFullDiskEndsTheRunHealed() async throws {
    try await withLab { lab in
      var workload = ShortWorkload(faults: "30s")
      workload.rate = 2000
      workload.lanes = ShortWorkload.lane("pause", lasting: "25s")
      workload.useNoClient()
      let place = try Place(workload)
      let disk = try SmallDisk(place.scratch.path + "/runs", kilobytes: 300)
      let ended = try await place.run(lab.flags)
      #expect(ended.status == 73, "\(ended.text)")
      #expect(ended.errors.contains("No space left on device"))
      for node in ["n1", "n2", "n3"] {
        #expect(try await remains(lab, node) == "")
        #expect(try await !etcdRuns(lab, node))
      }
      let check = try await program([faultline, "check", place.latest])
      #expect([0, 2].contains(check.status), "\(check.text)")
      #expect(place.file("history.jsonl").count > 100_000)
      withExtendedLifetime(disk) {}
    }
  }
}
