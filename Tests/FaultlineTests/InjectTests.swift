import FoundationEssentials
import TestSupport
import Testing

/// Faults that are injected and undone by hand.
@Suite(.enabled(if: isRoot, "\(needsRoot)"))
struct InjectTests {
  private struct Line: Decodable {
    var by: String
    var node: String
    var purpose: String
    var ended: String?
  }

  private func lines(_ log: String) throws -> [Line] {
    try log.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test func everyCommandIsInTheLogThatIsNamed() async throws {
    try await withLab { lab in
      let scratch = try Scratch()
      let log = scratch.path + "/audit/commands.jsonl"
      let flags = lab.flags + ["--audit", log]
      let injected = try await program(
        [faultline, "nemesis", "inject", "partition", "--for", "100ms"] + flags)
      #expect(injected.status == 0, "\(injected.text)")
      let heal = try await program([faultline, "heal"] + flags)
      #expect(heal.status == 0, "\(heal.text)")

      let written = try lines(scratch.read("audit/commands.jsonl"))
      let authors = ["nemesis inject partition (process ", "heal (process "]
      for (author, purpose) in zip(authors, ["inject partition 1", "heal"]) {
        let mine = written.filter { $0.by.hasPrefix(author) }
        #expect(Set(mine.filter { $0.purpose == purpose }.map(\.node)) == ["n1", "n2", "n3"])
        #expect(mine.filter { $0.ended == nil }.count == mine.filter { $0.ended != nil }.count)
      }
    }
  }

  @Test func aDryRunTellsWhatItsSeedInjects() async throws {
    try await withLab { lab in
      let command =
        [faultline, "nemesis", "inject", "partition", "--for", "100ms", "--seed", "5"] + lab.flags
      let injected = try await program(command)
      #expect(injected.status == 0, "\(injected.text)")
      let announced = try await program(command + ["--dry-run"])
      let title = injected.output.prefix { $0 != "\n" }
      #expect(announced.output.hasPrefix("# \(title), as --seed 5 draws it\n"), "\(title)")
    }
  }

  /// It is not started either: nothing is done, and nothing is waited for.
  @Test func whatDoesNotRunIsLeftAlone() async throws {
    try await withLab(nodes: 1) { lab in
      let place = try Place(ShortWorkload(target: ShortWorkload.sleeper()))
      let injected = try await program(
        [faultline, "nemesis", "inject", "kill", "--target", "n1", "--for", "1s", "--workload"]
          + [place.scratch.path + "/w.toml"] + lab.flags)
      #expect(injected.status == 69, "\(injected.text)")
      #expect(injected.text.contains("the target does not run"), "\(injected.text)")
      #expect(!injected.text.contains("see the end of"), "\(injected.text)")
      #expect(injected.output.contains("kill healed"), "\(injected.text)")
      #expect(try await lab.text("n1", "ls /run/sleeper.pid 2>&1 || true").contains("No such file"))
    }
  }

  /// Somebody heals the nodes while a fault is held: it ends at once, and not as if all were well.
  @Test func whoLosesTheNodesSaysSoAndHoldsNoLonger() async throws {
    try await withLab { lab in
      let injecting = try Program(
        [faultline, "nemesis", "inject", "partition", "--for", "10m", "--lease", "3s"] + lab.flags)
      try await injecting.prints("verified")
      let heal = try await program([faultline, "heal"] + lab.flags)
      #expect(heal.status == 0, "\(heal.text)")
      let ended = try await injecting.end(within: .seconds(60))
      #expect(ended.status == 69, "\(ended.text)")
      #expect(
        ended.errors.contains("error: n1: cannot keep the lease: the lease is lost"),
        "\(ended.errors)")
      for node in ["n1", "n2", "n3"] { #expect(try await remains(lab, node) == "") }
    }
  }

  /// What cannot be noted is done all the same.
  @Test func aLogThatCannotBeWrittenKeepsNobodyFromHealing() async throws {
    try await withLab(nodes: 1) { lab in
      for (log, reason) in [
        ("/dev/full", "No space left on device"), ("/proc/none", "No such file"),
      ] {
        let heal = try await program([faultline, "heal", "--audit", log] + lab.flags)
        #expect(heal.status == 0 && heal.output.contains("nothing to heal"), "\(heal.text)")
        #expect(
          heal.errors.hasPrefix(
            "warning: not every command is in the audit log: cannot write \(log)"))
        #expect(heal.errors.contains(reason), "\(heal.errors)")
      }
    }
  }
}
