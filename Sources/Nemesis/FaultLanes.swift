public import Cluster
import Histories
import Randomness

/// The nemesis: every planned fault in a lane of its own, each with its own rhythm, all at once.
///
/// Lane i's n-th fault is drawn from the seed, i and n alone: its settings, the order in which
/// nodes are considered, its gap. Where a drawn node is taken by another lane's fault, the next in
/// the drawn order takes its place.
public actor FaultLanes {
  private let cluster: ClusterUnderTest
  private let injector: FaultInjector
  private let seed: UInt64
  private let limit: Int?
  private let note: @Sendable (ScheduledFault) -> Void
  private let claims: NodeClaims
  private var lastID = 0

  /// Makes the lanes of one run, whose faults together concern at most `limit` nodes at a time; a
  /// node counts until it is healthy again.
  ///
  /// - Parameter note: told of each fault before it is injected.
  public init(
    _ cluster: ClusterUnderTest, injector: FaultInjector, seed: UInt64, limit: Int?,
    note: @escaping @Sendable (ScheduledFault) -> Void
  ) {
    self.cluster = cluster
    self.injector = injector
    self.seed = seed
    self.limit = limit
    self.note = note
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
    let start = ContinuousClock.now
    return await inParallel(Array(plans.enumerated())) { lane, plan in
      await self.runLane(lane, plan, from: start, until: deadline)
    }.flatMap { $0 }
  }

  /// Injects the faults of a recorded schedule again, each on the same nodes at the same time, or as
  /// soon as the faults before it in its lane and on its nodes are over.
  ///
  /// - Returns: what went wrong, in order.
  public nonisolated func replay(_ schedule: [ScheduledFault]) async -> [ClusterError] {
    let start = ContinuousClock.now
    let lanes = Dictionary(grouping: schedule, by: \.lane).sorted { $0.key < $1.key }
    return await inParallel(lanes) { lane, faults in
      var problems: [ClusterError] = []
      for scheduled in faults.sorted(by: { $0.at < $1.at }) {
        try? await Task.sleep(until: start + scheduled.at)
        guard let claim = await self.claim(lane, exactly: scheduled.fault) else { break }
        problems += await self.inject(
          scheduled.fault, claim, lane: lane, from: start, lasting: scheduled.lasting,
          until: .now + .seconds(15))
      }
      return problems
    }.flatMap { $0 }
  }

  private nonisolated func runLane(
    _ lane: Int, _ plan: FaultPlan, from start: ContinuousClock.Instant,
    until deadline: ContinuousClock.Instant
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
      let claimed = await claim(lane, plan, &random, until: latest)
      await claims.stopWaiting(lane)
      guard let claimed else { break }
      problems += await inject(
        claimed.fault, claimed.claim, lane: lane, from: start, lasting: plan.lasting,
        until: deadline)
      n += 1
    }
    return problems
  }

  /// Takes a fault through its life and gives back what it has claimed.
  private nonisolated func inject(
    _ fault: ChosenFault, _ claim: NodeClaims.Claim, lane: Int,
    from start: ContinuousClock.Instant, lasting: Duration, until deadline: ContinuousClock.Instant
  ) async -> [ClusterError] {
    note(ScheduledFault(lane: lane, at: start.duration(to: .now), lasting: lasting, fault: fault))
    let problems = await injector.run(fault, lasting: lasting)
    if limit != nil { await settle(fault, until: min(deadline, .now + .seconds(15))) }
    await claims.release(claim)
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
    _ lane: Int, _ plan: FaultPlan, _ random: inout SeededRandom,
    until latest: ContinuousClock.Instant
  ) async -> Claimed? {
    let draw = Draw(cluster.nodes, &random)
    while !Task.isCancelled && ContinuousClock.now < latest {
      if await claims.isNext(lane), let claimed = await tryToClaim(plan, draw) { return claimed }
      try? await Task.sleep(for: .milliseconds(100))
    }
    return nil
  }

  private func tryToClaim(_ plan: FaultPlan, _ draw: Draw) async -> Claimed? {
    var draw = draw
    if plan.concernsLeader { draw.leader = await cluster.leaders().first?.name }
    guard let drawn = plan.fault(draw, among: cluster.nodes) else { return nil }
    var fault = drawn.fault
    let claim: NodeClaims.Claim?
    if plan.kind.reach == .nodes {
      claim = await claims.claimNodes(
        plan.target.size(of: cluster.nodes.count), of: drawn.candidates)
      let names = claim?.names ?? []
      fault.targets = cluster.nodes.filter { names.contains($0.name) }
    } else {
      claim = await claims.claimNetwork(concerning: fault.targets.count)
    }
    guard let claim else { return nil }
    lastID += 1
    fault.id = lastID
    return Claimed(fault: fault, claim: claim)
  }

  /// Waits until the nodes of a recorded fault, or the network, are free; nil where cancelled.
  private nonisolated func claim(
    _ lane: Int, exactly fault: ChosenFault
  ) async -> NodeClaims.Claim? {
    await claims.wait(lane)
    var claim: NodeClaims.Claim?
    while claim == nil && !Task.isCancelled {
      if await claims.isNext(lane) {
        let names = fault.targets.map(\.name)
        claim =
          fault.kind.reach == .nodes
          ? await claims.claimNodes(names.count, of: names)
          : await claims.claimNetwork(concerning: names.count)
      }
      if claim == nil { try? await Task.sleep(for: .milliseconds(50)) }
    }
    await claims.stopWaiting(lane)
    return claim
  }
}

extension FaultLanes {
  /// What a lane's first fault would be if no other lane held its nodes and the first node led; for
  /// faults with a shape, one of each shape that may be drawn.
  public static func examples(
    of plan: FaultPlan, lane: Int, nodes: [Node], seed: UInt64
  ) -> [ChosenFault] {
    var random = SeededRandom(seed: seed, label, UInt64(lane), 0)
    _ = gap(plan, first: true, &random)
    var draw = Draw(nodes, &random)
    draw.leader = nodes[0].name
    let shapes = plan.shapes
    let plans =
      shapes.isEmpty
      ? [plan]
      : shapes.map { shape in
        var single = plan
        single.settings.values["shape"] = .string(shape.rawValue)
        return single
      }
    return plans.compactMap { plan in
      var fault = plan.fault(draw, among: nodes)?.fault
      fault?.id = lane + 1
      return fault
    }
  }
}
