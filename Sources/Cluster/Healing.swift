extension ClusterUnderTest {
  /// Undoes every fault on every node, judged by the nodes' own state; tries three times a node.
  ///
  /// - Returns: what was undone, a line each behind the names of the nodes, and what could not be.
  public func healAll() async -> (undone: [String], problems: [ClusterError]) {
    let results = await inParallel(nodes) { node in await heal(node) }
    var lines: [String] = []
    for line in results.flatMap(\.undone) where !lines.contains(line) { lines.append(line) }
    let undone = lines.map { line in
      let names = zip(nodes, results).filter { $1.undone.contains(line) }.map(\.0.name)
      return "\(names.joined(separator: ", ")): \(line)"
    }
    return (undone, results.compactMap(\.problem))
  }

  private func heal(_ node: Node) async -> (undone: [String], problem: ClusterError?) {
    var undone: [String] = []
    var problem: ClusterError?
    for _ in 1...3 {
      do throws(ClusterError) {
        let output = try await run(NodeState.heal, on: node)
        undone += output.output.split(separator: "\n").map(String.init)
        if output.succeeded { return (undone, nil) }
        problem = ClusterError(node: node.name, step: "heal", reason: output.text)
      } catch {
        problem = error
      }
    }
    return (undone, problem)
  }
}
