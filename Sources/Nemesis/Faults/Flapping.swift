import Cluster

extension FaultKind {
  /// A partition that comes and goes.
  static let flapping = FaultKind(
    "flapping", "a partition that comes and goes",
    details: """
      The rules of a partition, taken out of force and put back again and again by a loop on the \
      node, which ends with the fault. Seen by trying to connect until it has succeeded and has \
      failed. Periods around the election timeout are the most interesting.
      """,
    reach: .shape,
    parameters: [
      .milliseconds(
        "period", "how long it is cut, and how long it is whole", 200...5000, default: 2000)
    ], needs: Firewall.needs
  ) { site in
    let firewall = Firewall(site, .drop)
    let period = site.settings.seconds("period")
    return FaultShell(
      inject: """
        \(firewall.inject)background <<'LOOP'
        while sleep \(period); [ ! -e "$fault/stop" ]; do
        \(firewall.suspend)sleep \(period)
        [ ! -e "$fault/stop" ] || break
        \(firewall.resume)done
        LOOP

        """,
      verify: """
        whole= cut= tries=0
        while [ -z "$whole" ] || [ -z "$cut" ]; do
          [ $tries -lt 40 ] || { echo "seen whole: $whole, seen cut: $cut" >&2; exit 1; }
        \(Firewall.reached(site))  if [ -n "$reached" ]; then whole=yes; else cut=yes; fi
          sleep 0.2; tries=$((tries + 1))
        done
        echo "seen whole, and seen cut"

        """,
      heal: firewall.heal, verifyHealed: Firewall.seesAll(site))
  }
}
