import Cluster
import FoundationEssentials
import Glibc
import Histories
import Lab
import Nemesis
import RemoteShell

/// How long it takes from the decision on a partition of five real nodes until no packet passes, and
/// from that on its end until all pass again; and how long until all nodes have answered: what the injector does,
/// on a lab of its own.
struct PartitionBenchmark {
  let rounds: Int
  let lab: String

  init(flags: Flags) throws(UsageError) {
    rounds = try flags.positive("--rounds", default: 20)
    lab = flags.string("--lab", default: "")
  }

  /// Makes the lab and starts again inside its network; there, measures and takes it down.
  func run() async throws {
    guard geteuid() == 0 else {
      return print("partition: skipped, as it needs root: nodes are made of namespaces")
    }
    guard !lab.isEmpty else {
      let made = try await LocalLab.up(LabSpec(name: "bench-\(getpid())"))
      let arguments = [CommandLine.arguments[0], "partition", "--lab", made.name]
      try made.reexecuteInside(
        arguments: arguments + ["--rounds", "\(rounds)"],
        environment: ProcessInfo.processInfo.environment)
    }
    let made = try LocalLab.find(lab)
    do { try await measure(on: made) } catch {
      try await made.down()
      throw error
    }
    try await made.down()
  }

  private func measure(on lab: LocalLab) async throws {
    let nodes = lab.nodes.map { Node(name: $0.name, host: $0.ip) }
    let cluster = ClusterUnderTest(nodes: nodes, target: .none) { node in
      RemoteShell(
        Endpoint(name: node.name, host: node.host, port: node.port, user: node.user),
        credentials: Credentials([.keyFile(path: lab.sshKeyPath)]),
        hostKeys: .strict([lab.knownHostsPath]))
    }
    let (facts, _) = await Doctor(
      cluster, needs: FaultNeeds(of: [.anyPartition], in: .none)
    ).examine()
    let leases = ClusterLease(cluster, NodeLease(owner: "bench", lasting: .seconds(600)))
    try await leases.acquire { _ in }
    try check(
      await cluster.succeedInParallel(nodes) { NodeState.remember(.none, on: $0, among: nodes) })

    let scripts = FaultScripts(owner: "bench", target: .none, nodes: nodes, facts: facts)
    let plan = FaultPlan(
      .partition, FaultSettings(.partition, ["shape": .string("halves")]), after: .zero,
      every: .zero, lasting: .zero)
    let probe = try PacketProbe(lab)
    Task { await probe.run() }
    defer { probe.close() }
    let empty = NodeScript("do nothing", body: "")
    var inForce = Times("in force")
    var healed = Times("healed")
    var nothing: [Duration] = []
    for round in 1...rounds {
      guard var fault = await plan.fault(in: cluster, seed: UInt64(round)) else { continue }
      fault.id = round
      let steps = { @Sendable [fault] (step: FaultStep) in
        { @Sendable node in scripts.script(step, of: fault, on: node) }
      }
      let affected = scripts.nodes(of: fault)
      probe.watch(links(fault, lab.nodes.map(\.name)))
      var started = ContinuousClock.now
      inForce.answered.append(try await time(cluster, affected, steps(.inject)))
      try check(await cluster.succeedInParallel(affected, steps(.verify)))
      inForce.seen.append(started.duration(to: max(probe.last ?? started, started)))

      probe.watch(links(fault, lab.nodes.map(\.name)))
      started = ContinuousClock.now
      healed.answered.append(try await time(cluster, affected, steps(.heal)))
      try check(await cluster.succeedInParallel(affected, steps(.verifyHealed)))
      guard let whole = probe.whole else {
        throw ProbeError(description: "no packet passes although the partition is healed")
      }
      healed.seen.append(started.duration(to: whole))
      nothing.append(try await time(cluster, affected) { _ in empty })
    }
    try check(await leases.release())
    await cluster.close()
    print("a partition of \(nodes.count) nodes in halves, \(rounds) times; load \(loadAverage())")
    print(inForce)
    print(healed)
    print("a command that does nothing: \(shown(nothing))")
  }

  /// The links that the partition cuts.
  private func links(_ fault: ChosenFault, _ nodes: [String]) -> [PacketProbe.Link] {
    nodes.indices.flatMap { receiver in
      let unheard = fault.grudge?.unheard[nodes[receiver]] ?? []
      return nodes.indices.filter { unheard.contains(nodes[$0]) }.map {
        PacketProbe.Link(sender: $0, receiver: receiver)
      }
    }
  }

  /// How long a script takes on all nodes at once.
  private func time(
    _ cluster: ClusterUnderTest, _ nodes: [Node], _ script: @escaping @Sendable (Node) -> NodeScript
  ) async throws -> Duration {
    let start = ContinuousClock.now
    try check(await cluster.succeedInParallel(nodes, script))
    return start.duration(to: .now)
  }

  private func check(_ errors: [ClusterError]) throws {
    if let first = errors.first { throw first }
  }
}

/// How long a step took.
private struct Times: CustomStringConvertible {
  let step: String
  /// Until the packets told.
  var seen: [Duration] = []
  /// Until every node had answered.
  var answered: [Duration] = []

  init(_ step: String) { self.step = step }

  var description: String {
    "\(step), by packets: \(shown(seen)); all nodes have answered: \(shown(answered))"
  }
}

private func shown(_ durations: [Duration]) -> String {
  let sorted = durations.sorted()
  let milliseconds = [sorted[sorted.count / 2], sorted[0], sorted[sorted.count - 1]].map {
    ($0 / .milliseconds(0.1)).rounded() / 10
  }
  return "median \(milliseconds[0]) ms (\(milliseconds[1]) to \(milliseconds[2]))"
}
