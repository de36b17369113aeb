/// Keeps concurrent lanes sensible: a node has at most one process or disk fault at a time (no pause
/// of a dead process), the network at most one partition, and all faults together are no more, and concern no more
/// nodes, than the limits allow.
actor NodeClaims {
  /// What one fault, or one sequence, holds while it lasts.
  struct Claim {
    fileprivate var network = false
    fileprivate var nodes: [String] = []
    fileprivate var affected: Set<String> = []
    fileprivate var isFault = false
    fileprivate var isReservation = false

    /// The nodes that were claimed.
    var names: [String] { nodes }
  }

  private let limits: FaultLimits
  private var network = false
  private var nodes: Set<String> = []
  private var affected: [String: Int] = [:]
  private var faults = 0
  private var isReserved = false
  private var queue: [Int] = []

  init(_ limits: FaultLimits) { self.limits = limits }

  /// Begins to wait for a claim. Where there are limits, lanes are served in the order in which they came, so that
  /// none starves.
  func wait(_ lane: Int) { queue.append(lane) }

  /// Ends to wait, with or without a claim.
  func stopWaiting(_ lane: Int) { queue.removeAll { $0 == lane } }

  /// Whether it is this lane's turn.
  func isNext(_ lane: Int) -> Bool { !limits.areSet || queue.first == lane }

  /// Claims the first `count` free nodes of `candidates`, or nothing where fewer are free; and the network
  /// with them, where the fault concerns that, too.
  ///
  /// - Parameter inSequence: whether this is for the sequence that `reserve` gave all to.
  func claimNodes(
    _ count: Int, of candidates: [String], withNetwork: Bool = false, inSequence: Bool = false
  ) -> Claim? {
    let free = Array(candidates.filter { !nodes.contains($0) }.prefix(count))
    guard free.count == count, !(withNetwork && network), isAllowed(Set(free), inSequence)
    else { return nil }
    return take(Claim(network: withNetwork, nodes: free, affected: Set(free)))
  }

  /// Claims the network for a fault that concerns these nodes.
  func claimNetwork(concerning names: [String], inSequence: Bool = false) -> Claim? {
    guard !network, isAllowed(Set(names), inSequence) else { return nil }
    return take(Claim(network: true, affected: Set(names)))
  }

  /// Claims, once no fault is in force, that there be none but those of one sequence; nothing where there are no limits.
  func reserve() -> Claim? {
    guard limits.areSet else { return Claim() }
    guard !isReserved, faults == 0 else { return nil }
    isReserved = true
    return Claim(isReservation: true)
  }

  /// Gives back what was claimed.
  func release(_ claim: Claim) {
    if claim.isReservation { isReserved = false }
    guard claim.isFault else { return }
    faults -= 1
    if claim.network { network = false }
    nodes.subtract(claim.nodes)
    for name in claim.affected {
      affected[name, default: 1] -= 1
      if affected[name] == 0 { affected[name] = nil }
    }
  }

  /// Whether one more fault, on these nodes, is within the limits. How many faults a sequence has at a time is its own.
  private func isAllowed(_ names: Set<String>, _ inSequence: Bool) -> Bool {
    if let limit = limits.nodes, names.union(affected.keys).count > limit { return false }
    return inSequence || (!isReserved && limits.faults.map { faults < $0 } ?? true)
  }

  private func take(_ claim: Claim) -> Claim {
    var claim = claim
    claim.isFault = true
    faults += 1
    network = network || claim.network
    nodes.formUnion(claim.nodes)
    for name in claim.affected { affected[name, default: 0] += 1 }
    return claim
  }
}
