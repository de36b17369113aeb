import Cluster

extension FaultKind {
  /// Packets to the other nodes are late, out of order, doubled or damaged.
  static let packets = FaultKind(
    "packets", "packets to the other nodes are late, out of order, doubled or damaged",
    details: """
      By the queueing discipline netem behind a filter for each other node; clients and SSH are not \
      touched. Needs a kernel with netem. Seen in what the kernel says.
      """,
    reach: .network,
    parameters: [
      .milliseconds("delay", "how much later they are", 0...60_000, default: 50),
      .milliseconds("jitter", "by how much the delay varies", 0...60_000, default: 10),
      .integer("reorder", "how many of a hundred overtake the others", 0...100, default: 0),
      .integer("duplicate", "how many of a hundred are doubled", 0...100, default: 0),
      .integer("corrupt", "how many of a hundred are damaged", 0...100, default: 0),
    ],
    needs: [
      TrafficShaping.need,
      NodeNeed(
        "the kernel has no netem (module sch_netem), which delays, reorders, doubles and damages packets",
        test: "unshare -n tc qdisc add dev lo root netem delay 1ms"),
    ]
  ) { site in
    let settings = site.settings
    var options = "delay \(settings.integer("delay"))ms \(settings.integer("jitter"))ms"
    for name in ["reorder", "duplicate", "corrupt"] where settings.integer(name) > 0 {
      options += " \(name) \(settings.integer(name))%"
    }
    return FaultShell(
      check: TrafficShaping.check(site),
      inject: TrafficShaping.inject(
        site,
        """
        tc class add dev "$device" parent fa17: classid fa17:10 htb rate 10gbit || exit 1
        tc qdisc add dev "$device" parent fa17:10 handle fa18: netem \(options) || exit 1

        """),
      verify: """
        read -r device < "$fault/device"
        tc qdisc show dev "$device" | grep '^qdisc netem fa18:' || exit 1

        """,
      heal: TrafficShaping.heal, verifyHealed: TrafficShaping.verifyHealed(site))
  }
}
