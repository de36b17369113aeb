import Cluster
import RemoteShell

/// Partitions by iptables, on one node: it drops what comes from the nodes that it no longer hears.
///
/// The rules are in a chain of our own, first in `INPUT` so that established connections are cut
/// too, and carry the fault's number as a comment. All rules of a fault come into force in one
/// transaction of `iptables-restore`, which touches nothing else. The control machine is let
/// through before any of them.
struct PartitionScripts {
  var fault: Int
  /// The control machine as the node sees it.
  var control: String?
  var unheardAddresses: [String]

  var inject: String {
    """
    set -eu
    deny() {
      tool=$1; control=$2; shift 2
      "$tool" -w 5 -N \(NodeState.chain) 2>/dev/null || true
      "$tool" -w 5 -C INPUT -j \(NodeState.chain) 2>/dev/null ||
        "$tool" -w 5 -I INPUT 1 -j \(NodeState.chain)
      if [ -n "$control" ]; then
        "$tool" -w 5 -C \(NodeState.chain) -s "$control" -j RETURN 2>/dev/null ||
          "$tool" -w 5 -I \(NodeState.chain) 1 -s "$control" -j RETURN
      fi
      { echo '*filter'
        for address; do
          echo "-A \(NodeState.chain) -s $address -m comment --comment \(comment) -j DROP"
        done
        echo COMMIT
      } | "$tool-restore" -w 5 --noflush
    }

    """ + family("iptables", ipv6: false) + family("ip6tables", ipv6: true)
  }

  var heal: String {
    """
    set -u
    for tool in iptables ip6tables; do
      command -v "$tool" >/dev/null 2>&1 || continue
      rules=$("$tool" -w 5 -S \(NodeState.chain) 2>/dev/null | tr -d '"' |
        sed -n '/--comment \(comment) /s/^-A/-D/p')
      [ -n "$rules" ] || continue
      printf '*filter\\n%s\\nCOMMIT\\n' "$rules" | "$tool-restore" -w 5 --noflush || exit 1
    done

    """
  }

  static func verify(unheard: [Node]) -> String {
    """
    reached=$(
    \(Reachability.commands(to: unheard)))
    if [ -n "$reached" ]; then echo "still reaches" $reached >&2; exit 1; fi
    echo "no connection to" \(unheard.map { ShellQuote.quote($0.name) }.joined(separator: " "))

    """
  }

  static func verifyHealed(unheard: [Node]) -> String {
    """
    reached=$(
    \(Reachability.commands(to: unheard)))
    for peer in \(unheard.map { ShellQuote.quote($0.name) }.joined(separator: " ")); do
      echo "$reached" | grep -qxF "$peer" || { echo "cannot reach $peer" >&2; exit 1; }
    done
    echo "reaches" $reached

    """
  }

  private var comment: String { "faultline-\(fault)" }

  private func family(_ tool: String, ipv6: Bool) -> String {
    let addresses = unheardAddresses.filter { $0.contains(":") == ipv6 }
    guard !addresses.isEmpty else { return "" }
    let exempt = control.flatMap { $0.contains(":") == ipv6 ? $0 : nil } ?? ""
    let list = addresses.map(ShellQuote.quote).joined(separator: " ")
    return "deny \(tool) \(ShellQuote.quote(exempt)) \(list)\n"
  }
}
