public import Cluster
public import Nemesis
import Workloads

/// The commands that a run would execute on its nodes, without executing any.
public struct DryRun: Sendable {
  private let plan: RunPlan
  private static let owner = "this run"

  /// Makes a dry run of a plan.
  public init(_ plan: RunPlan) { self.plan = plan }

  /// The commands in order, a node and a script at a time, for people.
  ///
  /// Which nodes a fault hits is decided while it runs, so each lane's first fault is shown as the
  /// seed would have it if no other lane held its nodes and the first node led. Of a recorded
  /// schedule all faults are shown.
  public func lines() -> [String] {
    var lines: [String] = []
    let target = plan.workload.target
    for node in plan.nodes {
      let facts = NodeFacts.script(
        target, on: node, among: plan.nodes, needs: plan.needs.beforeTarget.onNodes)
      lines += Self.section("look at the node", on: node, [facts])
      let lease = NodeLease(owner: Self.owner, lasting: plan.lease)
      lines += Self.section("keep others away", on: node, [lease.acquire, lease.renew])
      lines += Self.section("heal what an earlier run left", on: node, [NodeState.heal])
      lines += Self.section(
        "set up \(target.name)", on: node,
        Lifecycle.setUpScripts(target, on: node, among: plan.nodes))
      let needs = plan.needs.ofRunningTarget.onNodes
      if !needs.isEmpty {
        let facts = NodeFacts.script(target, on: node, among: plan.nodes, needs: needs)
        lines += Self.section("look at the target, after the warm-up", on: node, [facts])
      }
    }
    if let replay = plan.replay {
      for scheduled in replay {
        lines += life(of: scheduled.fault, "\(scheduled.at.shown) after the faults begin")
      }
    } else {
      lines += drawnFaults()
    }
    for node in plan.nodes {
      lines += Self.section("heal everything", on: node, [NodeState.heal])
      lines += Self.section(
        "tear down \(target.name)", on: node,
        Lifecycle.tearDownScripts(target, on: node, among: plan.nodes) + [NodeState.forget])
    }
    return lines
  }

  private func drawnFaults() -> [String] {
    let lanes = plan.workload.faults.enumerated().flatMap { lane, fault in
      lines(of: fault, lane: lane, "lane \(lane + 1)")
    }
    let sequences = plan.workload.sequences.enumerated().flatMap { number, sequence in
      sequence.plans.flatMap { fault in
        let lane = plan.workload.faults.count + number
        return lines(of: fault, lane: lane, "sequence \(number + 1)")
      }
    }
    return lanes + sequences
  }

  private func lines(of fault: FaultPlan, lane: Int, _ title: String) -> [String] {
    FaultLanes.examples(of: fault, lane: lane, nodes: plan.nodes, seed: plan.seed)
      .flatMap { life(of: $0, title) }
  }

  private func life(of fault: ChosenFault, _ title: String) -> [String] {
    Self.life(
      of: fault, "\(title): \(fault.title)", owner: Self.owner, target: plan.workload.target,
      nodes: plan.nodes)
  }
}

extension DryRun {
  /// The commands by which one fault is injected by hand, held and undone, as `lines` has them.
  public static func lines(
    of fault: ChosenFault, target: Target, nodes: [Node], lease: Duration
  ) -> [String] {
    let needs = FaultNeeds(of: [fault], in: target)
    let lease = NodeLease(owner: "this injection", lasting: lease)
    let prepared = nodes.flatMap { node in
      section(
        "prepare the node", on: node,
        [
          NodeFacts.script(target, on: node, among: nodes, needs: needs.onNodes), lease.acquire,
          lease.renew, NodeState.remember(target, on: node, among: nodes),
        ])
    }
    return prepared
      + life(of: fault, fault.title, owner: lease.owner, target: target, nodes: nodes)
      + nodes.flatMap { section("leave the node", on: $0, [lease.release]) }
  }

  private static func life(
    of fault: ChosenFault, _ title: String, owner: String, target: Target, nodes: [Node]
  ) -> [String] {
    let facts = nodes.map { NodeFacts(unseen: $0) }
    let scripts = FaultScripts(owner: owner, target: target, nodes: nodes, facts: facts)
    return scripts.nodes(of: fault).flatMap { node in
      section(title, on: node, scripts.life(of: fault, on: node))
    }
  }

  private static func section(
    _ title: String, on node: Node, _ scripts: [NodeScript]
  ) -> [String] {
    scripts.flatMap { script in
      ["# \(node.name) (\(node.user)@\(node.host):\(node.port)): \(title): \(script.purpose)"]
        + script.body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }
}

extension FaultScripts {
  /// The scripts of a fault's life on one node, and on this machine for it, in their order.
  public func life(of fault: ChosenFault, on node: Node) -> [NodeScript] {
    FaultStep.allCases.flatMap { step in
      let there = script(step, of: fault, on: node)
      let here = scriptHere(step, of: fault, for: node)
      // A node that is off is switched on before anything is undone there.
      return (step == .heal ? [here, there] : [there, here]).compactMap { $0 }
    }
  }
}
