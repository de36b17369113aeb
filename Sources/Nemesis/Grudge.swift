public import Histories

/// Who drops packets from whom: for each node, the nodes it no longer hears.
public struct Grudge: Sendable, Hashable {
  /// From a node's name to the names of those that it does not hear.
  public var unheard: [String: Set<String>]

  /// A grudge that was recorded.
  public init(unheard: [String: Set<String>]) { self.unheard = unheard }

  /// The grudge of a shape over `nodes`, whose order decides who is where; shuffle them first.
  ///
  /// `leader` is the node that shapes with a leader are about; the first node where there is none.
  /// `choice` decides the direction of a one-way partition and the sizes of random halves. The first `targets` nodes
  /// are those that the shape of this name puts on one side.
  public init(
    _ shape: PartitionShape, over nodes: [String], leader: String?, choice: UInt64, targets: Int = 1
  ) {
    unheard = [:]
    let lone = leader ?? nodes[0]
    let others = nodes.filter { $0 != lone }
    let minority = PartitionShape.halves.size(of: nodes.count) ?? 1
    switch shape {
    case .targets: cut(after: targets, of: nodes)
    case .one: cut(after: 1, of: nodes)
    case .leader: cut(after: 1, of: [lone] + others)
    case .halves: cut(after: minority, of: nodes)
    case .leaderMinority: cut(after: minority, of: [lone] + others)
    case .leaderMajority: cut(after: minority, of: others + [lone])
    case .randomHalves: cut(after: 1 + Int(choice >> 33) % (nodes.count - 1), of: nodes)
    case .majoritiesRing: ring(nodes)
    case .bridge:
      let half = (nodes.count - 1) / 2
      cut(Array(nodes[1...half]), from: Array(nodes[(half + 1)...]))
    case .link: cut([nodes[0]], from: [nodes[1]])
    case .deaf: oneWay(nodes[0], nodes.dropFirst(), deaf: true)
    case .mute: oneWay(nodes[0], nodes.dropFirst(), deaf: false)
    case .oneWay: oneWay(nodes[0], nodes.dropFirst(), deaf: choice >> 32 & 1 == 1)
    }
  }

  private mutating func cut(after count: Int, of nodes: [String]) {
    cut(Array(nodes.prefix(count)), from: Array(nodes.dropFirst(count)))
  }

  private mutating func cut(_ left: [String], from right: [String]) {
    for a in left {
      for b in right {
        unheard[a, default: []].insert(b)
        unheard[b, default: []].insert(a)
      }
    }
  }

  /// Each node hears the nearest on both sides of a ring, as many as make a majority with itself.
  private mutating func ring(_ nodes: [String]) {
    let count = nodes.count
    let reach = (count / 2 + 1) / 2
    for i in 0..<count {
      for j in 0..<count {
        let distance = min((i - j + count) % count, (j - i + count) % count)
        if distance > reach { unheard[nodes[i], default: []].insert(nodes[j]) }
      }
    }
  }

  private mutating func oneWay(_ lone: String, _ others: ArraySlice<String>, deaf: Bool) {
    for other in others {
      if deaf {
        unheard[lone, default: []].insert(other)
      } else {
        unheard[other, default: []].insert(lone)
      }
    }
  }

  /// From a node's name to the sorted names of those that it does not hear.
  public var asValue: Value {
    .object(unheard.mapValues { .array($0.sorted().map { .string($0) }) })
  }

  /// The nodes that a fault of this grudge concerns: those outside the largest group in which
  /// everyone still hears everyone.
  ///
  /// Exponential in the number of nodes, which is small; beyond 16 nodes, those with a grudge.
  public func affected(among nodes: [String]) -> [String] {
    guard nodes.count <= 16 else { return nodes.filter { unheard[$0] != nil } }
    var best: [String] = []
    for mask in 1..<(1 << nodes.count) {
      let group = nodes.indices.filter { mask >> $0 & 1 == 1 }.map { nodes[$0] }
      if group.count > best.count && isConnected(group) { best = group }
    }
    return nodes.filter { !best.contains($0) }
  }

  private func isConnected(_ group: [String]) -> Bool {
    let members = Set(group)
    return group.allSatisfy { unheard[$0]?.isDisjoint(with: members) ?? true }
  }
}
