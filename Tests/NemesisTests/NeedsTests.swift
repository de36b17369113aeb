import Histories
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// What nodes lack is seen by the tests of the faults' needs: each is taken away from a node, and given back.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct NeedsTests {
  /// Something that a node has not got.
  private struct Lack {
    var kind: FaultKind
    var settings: [String: Value] = [:]
    /// Takes it away.
    var take: String
    /// Gives it back.
    var giveBack: String
    /// What is said of it; nil where the node does without.
    var said: String?
  }

  /// The shell that puts a program in front of a node's own, which is `$own` to it, until it is removed.
  private static func instead(of path: String, _ script: String) -> (take: String, giveBack: String)
  {
    let name = path.split(separator: "/").last ?? ""
    let place = "/usr/local/sbin/\(name)"
    return (
      "cat > \(place) <<'END'\n#!/bin/sh\nown=\(path)\n\(script)\nEND\nchmod 755 \(place)",
      "rm \(place)"
    )
  }

  private static func hidden(_ path: String) -> (take: String, giveBack: String) {
    ("for f in \(path); do mv $f $f.gone; done", "for f in \(path).gone; do mv $f ${f%.gone}; done")
  }

  private func unmet(
    _ ground: Ground, _ kind: FaultKind, _ settings: [String: Value] = [:],
    target: TargetSelector = .one, on node: String = "n1"
  ) async throws -> [String] {
    let plan = FaultPlan(
      kind, FaultSettings(kind, settings), target: target, after: nil, every: .zero, lasting: .zero)
    var described = Ground.target
    described.roles = ["second": "[ \"$node\" = n2 ]"]
    let needs = FaultNeeds(of: [plan], in: described).onNodes
    let node = ground.node(node)
    let script = NodeFacts.script(described, on: node, among: ground.nodes, needs: needs)
    let output = try await ground.lab.text(node.name, script.body)
    return NodeFacts(node: node, controlAddress: nil, output: output).unmet
  }

  private func expect(_ lacks: [Lack]) async throws {
    try await Ground.with { ground in
      for lack in lacks {
        let name = "\(lack.kind.name) after: \(lack.take)"
        let before = try await unmet(ground, lack.kind, lack.settings)
        #expect(before == [], "before \(name)")
        _ = try await ground.lab.text("n1", lack.take)
        let found = try await unmet(ground, lack.kind, lack.settings)
        if let said = lack.said {
          #expect(found.count == 1 && found.first?.contains(said) == true, "\(found): \(name)")
        } else {
          #expect(found == [], "\(name)")
        }
        _ = try await ground.lab.text("n1", lack.giveBack)
        let after = try await unmet(ground, lack.kind, lack.settings)
        #expect(after == [], "without \(name)")
      }
    }
  }

  /// Nodes of a lab have everything but a clock of their own.
  @Test func aHealthyNodeLacksNothing() async throws {
    try await Ground.with { ground in
      for kind in FaultKind.all where ![.clockStep, .clockSkew, .clockStrobe].contains(kind) {
        let found = try await unmet(ground, kind)
        #expect(found == [], "\(kind.name)")
      }
      let ofResets = try await unmet(ground, .partition, ["packets": .string("reset")])
      #expect(ofResets == [])
      let ofClocks = try await unmet(ground, .clockStep)
      #expect(ofClocks.count == 1)
    }
  }

  @Test func whatTheNetworkLacksIsSeen() async throws {
    let device =
      "device=$(ip -o route get $(ip -o -4 route show scope link | sed 's#/.*##') | sed 's/.* dev \\([^ ]*\\).*/\\1/')"
    let shaped = { (what: String) in
      Lack(
        kind: .bandwidth, take: "\(device); tc qdisc add dev $device root \(what)",
        giveBack: "\(device); tc qdisc del dev $device root",
        said: "queueing discipline on the interface")
    }
    let tc = Self.instead(
      of: "/usr/sbin/tc", "case \"$*\" in *add*htb*) exit 2 ;; esac\nexec $own \"$@\"")
    let ss = Self.instead(
      of: "/usr/bin/ss", "case \"$*\" in *-K*) exit 0 ;; esac\nexec $own \"$@\"")
    try await expect([
      shaped("handle 1: htb"), shaped("pfifo_fast"),
      Lack(
        kind: .bandwidth, take: tc.take, giveBack: tc.giveBack, said: "no queueing discipline htb"),
      Lack(
        kind: .resetConnections, take: ss.take, giveBack: ss.giveBack,
        said: "the kernel does not kill connections"),
    ])
  }

  @Test func whatPacketFiltersLackIsSeen() async throws {
    let filters: [(FaultKind, [String: Value], String, String, String)] = [
      (.loss, [:], "numgen", "libxt_statistic.so", "drops packets at random"),
      (
        .partition, ["packets": .string("reset")], "reject", "libip*t_REJECT.so",
        "answers with resets"
      ),
    ]
    let lacks = filters.flatMap { kind, settings, word, library, said -> [Lack] in
      let nft = Self.instead(
        of: "/usr/sbin/nft",
        "rules=$(cat)\ncase $rules in *\(word)*) exit 1 ;; esac\nprintf '%s\\n' \"$rules\" | $own \"$@\""
      )
      let module = Self.hidden("/usr/lib/*/xtables/\(library)")
      return [
        Lack(kind: kind, settings: settings, take: nft.take, giveBack: nft.giveBack),
        Lack(kind: kind, settings: settings, take: module.take, giveBack: module.giveBack),
        Lack(
          kind: kind, settings: settings, take: nft.take + "\n" + module.take,
          giveBack: nft.giveBack + "\n" + module.giveBack, said: said),
      ]
    }
    // Not every kernel has the queue of nft, which is why that is out of the way.
    let nft = Self.instead(of: "/usr/sbin/nft", "exit 1")
    let queue = Self.hidden("/usr/lib/*/xtables/libxt_NFQUEUE.so")
    try await expect(
      lacks + [
        Lack(kind: .packets, take: nft.take, giveBack: nft.giveBack),
        Lack(
          kind: .packets, take: nft.take + "\n" + queue.take,
          giveBack: nft.giveBack + "\n" + queue.giveBack, said: "hands packets to programs"),
      ])
  }

  @Test func whatDisksAndProcessesLackIsSeen() async throws {
    let over = { (kind: FaultKind, mount: String, said: String) in
      Lack(kind: kind, take: mount, giveBack: "umount /data", said: said)
    }
    let tmpfs = "mount -t tmpfs -o nr_inodes=10000 none /data"
    let overlay =
      "mkdir -p /run/up /run/work; mount -t overlay -o lowerdir=/etc,upperdir=/run/up,workdir=/run/work none /data"
    let mount = Self.instead(
      of: "/usr/bin/mount",
      "case \"$*\" in *cgroup2*) for place; do :; done; exec $own -t tmpfs none \"$place\" ;; esac\nexec $own \"$@\""
    )
    let noMount = Self.instead(
      of: "/usr/bin/mount", "case \"$*\" in *cgroup2*) exit 32 ;; esac\nexec $own \"$@\"")
    try await expect([
      over(.diskHang, tmpfs, "cannot be frozen"), over(.diskSlow, overlay, "cannot be frozen"),
      over(.ioError, tmpfs, "cannot be shut down"),
      Lack(kind: .inodesFull, take: tmpfs, giveBack: "umount /data"),
      over(
        .inodesFull, "mount -t tmpfs -o nr_inodes=2000000 none /data",
        "more than a million free inodes"),
      // Seen as a file system of its own only by where it is mounted.
      over(
        .diskFull, "mkdir -p /run/db; mount --bind /run/db /data",
        "is on the root file system or on"),
      Lack(
        kind: .freeze, take: mount.take, giveBack: mount.giveBack,
        said: "no control group can be frozen"),
      Lack(
        kind: .freeze, take: noMount.take, giveBack: noMount.giveBack,
        said: "no control group can be frozen"),
    ])
  }

  @Test func filesThatNoTargetHasAreSeenWhereItRuns() async throws {
    try await Ground.with { ground in
      let wrong: [String: Value] = ["files": .string("db/fax*")]
      for kind in [FaultKind.bitFlip, .truncatedFile, .oldFile] {
        let fitting = try await unmet(ground, kind, ["files": .string("db/fix*")])
        #expect(fitting == [])
        let said = try await unmet(ground, kind, wrong)
        #expect(said.count == 1 && said.first?.contains("\"db/fax*\"") == true, "\(said)")
        // A fault that hits n1 alone asks nothing of other nodes, one of a role nothing of those without it.
        let targets: [(TargetSelector, node: String, isMeant: Bool)] = [
          (.named(["n3", "n1"]), "n1", true), (.named(["n2"]), "n1", false),
          (.role("second"), "n1", false), (.role("second"), "n2", true),
        ]
        for (target, node, isMeant) in targets {
          let found = try await unmet(ground, kind, wrong, target: target, on: node)
          #expect(found == (isMeant ? said : []), "\(target) on \(node)")
        }
      }
      _ = try await ground.lab.text("n1", "fallocate -l 40M /data/db/big")
      for (files, isMeant) in [("db/b*", true), ("db/fix*", false)] {
        let said = try await unmet(ground, .tornTail, ["files": .string(files)])
        #expect(said.count == (isMeant ? 1 : 0), "\(said)")
        #expect(said.allSatisfy { $0.contains("no room for a copy") }, "\(said)")
      }
      _ = try await ground.lab.text("n1", "rm /data/db/big")
      // A target that does not run has no data to speak of.
      _ = try await ground.lab.text("n1", Ground.target.stop + "; sleep 0.2")
      let stopped = try await unmet(ground, .bitFlip, wrong)
      #expect(stopped == [])
    }
  }
}
