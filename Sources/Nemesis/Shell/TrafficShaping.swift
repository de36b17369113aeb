import Cluster
import RemoteShell

/// Queueing disciplines on the way to the other nodes; everything else passes untouched.
///
/// The root discipline of the interface is replaced, which is done only where it is one that the
/// kernel puts there by itself: removing ours brings it back.
enum TrafficShaping {
  static let needs = [
    NodeNeed.command("tc", package: "iproute2"),
    NodeNeed(
      "somebody has put a queueing discipline on the interface to the other nodes ('tc qdisc show'), which could not "
        + "be given back; remove it",
      test: """
        for peer in $peers; do
          host=${peer#*=}
          address=$(getent ahosts "$host" | { read -r address _; echo "$address"; })
          device=$(\(device(to: "\"${address:-$host}\"")))
          [ -z "$device" ] || tc qdisc show dev "$device" root | grep -Eq '\(defaults)|^qdisc htb fa17:' || exit 1
        done
        """),
    NodeNeed(
      "the kernel has no queueing discipline htb, or no filter u32 for it (modules sch_htb and cls_u32)",
      test: """
        unshare -n sh <<'PROBE'
        tc qdisc add dev lo root handle fa17: htb &&
          tc class add dev lo parent fa17: classid fa17:10 htb rate 8kbit burst 8k &&
          tc filter add dev lo parent fa17: protocol ip prio 1 u32 match ip dst 192.0.2.1 flowid fa17:10
        PROBE
        """),
  ]

  /// What the kernel puts there by itself has the handle 0.
  private static let defaults = "^qdisc [^ ]+ 0: root"

  private static func device(to address: String) -> String {
    "ip -o route get \(address) | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'"
  }

  /// Sets `device` to the interface of the other nodes; exits 3 where it is shaped already.
  static func check(_ site: FaultSite) -> String {
    """
    device=$(\(device(to: ShellQuote.quote(site.unheard.first?.addresses.first ?? ""))))
    [ -n "$device" ] || { echo "no interface leads to the other nodes" >&2; exit 3; }
    tc qdisc show dev "$device" root | grep -Eq '\(defaults)' ||
      { echo "$device is shaped already:" "$(tc qdisc show dev "$device" root)" >&2; exit 3; }

    """
  }

  /// Sends what goes to the other nodes through class 1:10, which `make` makes.
  static func inject(_ site: FaultSite, _ make: String) -> String {
    let filters = site.unheard.flatMap(\.addresses).map { address in
      let family = address.contains(":") ? "ip6" : "ip"
      let protocolName = address.contains(":") ? "ipv6" : "ip"
      let priority = address.contains(":") ? 2 : 1
      return "tc filter add dev \"$device\" parent fa17: protocol \(protocolName) prio \(priority) "
        + "u32 match \(family) dst \(address) flowid fa17:10 || exit 1\n"
    }
    return """
      echo "$device" > "$fault/device"
      tc qdisc add dev "$device" root handle fa17: htb || exit 1
      \(make)\(filters.joined())
      """
  }

  static let heal = """
    [ -s "$fault/device" ] || exit 0
    read -r device < "$fault/device"
    if tc qdisc show dev "$device" root | grep -q '^qdisc htb fa17:'; then
      tc qdisc del dev "$device" root || exit 1
      echo "removed the queueing discipline of $device"
    fi
    exit 0

    """

  static func verifyHealed(_ site: FaultSite) -> String {
    check(site) + "echo \"$device is not shaped\"\n"
  }
}
