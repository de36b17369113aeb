/// The linearizations that lead to the configurations of a search, as a tree that grows upwards:
/// each node is a call and the node before it. Node -1 is the empty linearization.
struct LinearizationNodes {
  private var nodes: [(call: Int32, parent: Int32, depth: Int32)] = []

  /// How many nodes there are.
  var count: Int { nodes.count }

  /// How much memory it takes.
  var bytes: Int { nodes.capacity * 12 }

  /// Adds a call after a node and gives the new node.
  mutating func add(_ call: Int, after parent: Int32) -> Int32 {
    nodes.append((Int32(call), parent, Int32(depth(of: parent) + 1)))
    return Int32(nodes.count - 1)
  }

  /// How many calls lead to the node.
  func depth(of node: Int32) -> Int {
    node < 0 ? 0 : Int(nodes[Int(node)].depth)
  }

  /// The calls that lead to the node, in order.
  func path(to node: Int32) -> [Int] {
    var calls: [Int] = []
    calls.reserveCapacity(depth(of: node))
    var current = node
    while current >= 0 {
      calls.append(Int(nodes[Int(current)].call))
      current = nodes[Int(current)].parent
    }
    calls.reverse()
    return calls
  }
}
