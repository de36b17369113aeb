public import Cluster
import FoundationEssentials

/// One kind of fault: all that is known about it, in one file of `Faults`, listed in `FaultKind.all`.
public struct FaultKind: Sendable {
  /// What a fault takes hold of while it lasts.
  public enum Reach: Sendable, Hashable {
    /// Its targets: a node has at most one such fault at a time.
    case nodes
    /// The network around its targets: the cluster has at most one fault of the network at a time.
    case network
    /// The network between all nodes, in the shape that its parameter `shape` draws.
    case shape
  }

  /// Its name, as in workload files and histories.
  public let name: String
  /// What it does, in one line.
  public let summary: String
  /// How its effect is seen, how it is undone, and its traps.
  public let details: String
  /// What it takes hold of.
  public let reach: Reach
  /// What can be set.
  public let parameters: [FaultParameter]
  /// What it needs on a node.
  public let needs: [NodeNeed]
  /// The parameter that says how long after one node the next one follows, at injection and at
  /// healing; nil where all nodes are injected at once.
  let stagger: String?
  /// The shell that it runs on one node.
  let shell: @Sendable (FaultSite) -> FaultShell

  init(
    _ name: String, _ summary: String, details: String, reach: Reach = .nodes,
    parameters: [FaultParameter] = [], needs: [NodeNeed] = [], stagger: String? = nil,
    shell: @escaping @Sendable (FaultSite) -> FaultShell
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.reach = reach
    self.parameters = reach == .shape ? [.shape] + parameters : parameters
    self.needs = needs
    self.stagger = stagger
    self.shell = shell
  }
}

extension FaultKind: Hashable {
  /// Kinds are told apart by their names.
  public static func == (a: FaultKind, b: FaultKind) -> Bool { a.name == b.name }
  /// Feeds the name to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension FaultKind {
  /// Every kind, by what it concerns: network, processes, files and disks, clocks, your own.
  public static let all: [FaultKind] = [
    partition, swizzle, flapping, loss, clientsCut, resetConnections, bandwidth, packets,
    kill, terminate, pause, freeze, crashLoop, restart, restartWiped, restartStale,
    diskFull, inodesFull, readOnly, diskHang, bitFlip, truncatedFile, oldFile, powerLoss,
    clockStep, custom,
  ]

  /// The kind of this name.
  public static func named(_ name: String) -> FaultKind? { all.first { $0.name == name } }
}

/// The shell of one fault on one node. All of it sees the functions of `NodeState` and of the
/// target, and in `fault` the fault's own folder, which is gone once the fault is undone.
struct FaultShell: Sendable {
  /// Exits 3 where the fault can have no effect; changes nothing.
  var check = ""
  /// Puts it in force.
  var inject: String
  /// Exits 0 only if its effect is seen, and says what was seen.
  var verify: String
  /// Takes it back, whatever of the injection was carried out, also a second time; exits 0 only
  /// when nothing is left of it. It is written into the fault's folder before the injection.
  var heal: String
  /// Exits 0 only if its effect is gone.
  var verifyHealed: String
}

/// Where a fault's shell runs, and with what.
struct FaultSite: Sendable {
  /// The fault's number.
  var id: Int
  /// What was set and drawn.
  var settings: FaultSettings
  /// The nodes whose packets are withheld from this one: by the shape, or all others.
  var unheard: [Peer]
  /// The control machine as the node sees it: never cut off.
  var control: String?
  /// The port that clients connect to.
  var clientPort: UInt16

  /// What tells the control machine's kernel from any other, until its next boot.
  static let controlBoot =
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
    .split(separator: "\n").joined() ?? "unknown"

  /// Another node, with all its addresses.
  struct Peer: Sendable {
    var node: Node
    var addresses: [String]
  }
}

extension FaultNeeds {
  /// What faults of these kinds need.
  public init(of kinds: [FaultKind]) {
    self.init(
      network: kinds.contains { $0.reach != .nodes },
      onNodes: kinds.flatMap(\.needs).reduce(into: []) { needs, need in
        if !needs.contains(need) { needs.append(need) }
      })
  }
}
