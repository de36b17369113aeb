public import Cluster

/// Builds the scripts of a fault for the nodes that it acts on.
public struct FaultScripts: Sendable {
  let target: Target
  let nodes: [Node]
  private let facts: [String: NodeFacts]

  /// Makes a builder; `facts` tells each node's addresses.
  public init(target: Target, nodes: [Node], facts: [NodeFacts]) {
    self.target = target
    self.nodes = nodes
    self.facts = Dictionary(uniqueKeysWithValues: facts.map { ($0.node.name, $0) })
  }

  /// The nodes that scripts of this fault run on: for a partition those that stop hearing someone.
  public func nodes(of fault: ChosenFault) -> [Node] {
    guard case .partition(_, let grudge) = fault.action else { return fault.targets }
    return nodes.filter { grudge.unheard[$0.name] != nil }
  }

  /// The script of one step on one of `nodes(of:)`.
  public func script(_ step: FaultStep, of fault: ChosenFault, on node: Node) -> NodeScript {
    let body =
      switch fault.action {
      case .partition(_, let grudge):
        partitionScript(step, fault.id, unheard: unheard(grudge, by: node), on: node)
      case .kill: targetFunctions(node) + ProcessScripts.kill(step)
      case .pause: targetFunctions(node) + ProcessScripts.pause(step)
      case .diskFull: targetFunctions(node) + DiskScripts.full(step)
      }
    // An injection may outlive the command that began it, by a timeout or by the control program's
    // death: then healing has to end it first.
    let guarded =
      switch step {
      case .inject: "injecting \(fault.id)\n" + body
      case .heal: "end_injection \"$state/injecting.\(fault.id)\"\n" + body
      case .verify, .verifyHealed: body
      }
    return NodeScript(
      "\(step.purpose) \(fault.name) \(fault.id)", timeout: .seconds(25),
      isUrgent: step == .heal, body: NodeState.functions + guarded)
  }

  private func unheard(_ grudge: Grudge, by node: Node) -> [Node] {
    nodes.filter { grudge.unheard[node.name]?.contains($0.name) == true }
  }

  private func partitionScript(
    _ step: FaultStep, _ id: Int, unheard: [Node], on node: Node
  ) -> String {
    let rules = PartitionScripts(
      fault: id, control: facts[node.name]?.controlAddress,
      unheardAddresses: unheard.flatMap { facts[$0.name]?.addresses ?? [$0.host] })
    return switch step {
    case .inject: rules.inject
    case .verify: PartitionScripts.verify(unheard: unheard)
    case .heal: rules.heal
    case .verifyHealed: PartitionScripts.verifyHealed(unheard: unheard)
    }
  }

  /// The target's variables, `target_pids` and `start_target`.
  private func targetFunctions(_ node: Node) -> String {
    """
    \(target.prelude(for: node, among: nodes))target_pids() {
    ( \(target.pid)
    ) 2>/dev/null
    }
    start_target() {
    ( \(target.start)
    )
    }

    """
  }
}

extension FaultStep {
  var purpose: String {
    switch self {
    case .inject: "inject"
    case .verify: "see the effect of"
    case .heal: "heal"
    case .verifyHealed: "see the end of"
    }
  }
}
