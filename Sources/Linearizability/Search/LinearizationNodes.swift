/// A call on the way to a configuration, which took effect right before the event with that number
/// in the schedule.
struct PathEntry {
  var call: Int32
  var event: Int32
}

/// The linearizations that lead to the configurations of a search, as a tree that grows upwards:
/// each node is a call, the event at which it took effect, and the node before it. Node -1 is the
/// empty linearization.
struct LinearizationNodes {
  private var nodes: [(entry: PathEntry, parent: Int32)] = []

  /// How many nodes there are.
  var count: Int { nodes.count }

  /// How much memory it takes.
  var bytes: Int { footprint(of: nodes) }

  /// Adds a call after a node, right before the event with the given number in the schedule.
  mutating func add(_ call: Int32, at event: Int, after parent: Int32) -> Int32 {
    nodes.append((PathEntry(call: call, event: Int32(event)), parent))
    return Int32(nodes.count - 1)
  }

  /// The one of these nodes that most calls lead to; -1 if there is none. Complexity: O(all nodes).
  func deepest(among ends: [Int32]) -> Int32 {
    var depths: [Int32] = []
    depths.reserveCapacity(nodes.count)
    for node in nodes { depths.append(node.parent < 0 ? 1 : depths[Int(node.parent)] + 1) }
    func depth(_ node: Int32) -> Int32 { node < 0 ? 0 : depths[Int(node)] }
    return ends.max { depth($0) < depth($1) } ?? -1
  }

  /// Leaves the first `count`; no node that is kept may follow one that is dropped.
  mutating func truncate(to count: Int) {
    nodes.removeLast(nodes.count - count)
  }

  /// Drops what does not lead to one of these nodes, and gives their new numbers.
  mutating func compact(keeping ends: [Int32]) -> [Int32] {
    var numbers = Array(repeating: Int32(-1), count: nodes.count)
    for end in ends {
      var node = end
      // Nodes that were met before have been followed already.
      while node >= 0, numbers[Int(node)] < 0 {
        numbers[Int(node)] = 0
        node = nodes[Int(node)].parent
      }
    }
    var kept: Int32 = 0
    for index in nodes.indices where numbers[index] >= 0 {
      numbers[index] = kept
      var node = nodes[index]
      // A parent comes before its children, so it has its new number.
      if node.parent >= 0 { node.parent = numbers[Int(node.parent)] }
      nodes[Int(kept)] = node
      kept += 1
    }
    truncate(to: Int(kept))
    return ends.map { $0 < 0 ? -1 : numbers[Int($0)] }
  }

  /// The calls that lead to the node, in order.
  func path(to node: Int32) -> [PathEntry] {
    var path: [PathEntry] = []
    var current = node
    while current >= 0 {
      path.append(nodes[Int(current)].entry)
      current = nodes[Int(current)].parent
    }
    path.reverse()
    return path
  }
}
