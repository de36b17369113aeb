public import Cluster

extension FaultLanes {
  /// Injects the faults of a recorded schedule again, each on the same nodes at the same time, or as
  /// soon as the faults before it in its lane and on its nodes are over.
  ///
  /// - Returns: what went wrong, in order.
  public nonisolated func replay(_ schedule: [ScheduledFault]) async -> [ClusterError] {
    let start = ContinuousClock.now
    let lanes = Dictionary(grouping: schedule, by: \.lane).sorted { $0.key < $1.key }
    return await inParallel(lanes) { lane, faults in
      var problems: [ClusterError] = []
      for together in Self.groups(faults) {
        try? await Task.sleep(until: start + together[0].at)
        if together[0].round == nil {
          problems += await self.replay(together[0], from: start)
        } else {
          problems += await self.replay(together: together, from: start)
        }
      }
      return problems
    }.flatMap { $0 }
  }

  /// The faults of a lane in order, those of one round of a sequence together.
  private static func groups(_ faults: [ScheduledFault]) -> [[ScheduledFault]] {
    var groups: [[ScheduledFault]] = []
    for fault in faults.sorted(by: { $0.at < $1.at }) {
      if let round = fault.round, groups.last?[0].round == round {
        groups[groups.count - 1].append(fault)
      } else {
        groups.append([fault])
      }
    }
    return groups
  }

  /// Replays one round of a sequence, later as a whole where it could not begin in time.
  private nonisolated func replay(
    together faults: [ScheduledFault], from start: ContinuousClock.Instant
  ) async -> [ClusterError] {
    guard let reservation = await reserve(faults[0].lane, until: nil) else { return [] }
    let begin = ContinuousClock.now
    let problems = await inParallel(faults) { fault in
      try? await Task.sleep(until: begin + (fault.at - faults[0].at))
      return await self.replay(fault, from: start, inSequence: true)
    }.flatMap { $0 }
    let affected = Set(faults.flatMap(\.fault.targets))
    await settle(cluster.nodes.filter(affected.contains), until: .now + .seconds(15))
    await claims.release(reservation)
    return problems
  }

  private nonisolated func replay(
    _ scheduled: ScheduledFault, from start: ContinuousClock.Instant, inSequence: Bool = false
  ) async -> [ClusterError] {
    guard let claim = await claim(scheduled, inSequence: inSequence) else { return [] }
    var again = scheduled
    again.at = start.duration(to: .now)
    return await inject(again, claim, settlingUntil: inSequence ? nil : .now + .seconds(15))
  }

  /// Waits until the nodes of a recorded fault, or the network, are free; nil where cancelled.
  private nonisolated func claim(
    _ scheduled: ScheduledFault, inSequence: Bool
  ) async -> NodeClaims.Claim? {
    let names = scheduled.fault.targets.map(\.name)
    let reach = scheduled.fault.kind.reach
    return await waitForClaim(scheduled.lane, inSequence: inSequence, until: nil) {
      reach.takesNodes
        ? await self.claims.claimNodes(
          names.count, of: names, withNetwork: reach.takesNetwork, inSequence: inSequence)
        : await self.claims.claimNetwork(concerning: names, inSequence: inSequence)
    }
  }

  /// Waits until no fault is in force, where there are limits; nil where that is too late or cancelled.
  nonisolated func reserve(
    _ lane: Int, until latest: ContinuousClock.Instant?
  ) async -> NodeClaims.Claim? {
    await waitForClaim(lane, inSequence: false, until: latest) { await self.claims.reserve() }
  }

  /// Tries again until there is a claim; in turn with the other lanes, but for a sequence's own.
  private nonisolated func waitForClaim(
    _ lane: Int, inSequence: Bool, until latest: ContinuousClock.Instant?,
    _ claim: () async -> NodeClaims.Claim?
  ) async -> NodeClaims.Claim? {
    if !inSequence { await claims.wait(lane) }
    var claimed: NodeClaims.Claim?
    while !Task.isCancelled {
      let isTurn = inSequence ? true : await claims.isNext(lane)
      if isTurn { claimed = await claim() }
      if claimed != nil || latest.map({ ContinuousClock.now >= $0 }) == true { break }
      try? await Task.sleep(for: .milliseconds(50))
    }
    if !inSequence { await claims.stopWaiting(lane) }
    return claimed
  }
}
