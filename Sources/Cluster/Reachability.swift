import RemoteShell

/// Tells who a node can open a TCP connection to.
///
/// The peers' SSH ports are tried, since something is sure to listen there. A dropped packet shows
/// as silence, so a peer that does not answer within a second is cut off.
public enum Reachability {
  /// A script that prints the names of the peers that `node` reaches, a line each.
  public static func script(from node: Node, to peers: [Node]) -> NodeScript {
    NodeScript(
      "see which nodes \(node.name) reaches", body: NodeState.functions + commands(to: peers))
  }

  /// The commands of `script`, for use within another one; all peers are tried at the same time.
  public static func commands(to peers: [Node]) -> String {
    let attempts = peers.map { peer in
      "{ reach \(ShellQuote.quote(peer.host)) \(peer.port) && echo \(ShellQuote.quote(peer.name)); } &\n"
    }.joined()
    return function + attempts + "wait\n"
  }

  private static let function = """
    reach() {
      if command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
        timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
      else
        nc -z -w 1 "$1" "$2" 2>/dev/null
      fi
    }

    """
}
