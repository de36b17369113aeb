public import Cluster
import RemoteShell

extension FaultNeeds {
  /// What faults of these plans need in this target: a command of the user's own needs nothing.
  public init(of plans: [FaultPlan], in target: Target) {
    let onNodes = plans.filter { $0.kind.commandHere(.inject, $0.settings) == nil }
      .flatMap { plan in
        plan.kind.needs(plan.settings).map { need in
          var need = need
          need.test = plan.exception(from: need, in: target) + need.test
          return need
        }
      }
    self.init(
      network: plans.contains { $0.kind.reach == .network || $0.kind.reach == .shape },
      onNodes: onNodes.reduce(into: []) { needs, need in
        if !needs.contains(need) { needs.append(need) }
      })
  }

  /// What these faults need, whose targets are known.
  public init(of faults: [ChosenFault], in target: Target) {
    let plans = faults.map { fault in
      FaultPlan(
        fault.kind, fault.settings, target: .named(fault.targets.map(\.name)), after: nil,
        every: .zero, lasting: .zero)
    }
    self.init(of: plans, in: target)
  }
}

extension FaultPlan {
  /// Ends a test with success on nodes that the fault is never injected on, as far as a node can tell. A shape
  /// concerns other nodes, too, and who has a role is known while the target runs.
  fileprivate func exception(from need: NodeNeed, in target: Target) -> String {
    switch self.target {
    case .named(let names) where kind.reach != .shape:
      names.map { "[ \"$node\" = \(ShellQuote.quote($0)) ] || " }.joined() + "exit 0\n"
    case .role(let role) where need.isOfRunningTarget:
      "( \(target.roles[role] ?? "false")\n) || exit 0\n"
    default: ""
    }
  }
}
