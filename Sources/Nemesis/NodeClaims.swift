/// Keeps concurrent lanes sensible: a node has at most one process or disk fault at a time (no pause
/// of a dead process), the network at most one partition, and all faults together concern at most so
/// many nodes as the plan allows.
actor NodeClaims {
  /// What one fault holds while it lasts.
  struct Claim {
    fileprivate var network: Bool
    fileprivate var nodes: [String]
    fileprivate var cost: Int

    /// The nodes that were claimed.
    var names: [String] { nodes }
  }

  private let limit: Int
  private var network = false
  private var nodes: Set<String> = []
  private var spent = 0
  private var queue: [Int] = []

  /// - Parameter limit: how many nodes all faults together may concern; at least 1.
  init(limit: Int) { self.limit = max(1, limit) }

  /// Begins to wait for a claim. Where the number of nodes is limited, lanes are served in the order
  /// in which they came, so that none starves.
  func wait(_ lane: Int) { queue.append(lane) }

  /// Ends to wait, with or without a claim.
  func stopWaiting(_ lane: Int) { queue.removeAll { $0 == lane } }

  /// Whether it is this lane's turn.
  func isNext(_ lane: Int) -> Bool { limit == .max || queue.first == lane }

  /// Claims the first `count` free nodes of `candidates`, or nothing where fewer are free; and the network
  /// with them, where the fault concerns that, too.
  ///
  /// Nothing is spent where `isPaid`: by what `claimAll` gave.
  func claimNodes(
    _ count: Int, of candidates: [String], withNetwork: Bool = false, isPaid: Bool = false
  ) -> Claim? {
    let free = Array(candidates.filter { !nodes.contains($0) }.prefix(count))
    guard free.count == count, !(withNetwork && network), let cost = isPaid ? 0 : spend(count)
    else { return nil }
    nodes.formUnion(free)
    if withNetwork { network = true }
    return Claim(network: withNetwork, nodes: free, cost: cost)
  }

  /// Claims the network for a partition that concerns so many nodes.
  func claimNetwork(concerning count: Int, isPaid: Bool = false) -> Claim? {
    guard !network, let cost = isPaid ? 0 : spend(count) else { return nil }
    network = true
    return Claim(network: true, nodes: [], cost: cost)
  }

  /// Claims all that the limit allows, for faults that belong together and are claimed one by one.
  func claimAll() -> Claim? {
    guard limit < .max else { return Claim(network: false, nodes: [], cost: 0) }
    return spend(limit).map { Claim(network: false, nodes: [], cost: $0) }
  }

  /// Gives back what was claimed.
  func release(_ claim: Claim) {
    if claim.network { network = false }
    nodes.subtract(claim.nodes)
    spent -= claim.cost
  }

  /// A fault that by itself exceeds the limit takes all of it, so that it can happen at all.
  private func spend(_ count: Int) -> Int? {
    let cost = min(count, limit)
    guard spent + cost <= limit else { return nil }
    spent += cost
    return cost
  }
}
