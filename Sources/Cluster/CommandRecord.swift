/// One command on a node, for the audit log: told of when it is sent, and again when it has ended.
public struct CommandRecord: Sendable {
  /// How far it has come.
  public enum Event: Sendable {
    /// It is about to be sent.
    case sent
    /// It has ended: `status 0`, `signal KILL`, or why there was no answer; and how long it took.
    case ended(String, after: Duration)
  }

  /// Unique within a cluster's life, from 1.
  public var number: Int
  /// The node's name.
  public var node: String
  /// What is run.
  public var script: NodeScript
  /// How far it has come.
  public var event: Event
}
