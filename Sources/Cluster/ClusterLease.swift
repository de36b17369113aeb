import RemoteShell

/// The leases of all nodes of a cluster, kept by the control side.
public struct ClusterLease: Sendable {
  private let cluster: ClusterUnderTest
  private let lease: NodeLease

  /// Makes leases that are not taken yet.
  public init(_ cluster: ClusterUnderTest, _ lease: NodeLease) {
    self.cluster = cluster
    self.lease = lease
  }

  /// Takes the lease of every node, or of none.
  ///
  /// Where a control program has died, the rest of its lease is waited for. A lease that somebody
  /// still renews is not.
  ///
  /// - Throws: who owns which node, or why a node did not answer.
  public func acquire(waiting: @Sendable (String) -> Void) async throws(ClusterError) {
    var seen: [String: Int] = [:]
    var deadline = ContinuousClock.now
    while true {
      let refusals = await inParallel(cluster.nodes) { await ask($0) }.compactMap { $0 }
      guard let first = refusals.first else { return }
      let isRenewed = refusals.contains { ($0.expiry ?? 0) > seen[$0.error.node ?? ""] ?? .max }
      let isLate = !seen.isEmpty && ContinuousClock.now > deadline
      let isFinal =
        isRenewed || isLate || Task.isCancelled || refusals.contains { $0.expiry == nil }
      if isFinal {
        _ = await release()
        throw refusals.first { $0.expiry == nil }?.error ?? first.error
      }
      for refusal in refusals where seen[refusal.error.node ?? ""] == nil {
        seen[refusal.error.node ?? ""] = refusal.expiry
        deadline = max(deadline, .now + .seconds(refusal.left) + .seconds(60))
        waiting("\(refusal.error)")
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private struct Refusal: Sendable {
    var error: ClusterError
    /// When the other's lease runs out, in seconds of the node's uptime; nil for other errors.
    var expiry: Int?
    /// For how many seconds more.
    var left = 0
  }

  private func ask(_ node: Node) async -> Refusal? {
    do throws(ClusterError) {
      let output = try await cluster.run(lease.acquire, on: node)
      if output.succeeded { return nil }
      let words = output.output.split(separator: " ", maxSplits: 3)
      guard words.count == 4, words[0] == "held", let expiry = Int(words[1]) else {
        let error = ClusterError(node: node.name, step: "take the lease", reason: output.text)
        return Refusal(error: error, expiry: nil)
      }
      let reason =
        "it belongs to \(trimmed(String(words[3]))), whose lease ends in \(words[2]) s; "
        + "'faultline heal' ends it at once"
      let error = ClusterError(node: node.name, step: "take the lease", reason: reason)
      return Refusal(error: error, expiry: expiry, left: max(0, Int(words[2]) ?? 0))
    } catch {
      return Refusal(error: error, expiry: nil)
    }
  }

  /// Renews all leases until cancelled, and takes that of a node that has booted again; tells `note` of
  /// that, and of each node that has not answered for longer than its lease lasts; tells `lost` once of
  /// each node whose lease is lost.
  ///
  /// A node that does not answer is asked again: whether its lease has run out is known only there.
  public func keep(
    note: @escaping @Sendable (String) -> Void,
    lost: @escaping @Sendable (ClusterError) -> Void
  ) async {
    _ = await inParallel(cluster.nodes) { node in
      var heard = ContinuousClock.now
      var isSilent = false
      while !Task.isCancelled {
        try? await Task.sleep(for: lease.lasting / 3)
        guard !Task.isCancelled else { return }
        do throws(ClusterError) {
          switch try await renew(node) {
          case .renewed: break
          case .resumed(let seen): note("\(node.name) has booted\(seen.isEmpty ? "" : ": \(seen)")")
          case .lost(let error): return lost(error)
          }
          (heard, isSilent) = (.now, false)
        } catch {
          guard !isSilent, !Task.isCancelled, heard.duration(to: .now) > lease.lasting else {
            continue
          }
          isSilent = true
          note("\(silence(of: node, error))")
        }
      }
    }
  }

  private enum Renewal {
    case renewed
    case resumed(String)
    case lost(ClusterError)
  }

  private func renew(_ node: Node) async throws(ClusterError) -> Renewal {
    let output = try await cluster.run(lease.renew, on: node)
    let error = ClusterError(node: node.name, step: "keep the lease", reason: output.text)
    switch output.exit {
    case .status(0): return .renewed
    case .status(NodeLease.bootedStatus): return .resumed(try await resume(node))
    case .status(NodeLease.heldStatus): return .lost(error)
    // A node that goes down ends the command, or lets it start nothing more: the next answer tells.
    default: throw error
    }
  }

  /// Takes the leases of those of the nodes again that have booted; what goes wrong shows later.
  public func resumeBooted(_ nodes: [Node]) async {
    _ = await inParallel(nodes) { node in try? await renew(node) }
  }

  /// Makes a node that has booted what it was before: ours, with a watchdog, and with the target running,
  /// if that can be started.
  ///
  /// - Returns: what it did, for people.
  public func resume(_ node: Node) async throws(ClusterError) -> String {
    if let refusal = await ask(node) { throw refusal.error }
    try await cluster.succeed(
      NodeState.remember(cluster.target, on: node, among: cluster.nodes), on: node)
    return try await cluster.run(NodeState.revive, on: node).text
  }

  private func silence(of node: Node, _ error: ClusterError) -> ClusterError {
    ClusterError(
      node: node.name, step: "keep the lease",
      reason:
        "no answer for longer than the \(lease.lasting.components.seconds) s that it lasts. If the "
        + "network between here and the node is cut, the node undoes its faults by itself now; it "
        + "is asked again until it answers. Last said: \(error.reason)")
  }

  /// Gives up the leases that are ours.
  ///
  /// - Returns: what went wrong.
  public func release() async -> [ClusterError] {
    await cluster.succeedInParallel(cluster.nodes) { _ in lease.release }
  }
}
