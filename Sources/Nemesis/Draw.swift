public import Cluster
import Histories
import Randomness

/// What one injection of a plan draws.
struct Draw {
  /// The nodes' names in a drawn order.
  var order: [String]
  /// Decides between choices.
  var choice: UInt64
  /// Who leads, where that has to be known.
  var leader: String?
  /// Who has the role that the target is about.
  var inRole: Set<String> = []
  /// In a sequence: who led when it began, where that has to be known.
  var oldLeader: String?

  init(_ nodes: [Node], _ random: inout SeededRandom) {
    order = nodes.map(\.name).shuffled(using: &random)
    choice = UInt64.random(in: .min ... .max, using: &random)
  }
}

extension FaultPlan {
  /// The fault of a draw on a cluster of these nodes, with all nodes that may be its targets in
  /// front of the others; nil where it has to be known who leads and is not.
  ///
  /// A fault with a shape has its targets decided: where the shape is not made of them, the nodes outside the
  /// largest whole group.
  func fault(_ draw: Draw, among nodes: [Node]) -> (fault: ChosenFault, candidates: [String])? {
    guard let candidates = target.candidates(draw) else {
      return nil
    }
    let size = target.size(of: nodes.count)
    var settings = settings.drawn(draw.choice)
    settings.values["draw"] = .integer(Int64(draw.choice % 1_000_000_007))
    var fault = ChosenFault(id: 0, kind, settings, targets: [])
    if kind.reach == .shape, let shape = PartitionShape(rawValue: settings.text("shape")) {
      if shape.concernsLeader && draw.leader == nil { return nil }
      let order = candidates + draw.order.filter { !candidates.contains($0) }
      let grudge = Grudge(
        shape, over: order, leader: draw.leader, choice: draw.choice, targets: size)
      let affected = shape == .targets ? Array(order.prefix(size)) : grudge.affected(among: order)
      fault.grudge = grudge
      fault.targets = nodes.filter { affected.contains($0.name) }
    } else {
      let names = candidates.prefix(size)
      fault.targets = nodes.filter { names.contains($0.name) }
    }
    return (fault, kind.damageStays ? Array(candidates.prefix(size)) : candidates)
  }
}

extension FaultPlan {
  /// Asks the nodes for what has to be known about them now.
  func know(_ draw: inout Draw, in cluster: ClusterUnderTest) async {
    if concernsPresentLeader { draw.leader = await cluster.leaders().first?.name }
    if case .role(let role) = target {
      draw.inRole = Set(await cluster.nodes(inRole: role).map(\.name))
    }
  }

  /// One fault of this plan, as a seed draws it; nil where it has to be known who leads and is not.
  public func fault(in cluster: ClusterUnderTest, seed: UInt64) async -> ChosenFault? {
    var random = SeededRandom(seed: seed)
    var draw = Draw(cluster.nodes, &random)
    await know(&draw, in: cluster)
    return onlyFault(draw, among: cluster.nodes)
  }

  /// The same where this node leads, and has every role.
  public func fault(among nodes: [Node], leader: String?, seed: UInt64) -> ChosenFault? {
    var random = SeededRandom(seed: seed)
    var draw = Draw(nodes, &random)
    draw.leader = leader
    draw.inRole = Set([leader].compactMap { $0 })
    return onlyFault(draw, among: nodes)
  }

  private func onlyFault(_ draw: Draw, among nodes: [Node]) -> ChosenFault? {
    var fault = fault(draw, among: nodes)?.fault
    fault?.id = 1
    return fault
  }
}
