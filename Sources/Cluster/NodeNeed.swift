/// Something that a fault needs on a node, found out before a run starts.
public struct NodeNeed: Sendable, Hashable {
  /// A shell command that exits 0 where it is there; it sees the target's variables, and in
  /// `folder` the deepest folder of the data's path that exists.
  public var test: String
  /// What is missing otherwise, and what to do.
  public var advice: String
  /// Whether only a target that runs shows it: looked at where it runs, and of a run when it has begun, after the
  /// warm-up.
  public var isOfRunningTarget = false

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
  ///
  /// One file system may be mounted in several places, and the subvolumes of one have a number each.
  public static let ownVolume = NodeNeed(
    "the data is on the root file system or on that of /var/lib, /var/log or /run, which this fault would take "
      + "from everything on the node; put it on a file system of its own",
    test: """
      source_of() { df -P "$1" | tail -n 1 | { read -r source _; echo "$source"; }; }
      for other in / /run /var/lib /var/log; do
        [ -d "$other" ] || continue
        [ "$(stat -c %d "$folder")" != "$(stat -c %d "$other")" ] || exit 1
        case $(source_of "$folder") in
          /*) [ "$(source_of "$folder")" != "$(source_of "$other")" ] || exit 1 ;;
        esac
      done
      """)

  /// A file system of one of these types for the data.
  public static func fileSystem(_ types: [String], _ advice: String) -> NodeNeed {
    NodeNeed(
      advice,
      test: """
        mount=$(df -P "$folder" | tail -n 1 | { read -r _ _ _ _ _ m; echo "$m"; })
        grep " $mount " /proc/self/mounts | tail -n 1 | grep -Eq " (\(types.joined(separator: "|"))) "
        """)
  }
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

  /// What can be seen before the target runs.
  public var beforeTarget: FaultNeeds {
    FaultNeeds(network: network, onNodes: onNodes.filter { !$0.isOfRunningTarget })
  }

  /// What only a target that runs shows.
  public var ofRunningTarget: FaultNeeds {
    FaultNeeds(network: false, onNodes: onNodes.filter(\.isOfRunningTarget))
  }
}
