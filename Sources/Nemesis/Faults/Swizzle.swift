import Cluster

extension FaultKind {
  /// Nodes are cut off one after another, and come back in another order.
  static let swizzle = FaultKind(
    "swizzle", "nodes are cut off one by one, and come back in another order",
    details: """
      Each target drops what comes from every other node, a while after the one before it, and hears \
      them again in an order that is drawn anew. In between the cluster has every shape on the way. \
      Seen by trying to connect from the targets.
      """,
    reach: .network,
    parameters: [
      .milliseconds("gap", "from one node to the next", 0...60_000, default: 1000)
    ], needs: Firewall.needs, stagger: "gap"
  ) { site in
    let firewall = Firewall(site, .drop)
    return FaultShell(
      inject: firewall.inject, verify: Firewall.seesNone(site), heal: firewall.heal,
      verifyHealed: Firewall.seesAll(site))
  }
}
