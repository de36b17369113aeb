public import Cluster
public import Nemesis
import Workloads

/// Every command that a run would execute on its nodes, without executing any.
public struct DryRun: Sendable {
  private let plan: RunPlan

  /// Makes a dry run of a plan.
  public init(_ plan: RunPlan) { self.plan = plan }

  /// The commands in order, a node and a script at a time, for people.
  ///
  /// Which nodes a fault hits is decided while it runs, so each lane's first fault is shown as the
  /// seed would have it if no other lane held its nodes and the first node led.
  public func lines() -> [String] {
    var lines: [String] = []
    let target = plan.workload.target
    for node in plan.nodes {
      let facts = NodeFacts.script(
        target, on: node, among: plan.nodes, needs: plan.needs.onNodes)
      lines += section("look at the node", on: node, [facts])
      let lease = NodeLease(owner: "this run", lasting: plan.lease)
      lines += section("keep others away", on: node, [lease.acquire, lease.renew])
      lines += section("heal what an earlier run left", on: node, [NodeState.heal])
      lines += section(
        "set up \(target.name)", on: node,
        Lifecycle.setUpScripts(target, on: node, among: plan.nodes))
    }
    for (lane, fault) in plan.workload.faults.enumerated() {
      lines += self.lines(of: fault, lane: lane, "lane \(lane + 1)")
    }
    for (number, sequence) in plan.workload.sequences.enumerated() {
      for fault in sequence.plans {
        let lane = plan.workload.faults.count + number
        lines += self.lines(of: fault, lane: lane, "sequence \(number + 1)")
      }
    }
    for node in plan.nodes {
      lines += section("heal everything", on: node, [NodeState.heal])
      lines += section(
        "tear down \(target.name)", on: node,
        Lifecycle.tearDownScripts(target, on: node, among: plan.nodes) + [NodeState.forget])
    }
    return lines
  }

  private func lines(of fault: FaultPlan, lane: Int, _ title: String) -> [String] {
    let facts = plan.nodes.map { NodeFacts(unseen: $0) }
    let scripts = FaultScripts(target: plan.workload.target, nodes: plan.nodes, facts: facts)
    return FaultLanes.examples(of: fault, lane: lane, nodes: plan.nodes, seed: plan.seed)
      .flatMap { example in
        scripts.nodes(of: example).flatMap { node in
          section(
            "\(title): \(example.title)", on: node, scripts.life(of: example, on: node))
        }
      }
  }

  private func section(_ title: String, on node: Node, _ scripts: [NodeScript]) -> [String] {
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
