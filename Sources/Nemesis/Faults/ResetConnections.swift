import Cluster
import RemoteShell

/// Tried on a connection in a network of its own. With a single port to take, a socket that connects to that
/// connects to itself, so nobody has to listen. Where none comes about, nothing can be told.
private let killsConnections = NodeNeed(
  "the kernel does not kill connections (ss -K): it must be built with INET_DIAG_DESTROY",
  test: """
    unshare -n sh <<'PROBE'
    ip link set lo up && echo "7000 7000" > /proc/sys/net/ipv4/ip_local_port_range || exit 0
    if command -v bash; then
      bash -c 'exec 3<>/dev/tcp/127.0.0.1/7000; exec sleep 10' &
    else
      sleep 10 | nc 127.0.0.1 7000 &
    fi
    opened() { ss -Htn state established | grep -q .; }
    tries=0
    until opened; do
      [ $tries -lt 40 ] || exit 0
      sleep 0.05; tries=$((tries + 1))
    done
    ss -K dst 127.0.0.1
    opened; status=$?
    kill $!
    [ $status -ne 0 ]
    PROBE
    """)

extension FaultKind {
  /// Established connections between nodes are killed; new ones are not hindered.
  static let resetConnections = FaultKind(
    "reset-connections", "established connections between nodes are killed, new ones are not",
    details: """
      By the kernel, as ss -K asks it to (it needs INET_DIAG_DESTROY); the other side gets a reset. \
      Seen by the connections of before being gone. There is nothing to undo.
      """,
    reach: .network,
    needs: [.command("ss", package: "iproute2"), killsConnections]
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
