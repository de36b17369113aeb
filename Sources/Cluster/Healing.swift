extension ClusterUnderTest {
  /// Undoes every fault on every node, judged by the nodes' own state; tries three times a node.
  ///
  /// - Returns: what was undone, a line each with the node's name, and what could not be.
  public func healAll() async -> (undone: [String], problems: [ClusterError]) {
    let results = await inParallel(nodes) { node in await heal(node) }
    return (results.flatMap(\.undone), results.compactMap(\.problem))
  }

  private func heal(_ node: Node) async -> (undone: [String], problem: ClusterError?) {
    var undone: [String] = []
    var problem: ClusterError?
    for _ in 1...3 {
      do throws(ClusterError) {
        let output = try await run(NodeState.heal, on: node)
        undone += output.output.split(separator: "\n").map { "\(node.name): \($0)" }
        if output.succeeded { return (undone, nil) }
        problem = ClusterError(node: node.name, step: "heal", reason: output.text)
      } catch {
        problem = error
      }
    }
    return (undone, problem)
  }
}
