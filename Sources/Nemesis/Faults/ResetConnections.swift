import Cluster
import RemoteShell

extension FaultKind {
  /// Established connections between nodes are killed; new ones are not hindered.
  static let resetConnections = FaultKind(
    "reset-connections", "established connections between nodes are killed, new ones are not",
    details: """
      By the kernel, as ss -K asks it to (it needs INET_DIAG_DESTROY); the other side gets a reset. \
      Seen by the connections of before being gone. There is nothing to undo.
      """,
    reach: .network,
    needs: [
      NodeNeed("ss is missing; install the package iproute2", test: "command -v ss")
    ]
  ) { site in
    let addresses = site.unheard.flatMap(\.addresses).map(ShellQuote.quote)
      .joined(separator: " ")
    return FaultShell(
      check: """
        connections() {
          for address in \(addresses); do ss -Htn state established dst "$address" 2>/dev/null; done |
            while read -r _ _ from to; do echo "$from $to"; done | sort
        }
        [ -n "$(connections)" ] || { echo "there is no connection to reset" >&2; exit 3; }

        """,
      inject: """
        connections > "$fault/before"
        for address in \(addresses); do ss -K dst "$address" >/dev/null 2>&1; done
        echo "killed $(wc -l < "$fault/before") connections"

        """,
      verify: """
        while read -r from to; do
          if ss -Htn state established src "$from" dst "$to" | grep -q .; then
            echo "the connection from $from to $to is still there: this kernel may lack INET_DIAG_DESTROY" >&2
            exit 1
          fi
        done < "$fault/before"
        echo "none of $(wc -l < "$fault/before") connections is left"

        """,
      heal: "exit 0\n", verifyHealed: "echo 'there was nothing to undo'\n")
  }
}
