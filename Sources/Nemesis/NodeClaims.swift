/// Keeps concurrent lanes sensible: a node has at most one process or disk fault at a time (no pause
/// of a dead process), and the network at most one partition.
actor NodeClaims {
  /// What can be claimed.
  enum Resource: Hashable {
    case network
    case node(String)
  }

  private var taken: Set<Resource> = []

  /// Claims the first `count` free nodes of `candidates`, or none of them where fewer are free.
  func claimNodes(_ count: Int, of candidates: [String]) -> [String]? {
    let free = candidates.filter { !taken.contains(.node($0)) }.prefix(count)
    guard free.count == count else { return nil }
    taken.formUnion(free.map { .node($0) })
    return Array(free)
  }

  /// Claims the network.
  func claimNetwork() -> Bool { taken.insert(.network).inserted }

  /// Gives back what was claimed.
  func release(_ resources: [Resource]) { taken.subtract(resources) }
}
