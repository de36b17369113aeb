import Cluster

extension FaultKind {
  /// Nodes stop hearing each other.
  public static let partition = FaultKind(
    "partition", "nodes stop hearing each other",
    details: """
      Each node drops, or answers with a reset, what comes from the nodes that it no longer hears; \
      IPv4 and IPv6, established connections too. Silence and resets find different bugs. Seen by \
      trying to connect. Undone by removing the fault's own rules. The control machine is never \
      cut off, so it must not be one of the nodes.
      """,
    reach: .shape,
    parameters: [
      .choice("packets", "what happens to packets that are withheld", ["drop", "reset"])
    ], needs: Firewall.needs,
    needsBySettings: { settings in
      guard settings.text("packets") == "reset" else { return [] }
      return [
        Firewall.need(
          .reset,
          "no packet filter of the node answers with resets: nft needs reject (module nft_reject), iptables the "
            + "target REJECT (module ipt_REJECT, and ip6t_REJECT for IPv6)")
      ]
    }
  ) { site in
    let firewall = Firewall(site, site.settings.text("packets") == "reset" ? .reset : .drop)
    return FaultShell(
      inject: firewall.inject, verify: Firewall.seesNone(site), heal: firewall.heal,
      verifyHealed: Firewall.seesAll(site))
  }
}
