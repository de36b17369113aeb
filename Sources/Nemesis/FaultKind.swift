public import Cluster
public import Histories

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
  /// Every kind, by what it concerns: network, processes, resources, files and disks, clocks, membership, your own.
  public static let all: [FaultKind] = [
    partition, swizzle, flapping, loss, clientsCut, resetConnections, bandwidth, packets,
    kill, terminate, pause, freeze, crashLoop, restart, restartWiped, restartStale,
    cpu, memory, fileDescriptors,
    diskFull, inodesFull, readOnly, diskSlow, diskHang, ioError, bitFlip, truncatedFile, oldFile,
    powerLoss, clockStep, clockSkew, clockStrobe, processClock, membership, custom,
  ]

  /// The kind of this name.
  public static func named(_ name: String) -> FaultKind? { all.first { $0.name == name } }
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

extension FaultSettings {
  /// Settings that were given; those that are missing have their parameter's default.
  public init(_ kind: FaultKind, _ given: [String: Value] = [:]) {
    self.init(kind.parameters, given)
  }
}
