/// Why the test could not be carried out: always with the node, what was attempted and the output.
public struct ClusterError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The node, or nil where it concerns the whole cluster.
  public var node: String?
  /// What was attempted.
  public var step: String
  /// What happened, and what to do.
  public var reason: String
  /// Whether nothing at all has answered at the node's address, not even its kernel with a refusal.
  public var isSilence: Bool
  /// Whether the node may have carried it out, or may still be at it, for all that is known here.
  public var mayRunStill: Bool
  /// The exit status of the command that has failed; nil where there is none.
  public var status: Int32?

  /// Makes an error.
  public init(
    node: String?, step: String, reason: String, isSilence: Bool = false, mayRunStill: Bool = false,
    status: Int32? = nil
  ) {
    self.node = node
    self.step = step
    self.reason = reason
    self.isSilence = isSilence
    self.mayRunStill = mayRunStill
    self.status = status
  }

  /// One message for people; the reason may have several lines.
  public var description: String {
    (node.map { "\($0): " } ?? "") + "cannot \(step): \(reason)"
  }
}
