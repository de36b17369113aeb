import Cluster

extension FaultKind {
  /// What nodes send to the others goes through a narrow pipe.
  static let bandwidth = FaultKind(
    "bandwidth", "what nodes send to the others goes through a narrow pipe",
    details: """
      By the queueing discipline htb with a filter for each other node; clients and SSH are not \
      slowed. Refused where the interface is shaped already. Seen in what the kernel says.
      """,
    reach: .network,
    parameters: [
      .integer("kilobits", "kilobits a second, of each target", 8...10_000_000, default: 256)
    ], needs: TrafficShaping.needs
  ) { site in
    FaultShell(
      check: TrafficShaping.check(site),
      inject: TrafficShaping.inject(
        site,
        """
        tc class add dev "$device" parent fa17: classid fa17:10 htb rate \(site.settings.integer("kilobits"))kbit burst 8k || exit 1

        """),
      verify: """
        read -r device < "$fault/device"
        tc class show dev "$device" | grep '^class htb fa17:10 ' || exit 1

        """,
      heal: TrafficShaping.heal, verifyHealed: TrafficShaping.verifyHealed(site))
  }
}
