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
    if case .role(let role) = self.target, target.roles[role] == nil {
      let known = target.roles.keys.sorted().joined(separator: ", ")
      return
        "the fault \(kind.name) is about the role \"\(role)\", and the target has no command of this name in "
        + "'roles'\(known.isEmpty ? "" : ", which has \(known)")"
    }
    if case .named(let names) = self.target,
      let unknown = names.first(where: { name in !nodes.contains { $0.name == name } })
    {
      return "the target \"\(unknown)\" of the fault \(kind.name) is none of the nodes"
    }
    if kind == .membership { return membershipProblem(with: target, on: nodes) }
    return shapes.lazy.compactMap { shapeProblem($0, on: nodes.count) }.first
  }

  /// Why a shape does not go with the target: it would concern other nodes than those that were named.
  private func shapeProblem(_ shape: PartitionShape, on count: Int) -> String? {
    let size = target.size(of: count)
    if shape == .targets {
      return size < count
        ? nil
        : "the fault \(kind.name) has all nodes as its targets: nobody is left to cut them from"
    }
    guard target != .one, shape.size(of: count) != size else { return nil }
    let advice = "leave the shape out to cut the targets off from all others"
    return shape.size(of: count).map {
      "a \(kind.name) of shape \"\(shape.rawValue)\" is about \($0) of \(count) nodes, and its target is "
        + "\(size): \(advice)"
    }
      ?? "a \(kind.name) of shape \"\(shape.rawValue)\" decides itself whom it is about: leave the target out, or \(advice)"
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
