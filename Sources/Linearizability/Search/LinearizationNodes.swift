/// The linearizations that lead to the configurations of a search, as a tree that grows upwards:
/// each node is a call, the event at which it took effect, and the node before it. Node -1 is the
/// empty linearization.
struct LinearizationNodes {
  private var nodes: [(call: Int32, parent: Int32, depth: Int32, event: Int32)] = []

  /// How many nodes there are.
  var count: Int { nodes.count }

  /// How much memory it takes.
  var bytes: Int { nodes.count * 16 }

  /// Adds a call after a node, right before the event with the given position in the schedule.
  mutating func add(_ call: Int, at event: Int, after parent: Int32) -> Int32 {
    nodes.append((Int32(call), parent, Int32(depth(of: parent) + 1), Int32(event)))
    return Int32(nodes.count - 1)
  }

  /// How many calls lead to the node.
  func depth(of node: Int32) -> Int {
    node < 0 ? 0 : Int(nodes[Int(node)].depth)
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

  /// The calls that lead to the node, in order, each with its event.
  func path(to node: Int32) -> [(call: Int, event: Int)] {
    var path: [(call: Int, event: Int)] = []
    path.reserveCapacity(depth(of: node))
    var current = node
    while current >= 0 {
      let entry = nodes[Int(current)]
      path.append((Int(entry.call), Int(entry.event)))
      current = entry.parent
    }
    path.reverse()
    return path
  }
}
