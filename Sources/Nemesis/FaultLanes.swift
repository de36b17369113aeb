public import Cluster
import Histories
import Randomness

/// The nemesis: every planned fault and every sequence in a lane of its own, each with its own rhythm,
/// all at once.
///
/// Lane i's n-th fault is drawn from the seed, i and n alone: its settings, the order in which
/// nodes are considered, its gap. Where a drawn node is taken by another lane's fault, the next in
/// the drawn order takes its place. Where it explores, several are drawn, and that one comes whose
/// situation was tried least so far: then the seed decides together with who leads when.
public actor FaultLanes {
  let cluster: ClusterUnderTest
  let injector: FaultInjector
  let seed: UInt64
  let limits: FaultLimits
  let note: @Sendable (ScheduledFault) -> Void
  let claims: NodeClaims
  private var lastID = 0
  private let explores: Bool
  private var tried = TriedFaults()
  private var span: Range<ContinuousClock.Instant>?

  /// Makes the lanes of one run.
  ///
  /// - Parameters:
  ///   - limits: what their faults may do together.
  ///   - explores: whether situations that were not tried yet are preferred.
  ///   - note: told of each fault before it is injected.
  public init(
    _ cluster: ClusterUnderTest, injector: FaultInjector, seed: UInt64, limits: FaultLimits,
    explores: Bool = false, note: @escaping @Sendable (ScheduledFault) -> Void
  ) {
    self.cluster = cluster
    self.injector = injector
    self.seed = seed
    self.limits = limits
    self.explores = explores
    self.note = note
    claims = NodeClaims(limits)
  }

  /// Runs all lanes until `deadline` or cancellation; every fault is healed on return.
  ///
  /// A fault that could not last its full time before the deadline is not begun.
  ///
  /// - Returns: what went wrong, in order.
  public nonisolated func run(
    _ plans: [FaultPlan], _ sequences: [FaultSequence] = [],
    until deadline: ContinuousClock.Instant
  ) async -> [ClusterError] {
    let start = ContinuousClock.now
    await begin(start, deadline)
    async let scripted = inParallel(Array(sequences.enumerated())) { number, sequence in
      await self.runSequence(
        sequence, lane: plans.count + number, from: start, until: deadline)
    }
    let drawn = await inParallel(Array(plans.enumerated())) { lane, plan in
      await self.runLane(lane, plan, from: start, until: deadline)
    }
    return await (drawn + scripted).flatMap { $0 }
  }

  private func begin(_ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant) {
    span = start..<max(start, end)
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
      let scheduled = ScheduledFault(
        lane: lane, at: start.duration(to: .now), lasting: plan.lasting, fault: claimed.fault)
      problems += await inject(scheduled, claimed.claim, settlingUntil: deadline)
      n += 1
    }
    return problems
  }

  /// Takes a fault through its life and gives back what it has claimed; where there is a time to settle,
  /// when its nodes have settled.
  nonisolated func inject(
    _ scheduled: ScheduledFault, _ claim: NodeClaims.Claim,
    settlingUntil deadline: ContinuousClock.Instant?
  ) async -> [ClusterError] {
    note(scheduled)
    let problems = await injector.run(scheduled.fault, lasting: scheduled.lasting)
    if let deadline { await settle(scheduled.fault.targets, until: deadline) }
    await release(claim, of: scheduled.fault)
    return problems
  }

  /// Gives back what a fault has claimed.
  func release(_ claim: NodeClaims.Claim, of fault: ChosenFault) async {
    tried.end(fault)
    await claims.release(claim)
  }

  /// Separates the nemesis' random streams from the clients'.
  static let label: UInt64 = 0x6661_756C_7473

  private static func gap(
    _ plan: FaultPlan, first: Bool, _ random: inout SeededRandom
  ) -> Duration {
    let drawn = Double.random(in: 0...1, using: &random)
    if first { return plan.after ?? plan.every * drawn }
    return plan.every * (0.5 + drawn)
  }

  /// Waits, where there are limits, until the nodes that faults concerned are healthy again, and as long as is to
  /// be stable then: a cluster that has not got over one fault is still under it when the next comes.
  nonisolated func settle(_ nodes: [Node], until deadline: ContinuousClock.Instant) async {
    guard limits.areSet else { return }
    while !Task.isCancelled && ContinuousClock.now < deadline {
      let errors = await cluster.succeedInParallel(nodes) { [cluster] node in
        cluster.target.healthScript(on: node, among: cluster.nodes)
      }
      if errors.isEmpty {
        if let stable = limits.stable {
          try? await Task.sleep(until: min(deadline, .now + stable))
        }
        return
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
  }

  struct Claimed {
    var fault: ChosenFault
    var claim: NodeClaims.Claim
  }

  /// Waits until what the fault needs is free; nil where that is too late or cancelled.
  private nonisolated func claim(
    _ lane: Int, _ plan: FaultPlan, _ random: inout SeededRandom,
    until latest: ContinuousClock.Instant
  ) async -> Claimed? {
    var draws = (0..<(explores ? Self.choices : 1)).map { _ in Draw(cluster.nodes, &random) }
    if plan.kind.damageStays {
      var constant = SeededRandom(seed: seed, Self.label, UInt64(lane))
      let order = Draw(cluster.nodes, &constant).order
      for index in draws.indices { draws[index].order = order }
    }
    while !Task.isCancelled && ContinuousClock.now < latest {
      if await claims.isNext(lane), let claimed = await tryToClaim(plan, await best(draws, plan)) {
        return claimed
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
    return nil
  }

  /// How many draws there are to choose from where situations are explored.
  private static let choices = 12

  /// The draw whose situation was tried least, the first of those.
  private func best(_ draws: [Draw], _ plan: FaultPlan) async -> Draw {
    guard draws.count > 1 else { return draws[0] }
    var known = draws[0]
    await plan.know(&known, in: cluster)
    if known.leader == nil { known.leader = await cluster.leaders().first?.name }
    let drawn = draws.compactMap { draw -> (draw: Draw, situation: FaultSituation)? in
      var draw = draw
      draw.leader = known.leader
      draw.inRole = known.inRole
      guard let fault = plan.fault(draw, among: cluster.nodes)?.fault else { return nil }
      return (draw, situation(of: fault, draw))
    }
    return tried.least(of: drawn.map(\.situation)).map { drawn[$0].draw } ?? draws[0]
  }

  private func situation(of fault: ChosenFault, _ draw: Draw) -> FaultSituation {
    var stage = FaultSituation.Stage.early
    if let span {
      let share = span.lowerBound.duration(to: .now) / span.lowerBound.duration(to: span.upperBound)
      stage = share < 1 / 3 ? .early : share < 2 / 3 ? .middle : .late
    }
    return FaultSituation(
      fault: fault.variant, role: .init(of: fault.targets.map(\.name), leader: draw.leader),
      stage: stage)
  }

  /// - Parameter inSequence: whether it belongs to a sequence that has reserved the nodes.
  func tryToClaim(_ plan: FaultPlan, _ draw: Draw, inSequence: Bool = false) async -> Claimed? {
    var draw = draw
    await plan.know(&draw, in: cluster)
    guard let drawn = plan.fault(draw, among: cluster.nodes) else { return nil }
    var fault = drawn.fault
    let claim: NodeClaims.Claim?
    if plan.kind.reach.takesNodes {
      claim = await claims.claimNodes(
        plan.target.size(of: cluster.nodes.count), of: drawn.candidates,
        withNetwork: plan.kind.reach.takesNetwork, inSequence: inSequence)
      let names = claim?.names ?? []
      fault.targets = cluster.nodes.filter { names.contains($0.name) }
    } else {
      claim = await claims.claimNetwork(
        concerning: fault.targets.map(\.name), inSequence: inSequence)
    }
    guard let claim else { return nil }
    lastID += 1
    fault.id = lastID
    if explores {
      fault.situation = situation(of: fault, draw)
      tried.begin(fault)
    }
    return Claimed(fault: fault, claim: claim)
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
    draw.oldLeader = nodes[0].name
    draw.inRole = [nodes[0].name]
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
