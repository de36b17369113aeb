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
