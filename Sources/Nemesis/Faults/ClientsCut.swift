import Cluster

extension FaultKind {
  /// Clients are cut off from some nodes, which still hear each other.
  static let clientsCut = FaultKind(
    "clients-cut", "clients are cut off from some nodes, which still hear each other",
    details: """
      The targets drop what comes to the target's client port from anywhere but the nodes, so clients of \
      every machine are cut off, whatever way SSH takes; SSH goes on. Seen by the count of packets that \
      were dropped, so clients must be trying.
      """,
    reach: .network, needs: [Firewall.need, Firewall.ipv6Need]
  ) { site in
    let firewall = Firewall(clientsOf: site)
    return FaultShell(
      inject: firewall.inject,
      verify: """
        \(firewall.counted)tries=0
        while [ "$(counted)" -eq 0 ]; do
          [ $tries -lt 50 ] || { echo "no client tried to reach the node" >&2; exit 1; }
          sleep 0.2; tries=$((tries + 1))
        done
        echo "$(counted) packets of clients were dropped"

        """,
      heal: firewall.heal,
      verifyHealed: """
        \(firewall.counted)[ "$(counted)" -eq 0 ] || { echo "clients are still cut off" >&2; exit 1; }
        echo "nothing is in the clients' way"

        """)
  }
}
