import Cluster

/// The kernel's queue for packets, which the helper program reads: it lets them pass later, doubled or
/// damaged; see `queue.c`.
///
/// The program has the queue before there are rules that send packets there, and has let all of them
/// pass before it ends, so that none is lost at a heal.
struct PacketQueue {
  private static let number = 64_023
  private static let kernelTable = "/proc/net/netfilter/nfnetlink_queue"

  private let site: FaultSite
  private let firewall: Firewall

  init(_ site: FaultSite) {
    self.site = site
    firewall = Firewall(site, .queue(Self.number))
  }

  static let needs = [
    NodeNeed(
      "the kernel hands no packets to programs (module nfnetlink_queue), which delay, double and damage them",
      test: "[ -e \(kernelTable) ] || modprobe -n -q nfnetlink_queue"),
    Firewall.need(
      .queue(1),
      "no packet filter of the node hands packets to programs: nft needs queue (module nft_queue), iptables the "
        + "target NFQUEUE (module xt_NFQUEUE)"),
  ]

  private func setting(_ name: String) -> Int { site.settings.integer(name) }
  private var isLate: Bool { setting("delay") + setting("jitter") > 0 }

  var check: String {
    guard isLate || setting("duplicate") + setting("corrupt") > 0 else {
      return "echo 'no packet is late, doubled or damaged by these settings' >&2; exit 3\n"
    }
    return """
      \(Self.functions)! queued >/dev/null || { echo "another program has the packets' queue \(Self.number)" >&2; exit 3; }

      """
  }

  var inject: String {
    let settings = ["delay", "jitter", "reorder", "duplicate", "corrupt"].map { "\(setting($0))" }
    return """
      damaged > "$fault/damaged"
      \(Helper.install)background <<'LOOP'
      exec "$fault/programs/helper" queue \(Self.number) \(settings.joined(separator: " ")) "$fault/stop"
      LOOP
      tries=0
      until queued >/dev/null; do
        alive "$fault/background" || { wait $!; echo "there is no packets' queue: error $?" >&2; exit 1; }
        [ $tries -lt 100 ] || { echo "the kernel shows no packets' queue" >&2; exit 1; }
        sleep 0.05; tries=$((tries + 1))
      done
      \(firewall.inject)
      """
  }

  /// Tells how many packets went through the queue, and fails where there is none; how many damaged
  /// ones of TCP the kernel has found.
  private static let functions = """
    queued() {
      while read -r number _ _ _ _ _ _ count _; do
        [ "$number" != \(number) ] || { echo "$count"; return 0; }
      done 2>/dev/null < \(kernelTable)
      return 1
    }
    damaged() {
      grep '^Tcp:' /proc/net/snmp | {
        read -r names; read -r values
        set -- $values
        for name in $names; do [ "$name" != InCsumErrors ] || echo "$1"; shift; done
      }
    }

    """

  /// Connects until all that was asked for has been seen. A connection that never comes about takes a
  /// second.
  var verify: String {
    var seen: [String] = []
    if isLate { seen.append(", a connection took $late ms") }
    if setting("duplicate") > 0 { seen.append(", $(counted) came twice") }
    if setting("corrupt") > 0 {
      seen.append(", $(($(damaged) - before)) had a wrong checksum")
    }
    let atLeast = min(max(setting("delay") - setting("jitter"), 0), 900)
    return """
      \(Self.functions)\(firewall.counted)late=\(isLate ? "" : "0") tries=0
      read -r before < "$fault/damaged"
      while
        [ -n "$late" ] || missing="no connection was late"
        [ \(setting("duplicate")) -eq 0 ] || [ "$(counted)" -gt 0 ] || missing="no packet came twice"
        [ \(setting("corrupt")) -eq 0 ] || [ "$(damaged)" -gt "$before" ] || missing="no checksum was wrong"
        [ "$(queued || echo 0)" -gt 0 ] || missing="no packet went through the queue"
        [ -n "$missing" ]
      do
        [ $tries -lt 30 ] || { echo "$missing" >&2; exit 1; }
        missing= start=$(uptime_centiseconds)
      \(Firewall.reached(site))  took=$((($(uptime_centiseconds) - start) * 10))
        [ -n "$late" ] || [ "$took" -lt \(atLeast) ] || late=$took
        tries=$((tries + 1))
      done
      echo "$(queued) packets went through the queue\(seen.joined())"

      """
  }

  var heal: String { Helper.remove + firewall.heal }

  var verifyHealed: String {
    """
    \(Self.functions)! queued >/dev/null || { echo "the packets' queue is still there" >&2; exit 1; }
    \(Firewall.seesAll(site))
    """
  }
}
