import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Minimization as a person does it: a run that failed, repeated on real nodes with fewer faults.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct MinimizeTests {
  private struct Report: Decodable {
    struct Fault: Decodable { var name: String }
    struct Try: Decodable {
      var change: String
      var exitCode: Int
    }
    var faults: [Fault]
    var reproduced: Bool
    var violations: Int
    var of: Int
    var tried: [Try]
  }

  /// An etcd whose keys are deleted behind its clients' backs has lost what it acknowledged; being paused
  /// or killed does it no harm.
  @Test func theOneFaultThatMattersIsLeft() async throws {
    try await withLab(nodes: 1) { lab in
      var workload = ShortWorkload(warmUp: "300ms", faults: "2500ms", coolDown: "300ms")
      // Many keys, mostly read: what is lost is missed at once.
      workload.keys = 4
      workload.mix = "{ read = 9, write = 1 }"
      workload.lanes =
        ShortWorkload.lane("pause", lasting: "200ms")
        + Self.lane("custom", after: "800ms", Self.deletion) + Self.lane("kill", after: "1500ms")
      let place = try Place(workload)
      let run = try await place.run(lab.flags + ["--concurrency", "8"])
      #expect(run.status == 1, "\(run.text)")
      let nodes = lab.flags.joined(separator: " ")
      let next = run.text.split(separator: "\n").first { $0.contains("faultline minimize ") }
      #expect(next?.hasSuffix(nodes) == true, "\(run.text)")
      let minimized = place.scratch.path + "/minimized"
      let ended = try await program(
        [
          faultline, "minimize", place.latest, "--tries", "1", "--runs", "7", "--confirm", "2",
          "--output", minimized,
        ] + lab.flags, within: .seconds(150))
      #expect(ended.status == 1, "\(ended.text)")
      let report = try JSONDecoder().decode(
        Report.self, from: Data((text(ofFile: minimized + "/minimize.json") ?? "").utf8))
      #expect(report.faults.map(\.name) == ["custom"], "\(ended.text)")
      #expect(report.reproduced && report.violations >= 1 && report.tried.count <= 7)
      #expect(report.tried.contains { $0.change == "no faults" && $0.exitCode != 1 })
      #expect(ended.output.contains("MINIMIZED  1 of 3 faults"), "\(ended.output)")
      #expect(ended.output.contains("workload.toml \(nodes) \\\n"), "\(ended.output)")
      try await expectInterruption(place, lab)
      let again = try await program(
        [
          faultline, "run", minimized + "/workload.toml", "--replay-faults",
          minimized + "/faults.jsonl", "--output", place.scratch.path + "/again",
        ] + lab.flags)
      #expect(again.status == 1, "\(again.text)")
      #expect(try await remains(lab, "n1") == "")
    }
  }

  /// What was found is on disk when it is stopped, and nothing is left on the node, which is reached as any host is.
  private func expectInterruption(_ place: Place, _ lab: TestLab) async throws {
    let output = place.scratch.path + "/stopped"
    let command = try await lab.command([
      "minimize", place.latest, "--tries", "1", "--output", output, "--nodes",
      "n1=\(lab.addresses["n1", default: ""])", "--ssh-key", lab.folder + "/id_ed25519",
      "--known-hosts", lab.folder + "/known_hosts", "--yes",
    ])
    let minimizing = try Program(command)
    try await minimizing.says("run 1: the whole schedule: violation")
    minimizing.signal(SIGINT)
    let ended = try await minimizing.end()
    #expect(ended.status == 130, "\(ended.text)")
    #expect(ended.output.contains("stopped early"), "\(ended.output)")
    #expect(text(ofFile: output + "/faults.jsonl")?.split(separator: "\n").count == 3)
    #expect(try await remains(lab, "n1") == "")
    #expect(try await !etcdRuns(lab, "n1"))
  }

  private static let deletion =
    "inject = 'ETCDCTL_API=3 etcdctl del --prefix \"\"'\nverify = 'true'\nheal = 'true'\n"

  private static func lane(_ name: String, after: String, _ more: String = "") -> String {
    "[[fault]]\nname = \"\(name)\"\n\(more)after = \"\(after)\"\nevery = \"60s\"\nfor = \"300ms\"\n"
  }

  @Test func whatIsNoRunIsSaid() async throws {
    let ended = try await program([faultline, "minimize", "/nowhere", "--lab", "1"])
    #expect(ended.status == 66, "\(ended.text)")
    #expect(ended.errors.contains("/nowhere/workload.toml"))
  }
}
