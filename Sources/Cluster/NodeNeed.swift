/// Something that a fault needs on a node, found out before a run starts.
public struct NodeNeed: Sendable, Hashable {
  /// A shell command that exits 0 where it is there; it sees the target's variables, and in
  /// `folder` the deepest folder of the data's path that exists.
  public var test: String
  /// What is missing otherwise, and what to do.
  public var advice: String

  /// Makes a need.
  public init(_ advice: String, test: String) {
    self.advice = advice
    self.test = test
  }

  /// A command, and the package that has it.
  public static func command(_ name: String, package: String) -> NodeNeed {
    NodeNeed(
      "\(name) is missing; install the package \(package)", test: "command -v \(name) >/dev/null")
  }

  /// A file system for the data alone, so that a fault of it concerns nothing else on the node, least
  /// of all the way back.
  public static let ownVolume = NodeNeed(
    "the data is on the root file system or on that of /var/lib or /run, which this fault would take from "
      + "everything on the node; put it on a file system of its own",
    test: """
      mount_of() { df -P "$1" | tail -n 1 | { read -r _ _ _ _ _ m; echo "$m"; }; }
      [ "$(mount_of "$folder")" != / ] && [ "$(mount_of "$folder")" != "$(mount_of /var/lib)" ] &&
        [ "$(mount_of "$folder")" != "$(mount_of /run)" ]
      """)
}

/// What the planned faults need.
public struct FaultNeeds: Sendable, Hashable {
  /// Whether packets between the nodes are withheld, so that it must be known that they arrive.
  public var network: Bool
  /// What must be there on each node.
  public var onNodes: [NodeNeed]

  /// Makes needs.
  public init(network: Bool, onNodes: [NodeNeed]) {
    self.network = network
    self.onNodes = onNodes
  }
}
