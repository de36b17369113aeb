import Cluster

extension FaultKind {
  /// Some packets between nodes are lost.
  static let loss = FaultKind(
    "loss", "some of the packets between nodes are lost",
    details: """
      The receiving node drops a share of what comes from the nodes that its shape withholds; by the \
      statistic match of iptables or numgen of nft, so the kernel needs no netem, and the sender's \
      kernel does not know. Seen by the count of packets that were dropped.
      """,
    reach: .shape,
    parameters: [.integer("percent", "how many of a hundred are lost", 1...100, default: 30)],
    needs: Firewall.needs + [
      Firewall.need(
        .lose(percent: 50),
        "no packet filter of the node drops packets at random: nft needs numgen (module nft_numgen), iptables "
          + "the match statistic (module xt_statistic and libxt_statistic)")
    ]
  ) { site in
    // Each node speaks before it counts: where everything is lost both ways, what the one counts is
    // only what the other one says unasked.
    let firewall = Firewall(site, .lose(percent: site.settings.integer("percent")))
    return FaultShell(
      inject: firewall.inject,
      verify: """
        \(firewall.counted)tries=0
        while
        \(Firewall.reached(site))  [ "$(counted)" -eq 0 ]
        do
          [ $tries -lt 30 ] || { echo "no packet was lost" >&2; exit 1; }
          tries=$((tries + 1))
        done
        echo "$(counted) packets were lost"

        """,
      heal: firewall.heal, verifyHealed: Firewall.seesAll(site))
  }
}
