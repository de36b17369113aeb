import Cluster
import Randomness

extension FaultLanes {
  /// Carries a sequence out, once or again and again, while there is time for all of it.
  ///
  /// Where there are limits, a sequence waits until no other fault is in force, and none begins beside it: what goes
  /// together was decided by whoever wrote it.
  nonisolated func runSequence(
    _ sequence: FaultSequence, lane: Int, from start: ContinuousClock.Instant,
    until deadline: ContinuousClock.Instant
  ) async -> [ClusterError] {
    let latest = deadline - sequence.minimumLength
    var due = start + sequence.after
    var round = 0
    while !Task.isCancelled && due <= latest {
      try? await Task.sleep(until: due)
      guard let reservation = await reserve(lane, until: latest) else { break }
      var course = SequenceCourse(
        self, sequence, lane: lane, round: round, start: start, deadline: deadline)
      let problems = await course.run(until: latest)
      await settle(cluster.nodes.filter(course.affected.contains), until: deadline)
      await claims.release(reservation)
      guard problems.isEmpty, let every = sequence.every else { return problems }
      round += 1
      var random = SeededRandom(seed: seed, Self.sequenceLabel, UInt64(lane), UInt64(round))
      due = .now + every * Double.random(in: 0.5...1.5, using: &random)
    }
    return []
  }

  /// Separates the random streams of sequences from those of lanes.
  static let sequenceLabel: UInt64 = 0x7365_7175_656E_6365
}

/// One time that a sequence is carried out.
private struct SequenceCourse: Sendable {
  private let lanes: FaultLanes
  private let sequence: FaultSequence
  private let lane: Int
  private let round: Int
  private let start: ContinuousClock.Instant
  private let deadline: ContinuousClock.Instant
  /// The nodes that were targets of a fault.
  private(set) var affected: Set<Node> = []
  private var oldLeader: String?
  private var held: [HeldFault] = []

  init(
    _ lanes: FaultLanes, _ sequence: FaultSequence, lane: Int, round: Int,
    start: ContinuousClock.Instant, deadline: ContinuousClock.Instant
  ) {
    self.lanes = lanes
    self.sequence = sequence
    self.lane = lane
    self.round = round
    self.start = start
    self.deadline = deadline
  }

  /// Carries out all steps; every fault is healed on return.
  ///
  /// - Parameter latest: when to give up waiting for a leader, where one has to be known.
  /// - Returns: what went wrong; nothing is begun after that.
  mutating func run(until latest: ContinuousClock.Instant) async -> [ClusterError] {
    if sequence.concernsOldLeader {
      repeat {
        oldLeader = await lanes.cluster.leaders().first?.name
        if oldLeader == nil { try? await Task.sleep(for: .milliseconds(200)) }
      } while oldLeader == nil && ContinuousClock.now < latest && !Task.isCancelled
      guard oldLeader != nil else { return [] }
    }
    return await withTaskGroup(of: [ClusterError].self) { group in
      var problems: [ClusterError] = []
      for index in sequence.steps.indices where problems.isEmpty && !Task.isCancelled {
        guard await carryOut(index, &group, &problems) else { break }
      }
      for fault in held { fault.release() }
      for await more in group { problems += more }
      return problems
    }
  }

  /// Carries out one step; false where the fault that it should hold did not take effect.
  private mutating func carryOut(
    _ index: Int, _ group: inout TaskGroup<[ClusterError]>, _ problems: inout [ClusterError]
  ) async -> Bool {
    switch sequence.steps[index] {
    case .wait(let duration): try? await Task.sleep(for: duration)
    case .heal(let kind):
      for fault in held where fault.kind == kind {
        fault.release()
        await fault.end()
      }
      held.removeAll { $0.kind == kind }
    case .inject(let plan):
      guard let claimed = await claim(plan, index, &problems) else { return false }
      let scheduled = self.scheduled(claimed.fault, lasting: plan.lasting)
      problems += await lanes.inject(scheduled, claimed.claim, settlingUntil: nil)
    case .hold(let plan):
      guard let claimed = await claim(plan, index, &problems) else { return false }
      let fault = HeldFault(claimed.fault)
      held.append(fault)
      let scheduled = self.scheduled(claimed.fault, lasting: sequence.heldFor(index))
      group.addTask { [lanes] in await Self.hold(fault, scheduled, claimed.claim, lanes) }
      return await fault.isInForce()
    }
    return true
  }

  private func scheduled(_ fault: ChosenFault, lasting: Duration) -> ScheduledFault {
    ScheduledFault(
      lane: lane, round: round, at: start.duration(to: .now), lasting: lasting, fault: fault)
  }

  /// Takes a fault that is held through its life, and notes when it is healed how long that was.
  private static func hold(
    _ held: HeldFault, _ scheduled: ScheduledFault, _ claim: NodeClaims.Claim, _ lanes: FaultLanes
  ) async -> [ClusterError] {
    lanes.note(scheduled)
    let problems = await lanes.injector.run(scheduled.fault) {
      let inForce = ContinuousClock.now
      await held.hold()
      var asHeld = scheduled
      asHeld.lasting = inForce.duration(to: .now)
      lanes.note(asHeld)
    }
    await lanes.release(claim, of: scheduled.fault)
    held.hasEnded()
    return problems
  }

  /// Waits until the nodes of a step's fault, or the network, are free.
  private mutating func claim(
    _ plan: FaultPlan, _ index: Int, _ problems: inout [ClusterError]
  ) async -> FaultLanes.Claimed? {
    var random = SeededRandom(
      seed: lanes.seed, FaultLanes.sequenceLabel, UInt64(lane), UInt64(round), UInt64(index))
    var draw = Draw(lanes.cluster.nodes, &random)
    draw.oldLeader = oldLeader
    let giveUp = max(deadline, .now + .seconds(5))
    while !Task.isCancelled {
      if let claimed = await lanes.tryToClaim(plan, draw, inSequence: true) {
        affected.formUnion(claimed.fault.targets)
        return claimed
      }
      if let blocked = blocked(plan, draw) ?? (ContinuousClock.now > giveUp ? others : nil) {
        problems.append(
          ClusterError(
            node: oldLeader ?? "the nodes",
            step: "begin step \(index + 1) of a sequence, \(plan.kind.name)", reason: blocked))
        return nil
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
    return nil
  }

  /// Why a fault can never begin: the sequence itself holds the nodes that it needs, or as many as are allowed.
  private func blocked(_ plan: FaultPlan, _ draw: Draw) -> String? {
    if let limit = lanes.limits.nodes,
      let fault = plan.fault(draw, among: lanes.cluster.nodes)?.fault
    {
      let together = Set(fault.targets.map(\.name)).union(held.flatMap(\.names))
      if together.count > limit {
        return
          "with what earlier steps hold it would concern \(together.sorted().joined(separator: ", ")), and "
          + "maximum-affected-nodes allows \(limit)"
      }
    }
    guard plan.kind.reach.takesNodes, let candidates = plan.target.candidates(draw) else {
      return nil
    }
    let own = held.filter { $0.kind.reach.takesNodes }
    let taken = Set(own.flatMap(\.names))
    let free = candidates.filter { !taken.contains($0) }
    guard free.count < min(plan.target.size(of: draw.order.count), candidates.count) else {
      return nil
    }
    let kinds = own.map(\.kind.name).joined(separator: ", ")
    return "a node has one fault of processes, disks or clocks at a time, and earlier steps still "
      + "hold \(kinds) on \(taken.sorted().joined(separator: ", ")): heal that before"
  }

  private var others: String {
    "nobody leads or has the role, or other lanes hold what it needs: set maximum-faults, with which a sequence has "
      + "the nodes to itself"
  }
}

/// A fault that a sequence holds, between the task of its life and the task of the steps.
private struct HeldFault: Sendable {
  let kind: FaultKind
  let names: [String]
  private let healing = AsyncStream<Void>.makeStream()
  /// Yields once when the fault is in force, and ends with it.
  private let life = AsyncStream<Void>.makeStream()

  init(_ fault: ChosenFault) {
    kind = fault.kind
    names = fault.targets.map(\.name)
  }

  /// Waits until the fault is to be healed, or the task is cancelled.
  func hold() async {
    life.continuation.yield()
    for await _ in healing.stream {}
  }

  /// Waits until the fault has taken effect; false where it did not.
  func isInForce() async -> Bool {
    for await _ in life.stream { return true }
    return false
  }

  /// Lets the fault be healed.
  func release() { healing.continuation.finish() }

  /// Waits until the fault is healed and over.
  func end() async { for await _ in life.stream {} }

  /// Notes that the fault is healed and over.
  func hasEnded() { life.continuation.finish() }
}
