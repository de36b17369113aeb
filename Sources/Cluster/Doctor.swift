/// One thing that is wrong with a node, before anything was changed on it.
public struct Finding: Sendable, Hashable {
  /// The node.
  public var node: String
  /// What is wrong, and what to do.
  public var problem: String
  /// Whether a run cannot start with it.
  public var fatal: Bool
}

/// Looks at every node and says what is missing; changes nothing.
public struct Doctor: Sendable {
  private let cluster: ClusterUnderTest
  private let needs: FaultNeeds

  /// Makes a doctor that knows what the run will need.
  public init(_ cluster: ClusterUnderTest, needs: FaultNeeds) {
    self.cluster = cluster
    self.needs = needs
  }

  /// The facts of every node that could be asked, and every finding.
  public func examine() async -> (facts: [NodeFacts], findings: [Finding]) {
    let answers = await inParallel(cluster.nodes) { node in await ask(node) }
    var facts: [NodeFacts] = []
    var findings: [Finding] = []
    for (node, answer) in zip(cluster.nodes, answers) {
      switch answer {
      case .success(let found):
        facts.append(found)
        findings += judge(found)
      case .failure(let error):
        findings.append(Finding(node: node.name, problem: error.reason, fatal: true))
      }
    }
    // What an earlier run left may be a partition: nodes are healed before this can be judged.
    if needs.network, findings.allSatisfy({ !$0.fatal }), facts.allSatisfy(\.leftovers.isEmpty) {
      findings += await unreachable(facts)
    }
    return (facts, findings)
  }

  /// What the needs are that a node does not meet, and nothing else: for a run that is under way.
  public func unmet() async -> [Finding] {
    await inParallel(cluster.nodes) { node in
      switch await ask(node) {
      case .success(let facts):
        facts.unmet.map { Finding(node: node.name, problem: $0, fatal: true) }
      case .failure(let error):
        [Finding(node: node.name, problem: error.reason, fatal: true)]
      }
    }.flatMap { $0 }
  }

  private func ask(_ node: Node) async -> Result<NodeFacts, ClusterError> {
    do throws(ClusterError) {
      // SSH_CONNECTION does not survive sudo, so it is asked for without.
      let connection = try await cluster.run(
        NodeScript("log in", body: "printf '%s' \"${SSH_CONNECTION:-}\""), on: node,
        privileged: false)
      let control = connection.output.split(separator: " ").first.map(String.init)
      let output = try await cluster.succeed(
        NodeFacts.script(
          cluster.target, on: node, among: cluster.nodes, needs: [NodeLease.need] + needs.onNodes),
        on: node)
      guard output.output.contains("user=0\n") || output.output.hasSuffix("user=0") else {
        throw ClusterError(
          node: node.name, step: "become root",
          reason: "commands run as user \(node.user); give --sudo, or log in as root")
      }
      return .success(NodeFacts(node: node, controlAddress: control, output: output.output))
    } catch {
      return .failure(error)
    }
  }

  private func judge(_ facts: NodeFacts) -> [Finding] {
    var problems: [(String, Bool)] = []
    problems += facts.unmet.map { ($0, true) }
    if needs.network { problems += controlProblems(facts) }
    // What an earlier run left may be a full disk, too.
    if facts.dataFree < 32 << 20, facts.leftovers.isEmpty, cluster.target != .none {
      problems.append(
        (
          "the file system \(facts.dataMount) of \(cluster.target.data) has only "
            + "\(facts.dataFree >> 20) MiB free; \(cluster.target.name) needs more", true
        ))
    }
    if !facts.installed && cluster.target.install == nil {
      problems.append(
        ("\(cluster.target.name) is not installed, and the target has no install command", true))
    }
    if !facts.leftovers.isEmpty {
      problems.append(
        (
          "an earlier run left behind: \(facts.leftovers.joined(separator: ", ")); a run heals "
            + "this first, or use 'faultline heal'", false
        ))
    }
    return problems.map { Finding(node: facts.node.name, problem: $0.0, fatal: $0.1) }
  }

  private func controlProblems(_ facts: NodeFacts) -> [(String, Bool)] {
    var problems: [(String, Bool)] = []
    if let control = facts.controlAddress,
      let same = cluster.nodes.first(where: { $0.host == control }), same != facts.node
    {
      problems.append(
        (
          "SSH comes from \(same.name), the control machine or a jump host, whose traffic is never "
            + "cut: partitions would have no effect; run from or through another machine", true
        ))
    }
    return problems
  }

  private func unreachable(_ facts: [NodeFacts]) async -> [Finding] {
    await inParallel(cluster.nodes) { node -> [Finding] in
      let peers = cluster.nodes.filter { $0 != node }
      let script = Reachability.script(from: node, to: peers)
      guard let output = try? await cluster.run(script, on: node) else {
        return [Finding(node: node.name, problem: "does not answer any more", fatal: true)]
      }
      let reached = Set(output.output.split(separator: "\n").map(String.init))
      return peers.filter { !reached.contains($0.name) }.map {
        Finding(
          node: node.name,
          problem: "cannot reach \($0.name) at \($0.host) port \($0.port), though no fault is in "
            + "force; a partition between them could not be told from this", fatal: true)
      }
    }.flatMap { $0 }
  }
}
