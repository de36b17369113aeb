public import Cluster
import RemoteShell

/// Builds the scripts of a fault for the nodes that it acts on.
public struct FaultScripts: Sendable {
  let target: Target
  let nodes: [Node]
  private let owner: String
  private let facts: [String: NodeFacts]

  /// Makes a builder; `owner` is that of the nodes' leases, `facts` tells each node's addresses.
  public init(owner: String, target: Target, nodes: [Node], facts: [NodeFacts]) {
    self.owner = owner
    self.target = target
    self.nodes = nodes
    self.facts = Dictionary(uniqueKeysWithValues: facts.map { ($0.node.name, $0) })
  }

  /// The nodes that scripts of this fault run on: for one with a shape those that stop hearing
  /// someone.
  public func nodes(of fault: ChosenFault) -> [Node] {
    guard let grudge = fault.grudge else { return fault.targets }
    return nodes.filter { grudge.unheard[$0.name] != nil }
  }

  /// The script of one step on one of `nodes(of:)`.
  ///
  /// Nothing is done on a node that somebody else has taken since: a fault of this number may be theirs now.
  /// An injection writes the way back first. It may outlive the command that began it, by a timeout
  /// or by the control program's death: `undo` ends it before it runs the way back.
  public func script(_ step: FaultStep, of fault: ChosenFault, on node: Node) -> NodeScript {
    let shell = fault.kind.shell(site(of: fault, on: node))
    let lasts = fault.kind.outlivesReboot
    let place = NodeState.faultFolder(fault.folderName, outlivesReboot: lasts)
    let folder = "\(NodeState.library(outlivesReboot: lasts))fault=\(place)\n"
    let body =
      switch step {
      case .inject:
        """
        \(shell.check)begin <<'FAULTLINE_HEAL'
        \(folder)\(shell.heal)
        FAULTLINE_HEAL
        \(shell.inject)
        """
      case .verify: shell.verify
      case .heal: "undo \"$fault\"\n"
      case .verifyHealed: shell.verifyHealed
      }
    return NodeScript(
      "\(step.purpose) \(fault.name) \(fault.id)", timeout: .seconds(45),
      isUrgent: step == .heal, body: folder + guarded + body)
  }

  /// Exits 4 where the node's lease is not ours. Starts no program.
  private var guarded: String {
    """
    holder=
    [ ! -e "$state/owner" ] || read -r holder < "$state/owner"
    [ "$holder" = \(ShellQuote.quote(owner)) ] || { echo "the node is in other hands now: ${holder:-nobody}" >&2; exit 4; }

    """
  }

  /// The script of one step on this machine, for one of the nodes; nil where there is none.
  public func scriptHere(
    _ step: FaultStep, of fault: ChosenFault, for node: Node
  ) -> NodeScript? {
    fault.kind.commandHere(step, fault.settings).map { command in
      NodeScript(
        "\(step.purpose) \(fault.name) \(fault.id), on the control machine", timeout: .seconds(120),
        body: target.prelude(for: node, among: nodes) + command + "\n")
    }
  }

  private func addresses(of node: Node) -> [String] { facts[node.name]?.addresses ?? [node.host] }

  private func site(of fault: ChosenFault, on node: Node) -> FaultSite {
    let unheard = nodes.filter { other in
      fault.grudge.map { $0.unheard[node.name]?.contains(other.name) == true } ?? (other != node)
    }
    return FaultSite(
      id: fault.id, settings: fault.settings,
      unheard: unheard.map { .init(node: $0, addresses: addresses(of: $0)) },
      own: addresses(of: node), control: facts[node.name]?.controlAddress,
      targets: fault.targets.count,
      clientPort: target.clientPort)
  }
}

extension FaultStep {
  var purpose: String {
    switch self {
    case .inject: "inject"
    case .verify: "see the effect of"
    case .heal: "heal"
    case .verifyHealed: "see the end of"
    }
  }
}
