public import Cluster

extension FaultPlan {
  /// Why it can never be injected into this target on these nodes, found before anything is touched; nil
  /// where nothing speaks against it.
  public func problem(with target: Target, on nodes: [Node]) -> String? {
    if let (count, shape) = minimumNodes, count > nodes.count {
      return "a \(kind.name) of shape \"\(shape.rawValue)\" needs at least \(count) nodes; "
        + "there are \(nodes.count)"
    }
    if concernsLeader, target.leads == nil {
      return
        "the fault \(kind.name) is about the leader, and the target has no command 'leads' "
        + "that tells it"
    }
    if case .named(let names) = self.target,
      let unknown = names.first(where: { name in !nodes.contains { $0.name == name } })
    {
      return "the target \"\(unknown)\" of the fault \(kind.name) is none of the nodes"
    }
    return kind == .membership ? membershipProblem(with: target, on: nodes) : nil
  }

  private func membershipProblem(with target: Target, on nodes: [Node]) -> String? {
    let commands = [("members", target.members), ("leave", target.leave), ("join", target.join)]
    if let missing = commands.first(where: { $0.1 == nil }) {
      return "the fault membership needs a command '\(missing.0)' in the target's description"
    }
    if nodes.count < 3 {
      return "the fault membership needs three nodes: two without a third are no majority"
    }
    let count = self.target.size(of: nodes.count)
    return count == 1
      ? nil
      : "the fault membership takes out one member at a time, and its target is \(count) nodes"
  }
}
