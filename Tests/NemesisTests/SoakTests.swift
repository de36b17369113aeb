import FoundationEssentials
import Glibc
import Histories
import Randomness
import TestSupport
import Testing

@testable import Cluster
@testable import Nemesis

/// Random faults injected by the program as a person would, undone by itself, by `heal` after a
/// SIGKILL, or by the nodes alone, after a SIGKILL or while the program cannot reach them: after each the nodes are as
/// they were.
@Suite(.serialized, .enabled(if: isRoot, "\(needsRoot)"))
struct SoakTests {
  /// `make soak` asks for more, and for another seed each time.
  private let trials = Int(variable("FAULTLINE_SOAK") ?? "") ?? 50
  private let seed = UInt64(variable("FAULTLINE_SOAK_SEED") ?? "") ?? 2026

  private enum End: String, CaseIterable { case byItself, killedAndHealed, killedAndLeft, cutOff }

  @Test func nothingIsLeftWhateverWasInjectedAndWhoeverDied() async throws {
    try await Ground.with { ground in
      for node in ground.nodes { _ = try await ground.lab.text(node.name, NodeState.forget.body) }
      let scratch = try Scratch()
      let workload = try scratch.write(Self.workload, to: "w.toml")
      var random = SeededRandom(seed: seed)
      var before = try await ground.snapshots()
      var ends: [End: Int] = [:]
      var killedAmidst = 0
      let kinds = Self.kinds.shuffled(using: &random)
      // Each kind ends in another way each time that its turn comes.
      for trial in 0..<trials {
        let (round, turn) = trial.quotientAndRemainder(dividingBy: kinds.count)
        let kind = kinds[turn]
        let end = End.allCases[(round + turn) % End.allCases.count]
        let what = "seed \(seed), trial \(trial): \(kind.name), \(end.rawValue)"
        let traffic = try await Traffic(for: kind, ground)
        let injection = try Program(
          [
            faultline, "nemesis", "inject", kind.name, "--lab", ground.lab.name, "--workload",
            workload, "--seed", "\(random.next() >> 11)", "--lease", "3s",
          ] + settings(of: kind, ground, &random))
        let moment = Duration.milliseconds(Int.random(in: 0...2500, using: &random))
        try await finish(injection, end, after: moment, ground, what, isOutage: kind.outage != nil)
        try await traffic.end()
        if end != .byItself, injection.output.contains(" inject") { killedAmidst += 1 }
        let after = try await ground.snapshots()
        Ground.expectSame(before, after, what)
        // What one trial left must not be blamed on the next.
        before = after
        ends[end, default: 0] += 1
      }
      #expect(ends.count == End.allCases.count && ends.values.reduce(0, +) == trials)
      #expect(killedAmidst * 6 > trials, "\(killedAmidst) of \(trials) were killed amidst a fault")
    }
  }

  private func finish(
    _ injection: Program, _ end: End, after moment: Duration, _ ground: Ground, _ what: String,
    isOutage: Bool
  ) async throws {
    guard end != .byItself else {
      let ended = try await injection.end()
      #expect(ended.status == 0, "\(what): \(ended.text)")
      #expect(ended.output.contains(" healed "), "\(what): \(ended.text)")
      return
    }
    try await Task.sleep(for: moment)
    // A node that boots is without the rule that cuts it off.
    let isCutOff = end == .cutOff && !isOutage
    if isCutOff {
      try await login(ground, "-I")
      try await untilHealed(ground, what)
    }
    injection.signal(SIGKILL)
    _ = try await injection.end()
    if isCutOff { try await login(ground, "-D") }
    if isOutage { try await switchOn(ground) }
    // A node that has booted has no watchdog any more.
    if end == .killedAndHealed || isOutage {
      let heal = try await program([faultline, "heal", "--lab", ground.lab.name])
      #expect(heal.status == 0, "\(what): \(heal.text)")
    }
    try await untilHealed(ground, what)
  }

  /// Cuts the control side off from all nodes, or lets it in again.
  private func login(_ ground: Ground, _ change: String) async throws {
    for node in ground.nodes {
      _ = try await ground.lab.text(node.name, "iptables \(change) INPUT -p tcp --dport 22 -j DROP")
    }
  }

  private func untilHealed(_ ground: Ground, _ what: String) async throws {
    for node in ground.nodes.map(\.name) {
      var left = "?"
      for _ in 0..<200 where left != "" {
        left = try await ground.lab.on(node, "ls -d \(NodeState.folder) \(NodeState.lasting)")
          .output
        if left != "" { try await Task.sleep(for: .milliseconds(100)) }
      }
      #expect(left == "", "\(what): \(node) has not healed itself")
    }
  }

  /// Sees to it that all nodes are up: those that were told to go down do so within a second.
  private func switchOn(_ ground: Ground) async throws {
    try await Task.sleep(for: .seconds(1.5))
    for node in ground.nodes.map(\.name) where try await ground.lab.on(node, "true").status != 0 {
      let on = try await program([faultline, "lab", "reboot", "--name", ground.lab.name, node])
      #expect(on.status == 0, "\(on.text)")
    }
    for _ in 0..<100 {
      let status = try await program([faultline, "lab", "status"]).output
      let nodes = status.split(separator: "\n").drop { !$0.hasPrefix("\(ground.lab.name): ") }
      if nodes.first?.contains(": up,") == true { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw TestFailure("the nodes are not up again")
  }

  /// All but those that nodes of a lab cannot have, a clock of their own; and membership, which needs a database.
  private static let kinds = FaultKind.all.filter {
    ![.clockStep, .clockSkew, .clockStrobe, .membership].contains($0)
  }

  private func settings(
    of kind: FaultKind, _ ground: Ground, _ random: inout SeededRandom
  ) -> [String] {
    let shapes: [PartitionShape] = [
      .one, .halves, .randomHalves, .link, .deaf, .mute, .oneWay, .bridge,
    ]
    var arguments = ["--for", "\(Int.random(in: 0...600, using: &random))ms"]
    var settings: [String] = []
    if kind.reach == .shape {
      settings.append("shape=\((shapes.randomElement(using: &random) ?? .one).rawValue)")
    }
    switch kind {
    case .partition: settings.append("packets=\(Bool.random(using: &random) ? "drop" : "reset")")
    case .flapping: settings.append("period=1200ms")
    case .swizzle: settings.append("gap=200ms")
    case .diskSlow: settings.append("stall=200ms")
    case .crashLoop: settings.append("period=200ms")
    case .restartStale: settings.append("age=300ms")
    case .bitFlip, .truncatedFile, .tornTail: settings.append("files=db/fixed")
    case .oldFile: settings += ["files=db/ticks", "age=600ms"]
    case .shutdown: settings.append("on=\(faultline) lab reboot --name \(ground.lab.name) $node")
    case .custom:
      settings += [
        "inject=mkdir /run/own && sleep 0.5", "verify=[ -d /run/own ]", "heal=rm -rf /run/own",
      ]
    default: break
    }
    if kind.reach != .shape {
      let targets = ["one", "minority", "majority", "all", "n2", "n1,n3"]
      arguments += ["--target", targets.randomElement(using: &random) ?? "one"]
    }
    return arguments + settings.flatMap { ["--set", $0] }
  }

  /// The server of `Ground` as a target that the program reads.
  static var workload: String {
    let target = Ground.target
    return """
      name = "soak"
      model = "register"
      [client]
      name = "noop"
      [load]
      mix = { read = 1 }
      [phases]
      [target]
      name = "\(target.name)"
      client-port = \(target.clientPort)
      data = "\(target.data)"
      [target.commands]
      start = '''
      \(target.start)'''
      stop = '''\(target.stop)'''
      wipe = "true"
      pid = '''\(target.pid)'''
      healthy = "true"

      """
  }
}

private func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

/// Connections without which some faults have no effect: of clients on the control machine to each node, and of each
/// node to the next one. They are made again when they break.
private struct Traffic {
  private let ground: Ground
  private let clients: [Program]
  private let isBetweenNodes: Bool

  init(for kind: FaultKind, _ ground: Ground) async throws {
    self.ground = ground
    clients =
      try kind == .clientsCut
      ? ground.nodes.map { node in
        let proxy = "timeout 1 \(faultline) lab proxy --name \(ground.lab.name) \(node.name) 7000"
        return try Program(["sh", "-c", "while sleep 0.1; do \(proxy) >/dev/null; done"])
      } : []
    isBetweenNodes = kind == .resetConnections
    guard isBetweenNodes else { return }
    for (node, next) in zip(ground.nodes, ground.nodes.dropFirst() + ground.nodes.prefix(1)) {
      let reader = "timeout 5 bash -c \"exec cat </dev/tcp/\(next.host)/7000\""
      _ = try await ground.lab.text(
        node.name,
        """
        setsid sh -c 'while sleep 0.1; do \(reader); done' </dev/null >/dev/null 2>&1 &
        echo $! > /run/traffic
        sleep 1
        """)
    }
  }

  func end() async throws {
    for client in clients {
      client.signal(SIGKILL)
      _ = try await client.end()
    }
    // The last one ends by itself.
    if !clients.isEmpty { try await Task.sleep(for: .seconds(1.2)) }
    guard isBetweenNodes else { return }
    for node in ground.nodes {
      _ = try await ground.lab.text(node.name, "kill -KILL -$(cat /run/traffic); rm /run/traffic")
    }
  }
}
