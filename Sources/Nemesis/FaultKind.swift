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
    /// Its targets as machines, and the network around them, whose rules are gone after a boot: a node has
    /// no other fault at the time, and the cluster none of the network.
    case machines

    /// Whether a target may have no other fault of its own.
    var takesNodes: Bool { self == .nodes || self == .machines }
    /// Whether there may be no other fault of the network.
    var takesNetwork: Bool { self != .nodes }
  }

  /// How a fault takes its targets down.
  enum Outage: Sendable {
    /// They boot at once. The parameter `command` tells how, where the node's own cannot.
    case restart
    /// They are off until the heal. The parameter `on` tells how to switch them on, and `off` how to
    /// switch them off, where the node's own command cannot.
    case off
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
  /// What it needs on a node, by its settings.
  public let needs: @Sendable (FaultSettings) -> [NodeNeed]
  /// Whether its heal leaves damage that the target has dealt with, so that the nodes of a lane must stay the same:
  /// else there would be a majority of damaged ones in the end.
  let damageStays: Bool
  /// Whether something of it is left after a reboot of the node, so that its way back has to be, too.
  let outlivesReboot: Bool
  /// How its targets go down; nil for a fault that they live through.
  let outage: Outage?
  /// The parameter that says how long after one node the next one follows, at injection and at
  /// healing; nil where all nodes are injected at once.
  let stagger: String?
  /// The shell that it runs on one node.
  let shell: @Sendable (FaultSite) -> FaultShell

  init(
    _ name: String, _ summary: String, details: String, reach: Reach = .nodes,
    parameters: [FaultParameter] = [], needs: [NodeNeed] = [],
    needsBySettings: @escaping @Sendable (FaultSettings) -> [NodeNeed] = { _ in [] },
    stagger: String? = nil, damageStays: Bool = false, outlivesReboot: Bool = false,
    outage: Outage? = nil,
    shell: @escaping @Sendable (FaultSite) -> FaultShell
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.reach = reach
    self.parameters = reach == .shape ? [.shape] + parameters : parameters
    self.needs = { needs + needsBySettings($0) }
    self.stagger = stagger
    self.damageStays = damageStays
    self.outlivesReboot = outlivesReboot || outage != nil
    self.outage = outage
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
  /// Every kind, by what it concerns: network, processes, resources, files and disks, clocks, machines,
  /// membership, your own.
  public static let all: [FaultKind] = [
    partition, swizzle, flapping, loss, clientsCut, resetConnections, bandwidth, packets,
    kill, terminate, pause, freeze, crashLoop, restart, restartWiped, restartStale,
    cpu, memory, fileDescriptors,
    diskFull, inodesFull, readOnly, diskSlow, diskHang, ioError, bitFlip, truncatedFile, tornTail,
    oldFile,
    powerLoss, clockStep, clockSkew, clockStrobe, processClock, reboot, reset, shutdown, membership,
    custom,
  ]

  /// Whether it is about the target, which has to be described, and not only about the network.
  public var concernsTarget: Bool { reach.takesNodes }

  /// The kind of this name.
  public static func named(_ name: String) -> FaultKind? { all.first { $0.name == name } }
}

extension FaultSettings {
  /// Settings that were given; those that are missing have their parameter's default.
  public init(_ kind: FaultKind, _ given: [String: Value] = [:]) {
    self.init(kind.parameters, given)
  }
}

extension FaultKind {
  /// The user's command that does a step on the control machine; nil where there is none.
  func commandHere(_ step: FaultStep, _ settings: FaultSettings) -> String? {
    let command =
      switch (outage, step) {
      case (.restart, .inject): settings.text("command")
      case (.off, .inject): settings.text("off")
      case (.off, .heal): settings.text("on")
      default: ""
      }
    return command.isEmpty ? nil : command
  }
}
