import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Partitions of five real nodes, by which of them can connect to which.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct ShapesTests {
  private static let nodes = (1...5).map { "n\($0)" }

  /// Whom each node reaches, itself not counted.
  private func reached(_ lab: TestLab) async throws -> [String: Set<String>] {
    var all: [String: Set<String>] = [:]
    for node in Self.nodes {
      let tries = Self.nodes.filter { $0 != node }.map { other in
        "timeout 1 bash -c 'exec 3<>/dev/tcp/\(lab.addresses[other] ?? "")/22' 2>/dev/null && echo \(other) &"
      }
      let said = try await lab.text(node, tries.joined(separator: "\n") + "\nwait")
      all[node] = Set(said.split(separator: "\n").map(String.init))
    }
    return all
  }

  /// The groups of nodes that reach each other and nobody else, largest first; nil where there are none.
  private func sides(_ reached: [String: Set<String>]) -> [Set<String>]? {
    let groups = Set(reached.map { $1.union([$0]) })
    let isDivision = groups.map(\.count).reduce(0, +) == reached.count
    return isDivision ? groups.sorted { $0.count > $1.count } : nil
  }

  @Test func theNetworkHasTheShapeThatWasAskedFor() async throws {
    try await withLab(nodes: 5) { lab in
      let target = ShortWorkload.sleeper(["leads": "[ $node = n2 ]"])
      let workload = try Place(ShortWorkload(target: target)).scratch
      let whole = try await reached(lab)
      #expect(whole.values.allSatisfy { $0.count == 4 }, "\(whole)")

      for shape in [
        "majorities-ring", "bridge", "random-halves", "leader-minority", "leader-majority",
        "leader",
      ] {
        let injection = try Program(
          [faultline, "nemesis", "inject", "partition", "--set", "shape=\(shape)", "--for", "10m"]
            + ["--workload", workload.path + "/w.toml"] + lab.flags)
        try await injection.prints("verified")
        let seen = try await reached(lab)
        injection.signal(SIGINT)
        let ended = try await injection.end()
        #expect(ended.status == 130, "\(ended.text)")

        switch shape {
        case "majorities-ring":
          #expect(seen.values.allSatisfy { $0.count == 2 }, "\(seen)")
          #expect(Set(seen.map { $1.union([$0]) }).count == 5, "\(seen)")
        case "bridge":
          #expect(seen.values.map(\.count).sorted() == [2, 2, 2, 2, 4], "\(seen)")
        default:
          let groups = try #require(sides(seen), "\(shape): \(seen)")
          #expect(groups.count == 2, "\(shape): \(seen)")
          switch shape {
          case "leader-minority":
            #expect(groups.last?.count == 2 && groups.last?.contains("n2") == true)
          case "leader-majority":
            #expect(groups.first?.count == 3 && groups.first?.contains("n2") == true)
          case "leader": #expect(groups.last == ["n2"])
          default: break
          }
        }
      }
      #expect(try await reached(lab) == whole)
    }
  }
}
