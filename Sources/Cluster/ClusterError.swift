/// Why the test could not be carried out: always with the node, what was attempted and the output.
public struct ClusterError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The node, or nil where it concerns the whole cluster.
  public var node: String?
  /// What was attempted.
  public var step: String
  /// What happened, and what to do.
  public var reason: String

  /// Makes an error.
  public init(node: String?, step: String, reason: String) {
    self.node = node
    self.step = step
    self.reason = reason
  }

  /// One message for people; the reason may have several lines.
  public var description: String {
    (node.map { "\($0): " } ?? "") + "cannot \(step): \(reason)"
  }
}
