public import Cluster
import Randomness

/// The nemesis: every planned fault in a lane of its own, each with its own rhythm, all at once.
///
/// Lane i's n-th fault is drawn from the seed, i and n alone: its kind's shape, the order in which
/// nodes are considered, its gap. Where a drawn node is taken by another lane's fault, the next in
/// the drawn order takes its place.
public actor FaultLanes {
  private let cluster: ClusterUnderTest
  private let injector: FaultInjector
  private let seed: UInt64
  private let limit: Int?
  private let claims: NodeClaims
  private var lastID = 0

  /// Makes the lanes of one run, whose faults together concern at most `limit` nodes at a time; a
  /// node counts until it is healthy again.
  public init(_ cluster: ClusterUnderTest, injector: FaultInjector, seed: UInt64, limit: Int?) {
    self.cluster = cluster
    self.injector = injector
    self.seed = seed
    self.limit = limit
    claims = NodeClaims(limit: limit ?? .max)
  }

  /// Runs all lanes until `deadline` or cancellation; every fault is healed on return.
  ///
  /// A fault that could not last its full time before the deadline is not begun.
  ///
  /// - Returns: what went wrong, in order.
  public nonisolated func run(
    _ plans: [FaultPlan], until deadline: ContinuousClock.Instant
  ) async -> [ClusterError] {
    await inParallel(Array(plans.enumerated())) { lane, plan in
      await self.runLane(lane, plan, until: deadline)
    }.flatMap { $0 }
  }

  private nonisolated func runLane(
    _ lane: Int, _ plan: FaultPlan, until deadline: ContinuousClock.Instant
  ) async -> [ClusterError] {
    var problems: [ClusterError] = []
    var n: UInt64 = 0
    while !Task.isCancelled {
      var random = SeededRandom(seed: seed, Self.label, UInt64(lane), n)
      let latest = deadline - plan.lasting
      let due = ContinuousClock.now + Self.gap(plan, first: n == 0, &random)
      guard due < latest else { break }
      try? await Task.sleep(until: due)
      await claims.wait(lane)
      let claimed = await claim(lane, plan.kind, &random, until: latest)
      await claims.stopWaiting(lane)
      guard let claimed else { break }
      problems += await injector.run(claimed.fault, lasting: plan.lasting)
      if limit != nil { await settle(claimed.fault, until: min(deadline, .now + .seconds(15))) }
      await claims.release(claimed.claim)
      n += 1
    }
    return problems
  }

  /// Separates the nemesis' random streams from the clients'.
  private static let label: UInt64 = 0x6661_756C_7473

  private static func gap(
    _ plan: FaultPlan, first: Bool, _ random: inout SeededRandom
  ) -> Duration {
    let drawn = Double.random(in: 0...1, using: &random)
    if first { return plan.after ?? plan.every * drawn }
    return plan.every * (0.5 + drawn)
  }

  /// Waits until the nodes that a fault concerned are healthy again: a cluster that has not got over
  /// one fault is still under it when the next comes.
  private nonisolated func settle(
    _ fault: ChosenFault, until giveUp: ContinuousClock.Instant
  ) async {
    while !Task.isCancelled && ContinuousClock.now < giveUp {
      let errors = await cluster.succeedInParallel(fault.targets) { [cluster] node in
        cluster.target.healthScript(on: node, among: cluster.nodes)
      }
      if errors.isEmpty { return }
      try? await Task.sleep(for: .milliseconds(200))
    }
  }

  private struct Claimed {
    var fault: ChosenFault
    var claim: NodeClaims.Claim
  }

  /// Waits until what the fault needs is free; nil where that is too late or cancelled.
  private nonisolated func claim(
    _ lane: Int, _ kind: FaultKind, _ random: inout SeededRandom,
    until latest: ContinuousClock.Instant
  ) async -> Claimed? {
    let order = cluster.nodes.map(\.name).shuffled(using: &random)
    let choice = UInt64.random(in: .min ... .max, using: &random)
    while !Task.isCancelled && ContinuousClock.now < latest {
      if await claims.isNext(lane),
        let claimed = await tryToClaim(kind, order: order, choice: choice)
      {
        return claimed
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
    return nil
  }

  private func tryToClaim(_ kind: FaultKind, order: [String], choice: UInt64) async -> Claimed? {
    switch kind {
    case .partition(let shapes):
      let shape = shapes[Int(choice % UInt64(shapes.count))]
      return await claimNetwork(shape, order, deaf: Self.deaf(choice))
    case .kill(let selector): return await claimNodes(.kill, selector, order)
    case .pause(let selector): return await claimNodes(.pause, selector, order)
    case .diskFull(let selector): return await claimNodes(.diskFull, selector, order)
    }
  }

  private static func deaf(_ choice: UInt64) -> Bool { choice >> 32 & 1 == 1 }

  private func claimNetwork(
    _ shape: PartitionShape, _ order: [String], deaf: Bool
  ) async -> Claimed? {
    let leader = shape == .leader ? await cluster.leaders().first?.name : nil
    var fault = ChosenFault.partition(
      0, shape, over: order, leader: leader, deaf: deaf, among: cluster.nodes)
    guard let claim = await claims.claimNetwork(concerning: fault.targets.count) else { return nil }
    fault.id = nextID()
    return Claimed(fault: fault, claim: claim)
  }

  private func claimNodes(
    _ action: ChosenFault.Action, _ selector: TargetSelector, _ order: [String]
  ) async -> Claimed? {
    var candidates = order
    if selector == .leader {
      guard let leader = await cluster.leaders().first else { return nil }
      candidates = [leader.name]
    }
    let count = selector.size(of: cluster.nodes.count)
    guard let claim = await claims.claimNodes(count, of: candidates) else { return nil }
    let targets = cluster.nodes.filter { claim.names.contains($0.name) }
    return Claimed(fault: ChosenFault(id: nextID(), action: action, targets: targets), claim: claim)
  }

  private func nextID() -> Int {
    lastID += 1
    return lastID
  }
}

extension FaultLanes {
  /// What a lane's first fault would be if no other lane held its nodes and the first node led; for
  /// partitions one fault of each shape that may be drawn.
  public static func examples(
    of plan: FaultPlan, lane: Int, nodes: [Node], seed: UInt64
  ) -> [ChosenFault] {
    var random = SeededRandom(seed: seed, label, UInt64(lane), 0)
    _ = gap(plan, first: true, &random)
    let order = nodes.map(\.name).shuffled(using: &random)
    let deaf = deaf(UInt64.random(in: .min ... .max, using: &random))
    func chosen(_ action: ChosenFault.Action, _ selector: TargetSelector) -> [ChosenFault] {
      let names =
        selector == .leader
        ? [nodes[0].name]
        : Array(order.prefix(selector.size(of: nodes.count)))
      let targets = nodes.filter { names.contains($0.name) }
      return [ChosenFault(id: lane + 1, action: action, targets: targets)]
    }
    switch plan.kind {
    case .partition(let shapes):
      return shapes.map {
        .partition(
          lane + 1, $0, over: order, leader: nodes[0].name, deaf: deaf, among: nodes)
      }
    case .kill(let selector): return chosen(.kill, selector)
    case .pause(let selector): return chosen(.pause, selector)
    case .diskFull(let selector): return chosen(.diskFull, selector)
    }
  }
}
