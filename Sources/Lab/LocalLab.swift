/// A lab: nodes that behave like machines, made of namespaces on this one.
///
/// A lab is one process, its holder: the first of a PID namespace, with a network and a mount namespace of its own.
/// All else (bridge, nodes, file systems, daemons) lives inside it, so that the kernel removes everything when the
/// holder ends, and nothing is ever added to the host's network, mounts or routes. There is no uplink: what runs in a
/// lab cannot reach anything but the lab, and nothing reaches the lab but processes of this machine's root.
///
/// Every node has network, mount, UTS, IPC and PID namespaces, an sshd, a firewall, and a disk of limited size at
/// `/data`, whose device is named in `/etc/faultline/data-device` and survives an umount; a reboot, from within or from
/// outside, restarts it with that. A node sees the programs
/// installed on the host as they were when the lab came up: do not install or remove packages while a lab is up, the
/// kernel leaves undefined what an overlay shows when its lower layer changes.
public struct LocalLab: Hashable, Sendable {
  /// What it was made of.
  public let spec: LabSpec
  /// K in 10.77.K.0/24 and fd77:0:0:K::/64.
  public let subnet: Int

  init(spec: LabSpec, subnet: Int) {
    self.spec = spec
    self.subnet = subnet
  }

  /// Its name.
  public var name: String { spec.name }

  /// Its nodes, in order.
  public var nodes: [LabNode] {
    (0..<spec.nodes).map { LabNode(name: "n\($0 + 1)", ip: "10.77.\(subnet).\($0 + 11)") }
  }

  /// Address of the control side on the lab's network.
  public var controlIP: String { "10.77.\(subnet).1" }

  /// Private key that root of every node accepts.
  public var sshKeyPath: String { directory + "/id_ed25519" }

  /// Host keys of the nodes, by name and by address, in the format of known_hosts.
  public var knownHostsPath: String { directory + "/known_hosts" }

  var directory: String { LabStore.path(of: name) }

  /// The lab of this name, whatever its state.
  public static func find(_ name: String) throws(LabError) -> LocalLab {
    guard let lab = LabStore.load(name) else {
      throw .noSuchLab(name, existing: LabStore.labs().map(\.name))
    }
    return lab
  }

  /// All labs of this machine, whatever their state, by name.
  public static func all() -> [LocalLab] {
    LabStore.labs()
  }

  /// The node of this name.
  public func node(_ name: String) throws(LabError) -> LabNode {
    guard let node = nodes.first(where: { $0.name == name }) else {
      throw .noSuchNode(name, lab: self.name, nodes: nodes.map(\.name))
    }
    return node
  }
}
