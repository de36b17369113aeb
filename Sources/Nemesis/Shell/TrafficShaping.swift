import Cluster
import RemoteShell

/// Queueing disciplines on the way to the other nodes; everything else passes untouched.
///
/// The root discipline of the interface is replaced, which is done only where it is one that the
/// kernel puts there by itself: removing ours brings it back.
enum TrafficShaping {
  static let need = NodeNeed("tc is missing; install the package iproute2", test: "command -v tc")

  /// Sets `device` to the interface of the other nodes; exits 3 where it is shaped already.
  static func check(_ site: FaultSite) -> String {
    """
    device=$(ip -o route get \(ShellQuote.quote(site.unheard.first?.addresses.first ?? "")) | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
    [ -n "$device" ] || { echo "no interface leads to the other nodes" >&2; exit 3; }
    tc qdisc show dev "$device" root | grep -Eq '^qdisc (noqueue|pfifo_fast|fq_codel|fq|mq) ' ||
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
