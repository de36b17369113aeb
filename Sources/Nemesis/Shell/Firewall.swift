import Cluster
import RemoteShell

/// The packet filter of a node, by nft or, where that is missing or the kernel does not take it, by
/// iptables and ip6tables.
///
/// The rules of a fault are in a table (a chain, with iptables, first in `INPUT`) of its own, so
/// that established connections are cut too. They come into force in one transaction, which touches
/// nothing else. The control machine is let through before any of them.
///
/// With nft the kernel itself lets all packets pass once the lease has run out by ten seconds: the first rule holds
/// only while a set has its elements, and these expire unless `extend` puts them there again. So a node whose watchdog
/// is gone, or has no memory to start a program, is not cut off for ever.
///
/// The kernel makes whoever removes a rule wait until no packet can be looking at it, some 15 ms for
/// each transaction: nft has one for both families, hence it comes first.
struct Firewall {
  enum Verdict {
    /// Silence.
    case drop
    /// TCP is refused at once; everything else is dropped.
    case reset
    /// So many packets of a hundred are dropped, at random.
    case lose(percent: Int)
    /// The kernel's queue of this number decides; where nobody reads it, packets pass. What comes by
    /// the loopback interface has been there.
    case queue(Int)
  }

  private let chain: String
  private let table: String
  private let rules: [Rule]

  private struct Rule {
    var source: String
    /// Only what comes from outside to this port.
    var port: UInt16?
    /// Nil lets packets through.
    var verdict: Verdict?
    var isIPv6: Bool { source.contains(":") }
  }

  /// Withholds, or queues, what comes from the nodes that are no longer heard.
  init(_ site: FaultSite, _ verdict: Verdict) {
    let exempt = [site.control].compactMap { $0 }.map { Rule(source: $0, port: nil, verdict: nil) }
    let addresses = site.unheard.flatMap(\.addresses)
    let denied = addresses.map { Rule(source: $0, port: nil, verdict: verdict) }
    self.init(site.id, rules: exempt + denied)
  }

  /// Withholds what clients send to the target, whoever is neither the node itself nor another one: where SSH
  /// comes from need not be where they are.
  init(clientsOf site: FaultSite) {
    let peers = site.unheard.flatMap(\.addresses).map { Rule(source: $0, port: nil, verdict: nil) }
    let anybody = ["0.0.0.0/0"] + (site.own.contains { $0.contains(":") } ? ["::/0"] : [])
    let denied = anybody.map { Rule(source: $0, port: site.clientPort, verdict: .drop) }
    self.init(site.id, rules: peers + denied)
  }

  private init(_ id: Int, rules: [Rule]) {
    chain = "FAULTLINE-\(id)"
    table = "inet faultline_\(id)"
    self.rules = rules
  }

  static let need = NodeNeed(
    "iptables is missing, and so is nft; install the package iptables",
    test: "command -v iptables-restore || command -v nft")
  static let ipv6Need = NodeNeed(
    "ip6tables is missing although the node has an IPv6 address; install the package iptables",
    test:
      "! ip -6 -o addr show scope global 2>/dev/null | grep -q . || command -v ip6tables-restore "
      + "|| command -v nft")
  static let reachNeed = NodeNeed(
    "neither bash nor nc is there to see whether the fault took effect; install one",
    test: "command -v nc || { command -v bash && command -v timeout; }")
  static let needs = [need, ipv6Need, reachNeed]

  /// What takes the rules of a verdict, by nft or else by iptables: tried in a network of its own.
  static func need(_ verdict: Verdict, _ advice: String) -> NodeNeed {
    let rules = ["192.0.2.1", "2001:db8::1"].map { Rule(source: $0, port: nil, verdict: verdict) }
    let firewall = Firewall(0, rules: rules)
    return NodeNeed(
      advice,
      test: """
        remaining=60
        unshare -n nft -f - <<RULES && exit 0
        \(firewall.ruleset)
        RULES
        \(firewall.iptables("unshare -n iptables", ipv6: false))ip -6 -o addr show scope global 2>/dev/null | grep -q . || exit 0
        \(firewall.iptables("unshare -n ip6tables", ipv6: true))
        """)
  }

  /// Exits with an error where the rules cannot be put in force.
  var inject: String {
    """
    \(remaining)if command -v nft >/dev/null 2>&1 && nft -f - 2>"$fault/said" <<RULES
    \(ruleset)
    RULES
    then
      cat > "$fault/extend" <<'EXTEND'
    \(remaining)nft -f - <<RULES
    flush set \(table) lease
    add element \(table) lease { \(elements) }
    RULES
    EXTEND
    elif command -v iptables-restore >/dev/null 2>&1; then
    \(iptables("iptables", ipv6: false))\(iptables("ip6tables", ipv6: true))else
      cat "$fault/said" >&2
      exit 1
    fi

    """
  }

  /// What nft is given; the shell puts `remaining` in.
  private var ruleset: String {
    """
    table \(table) {
      set lease { type ether_type; flags timeout; elements = { \(elements) } }
      chain in {
        type filter hook input priority -300; policy accept;
        meta protocol != @lease accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    \(rules.flatMap(nft).map { "    \($0)\n" }.joined())  }
    }
    """
  }

  /// Sets `remaining` to the seconds that the rules are to last without another sign of the control side.
  private let remaining = """
    read -r expiry < "$state/lease" && remaining=$((expiry - $(uptime_seconds) + 10)) || exit 1

    """
  private let elements = "ip timeout ${remaining}s, ip6 timeout ${remaining}s"

  private func iptables(_ tool: String, ipv6: Bool) -> String {
    let rules = rules.filter { $0.isIPv6 == ipv6 }
    guard rules.contains(where: { $0.verdict != nil }) else { return "" }
    return """
      \(tool)-restore -w 5 --noflush <<'RULES' || exit 1
      *filter
      :\(chain) - [0:0]
      -I INPUT 1 -j \(chain)
      \(((ipv6 ? Self.neighbours : []) + rules.flatMap(iptables)).map { "-A \(chain) \($0)\n" }.joined())COMMIT
      RULES

      """
  }

  /// How neighbours find each other, as ARP does with IPv4, which no rule sees: without it the peer
  /// would be without a route, and not silent.
  private static let neighbours = [135, 136].map { "-p icmpv6 --icmpv6-type \($0) -j RETURN" }

  private func iptables(_ rule: Rule) -> [String] {
    let match = "-s \(rule.source)" + (rule.port.map { " ! -i lo -p tcp --dport \($0)" } ?? "")
    switch rule.verdict {
    case nil: return ["\(match) -j RETURN"]
    case .drop: return ["\(match) -j DROP"]
    case .lose(let percent):
      let probability = percent == 100 ? "1" : "0." + String(percent + 100).suffix(2)
      return ["\(match) -m statistic --mode random --probability \(probability) -j DROP"]
    case .queue(let number):
      return [
        "-i lo \(match) -j RETURN", "\(match) -j NFQUEUE --queue-num \(number) --queue-bypass",
      ]
    case .reset:
      // A reset that the other side has sent must arrive, or its sender's refusal is never seen.
      return [
        "\(match) -p tcp --tcp-flags RST RST -j RETURN",
        "\(match) -p tcp -j REJECT --reject-with tcp-reset", "\(match) -j DROP",
      ]
    }
  }

  private func nft(_ rule: Rule) -> [String] {
    let match =
      "\(rule.isIPv6 ? "ip6" : "ip") saddr \(rule.source)"
      + (rule.port.map { " iifname != \"lo\" tcp dport \($0)" } ?? "")
    switch rule.verdict {
    case nil: return ["\(match) accept"]
    case .drop: return ["\(match) counter drop"]
    case .lose(let percent): return ["\(match) numgen random mod 100 < \(percent) counter drop"]
    case .queue(let number):
      return [
        "iifname \"lo\" \(match) counter accept", "\(match) queue num \(number) bypass",
      ]
    case .reset:
      return [
        "\(match) tcp flags & rst == rst accept",
        "\(match) meta l4proto tcp counter reject with tcp reset", "\(match) counter drop",
      ]
    }
  }

  /// Takes the rules out of force and puts them back, for `while` loops.
  var suspend: String {
    """
    for tool in iptables ip6tables; do
      "$tool" -w 5 -D INPUT -j \(chain) 2>/dev/null
    done
    nft 'add table \(table) { flags dormant; }' 2>/dev/null

    """
  }
  var resume: String {
    """
    for tool in iptables ip6tables; do
      "$tool" -w 5 -S \(chain) >/dev/null 2>&1 && "$tool" -w 5 -I INPUT 1 -j \(chain)
    done
    nft list table \(table) >/dev/null 2>&1 && nft 'add table \(table)' 2>/dev/null

    """
  }

  /// Removes the rules; exits 1 where some are left.
  var heal: String {
    """
    if nft delete table \(table) 2>/dev/null; then
      echo "removed the table \(table)"
      exit 0
    fi
    for tool in iptables ip6tables; do
      command -v "$tool" >/dev/null 2>&1 || continue
      if "$tool-restore" -w 5 --noflush 2>/dev/null <<'RULES'
    *filter
    -D INPUT -j \(chain)
    -F \(chain)
    -X \(chain)
    COMMIT
    RULES
      then echo "removed the $tool chain \(chain)"; continue; fi
      while "$tool" -w 5 -D INPUT -j \(chain) 2>/dev/null; do :; done
      "$tool" -w 5 -S \(chain) >/dev/null 2>&1 || continue
      "$tool" -w 5 -F \(chain) && "$tool" -w 5 -X \(chain) && echo "removed the $tool chain \(chain)"
      if "$tool" -w 5 -S \(chain) >/dev/null 2>&1; then exit 1; fi
    done
    if nft list table \(table) >/dev/null 2>&1; then exit 1; fi
    exit 0

    """
  }

  /// A function that prints how many packets were withheld so far, or came by the loopback interface.
  var counted: String {
    """
    counted() {
      {
        for tool in iptables ip6tables; do
          "$tool" -w 5 -nvxL \(chain) 2>/dev/null | sed -n 's/^ *\\([0-9]*\\) .*\\(DROP\\|REJECT\\|RETURN .* lo \\).*/\\1/p'
        done
        nft list table \(table) 2>/dev/null | sed -n 's/.*counter packets \\([0-9]*\\) .*/\\1/p'
      } | { n=0; while read -r count; do n=$((n + count)); done; echo "$n"; }
    }

    """
  }

  // MARK: Seeing

  /// Exits 0 only where none of the nodes that are no longer heard can be connected to.
  static func seesNone(_ site: FaultSite) -> String {
    """
    \(reached(site))if [ -n "$reached" ]; then echo "still reaches" $reached >&2; exit 1; fi
    echo "no connection to" \(names(site))

    """
  }

  /// Exits 0 only where all of them can be connected to.
  static func seesAll(_ site: FaultSite) -> String {
    """
    \(reached(site))for peer in \(names(site)); do
      echo "$reached" | grep -qxF "$peer" || { echo "cannot reach $peer" >&2; exit 1; }
    done
    echo "reaches" $reached

    """
  }

  /// Sets `reached` to the names of those that can be connected to.
  static func reached(_ site: FaultSite) -> String {
    "reached=$(\n\(Reachability.commands(to: site.unheard.map(\.node))))\n"
  }

  private static func names(_ site: FaultSite) -> String {
    site.unheard.map { ShellQuote.quote($0.node.name) }.joined(separator: " ")
  }
}
