import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Faults of several nodes, by the program: one node after another where that is the fault, at once otherwise.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct SeveralNodesTests {
  private func withProgram(
    _ body: (Ground, _ inject: ([String]) throws -> Program, _ audit: () -> String) async throws
      -> Void
  ) async throws {
    try await Ground.with { ground in
      for node in ground.nodes { _ = try await ground.lab.text(node.name, NodeState.forget.body) }
      let scratch = try Scratch()
      let workload = try scratch.write(SoakTests.workload, to: "w.toml")
      let flags = ["--workload", workload, "--audit", scratch.path + "/audit"] + ground.lab.flags
      try await body(
        ground, { try Program([faultline, "nemesis", "inject"] + $0 + flags) },
        { scratch.read("audit") })
    }
  }

  /// The nodes that hear no other node, as their kernels know it.
  private func cutOff(_ ground: Ground) async throws -> Set<String> {
    let rules = "{ nft list ruleset; iptables-save; } 2>/dev/null | grep -q 'DROP\\|drop'"
    let found = await inParallel(ground.nodes.map(\.name)) { node in
      (try? await ground.lab.on(node, rules).status == 0) == true ? node : nil
    }
    return Set(found.compactMap { $0 })
  }

  @Test func aSwizzleCutsNodesOffOneByOneAndHealsThemInAnotherOrder() async throws {
    try await withProgram { ground, inject, _ in
      let injection = try inject([
        "swizzle", "--target", "all", "--for", "1s", "--seed", "2", "--set", "gap=2s",
      ])
      var seen: [Set<String>] = [[]]
      for _ in 0..<1000 where !injection.output.contains(" healed") {
        let now = try await cutOff(ground)
        if now != seen.last { seen.append(now) }
      }
      let ended = try await injection.end()
      #expect(ended.status == 0, "\(ended.text)")
      #expect(seen.map(\.count) == [0, 1, 2, 3, 2, 1, 0], "\(seen)")
      let changes = zip(seen, seen.dropFirst()).map { $0.symmetricDifference($1) }
      let cut = changes.prefix(3).flatMap { $0 }
      let healed = changes.suffix(3).flatMap { $0 }
      #expect(Set(cut).count == 3 && Set(healed).count == 3 && cut != healed, "\(seen)")
    }
  }

  /// That each was sent before any had ended.
  private func expectAtOnce(_ audit: String, _ purpose: String) throws {
    struct Line: Decodable {
      var node: String
      var purpose: String
      var ended: String?
    }
    let lines = try audit.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }.filter { $0.purpose == purpose }
    let sent = lines.prefix { $0.ended == nil }.map(\.node)
    #expect(Set(sent) == ["n1", "n2", "n3"], "\(purpose): \(lines)")
  }

  @Test func allRestartAtOnceAndLosePowerAtOnce() async throws {
    try await withProgram { ground, inject, audit in
      var pids: [String] = []
      for node in ground.nodes { pids.append(try await ground.pid(node.name)) }
      let restart = try await inject(["restart", "--target", "all", "--for", "0s"]).end()
      #expect(restart.status == 0, "\(restart.text)")
      try expectAtOnce(audit(), "inject restart 1")
      for (node, pid) in zip(ground.nodes.map(\.name), pids) {
        #expect(try await ground.state(node, pid) == "")
        #expect(try await ground.talk(node, to: "127.0.0.1") == .data)
      }

      let write = """
        echo kept > /data/synced; sync -f /data; echo x > /data/unsynced; cat /data/unsynced
        """
      for node in ground.nodes { #expect(try await ground.lab.text(node.name, write) == "x\n") }
      let power = try inject(["power-loss", "--target", "all", "--for", "10m"])
      try await power.prints("verified")
      try expectAtOnce(audit(), "inject power-loss 1")
      for node in ground.nodes.map(\.name) {
        let left = try await ground.lab.text(node, "cat /data/synced /data/unsynced 2>&1 || true")
        #expect(left.hasPrefix("kept\n") && !left.contains("x\n"), "\(node): \(left)")
        #expect(try await ground.talk(node, to: "127.0.0.1") == .noConnection)
      }
      power.signal(SIGINT)
      let ended = try await power.end()
      #expect(ended.status == 130 && ended.output.contains("healed"), "\(ended.text)")
      for node in ground.nodes.map(\.name) {
        #expect(try await ground.talk(node, to: "127.0.0.1") == .data)
      }
    }
  }
}
