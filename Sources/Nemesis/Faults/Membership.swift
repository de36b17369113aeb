import Cluster

extension FaultKind {
  /// The cluster shrinks by a member, and grows by one.
  static let membership = FaultKind(
    "membership", "a member is taken out of the cluster, and joins as a new one at the heal",
    details: """
      By the commands members, leave and join of the target's description. One member at a time, and \
      only where every node is a member and those that answer clients without it are a majority of \
      all nodes; refused otherwise. The process is killed once the others have let it go. Its data \
      is lost, as a new member begins without. Seen in the members that the others name.
      """,
    needs: [Firewall.reachNeed],
    outlivesReboot: true
  ) { site in
    let others = site.unheard.map { peer in
      var node = peer.node
      node.port = site.clientPort
      return node
    }
    return FaultShell(
      check: """
        need_target take out of the cluster
        [ \(site.targets) -eq 1 ] || { echo "take out one member at a time" >&2; exit 3; }
        members=$(target_members) || { echo "the members are not known" >&2; exit 3; }
        for name in $nodes; do
          echo "$members" | grep -qxF "$name" ||
            { echo "$name is no member: only one may be missing at a time" >&2; exit 3; }
        done
        all=$(echo $nodes | wc -w)
        answering=$(
        \(Reachability.commands(to: others)))
        answering=$(echo $answering | wc -w)
        [ "$answering" -gt $((all / 2)) ] ||
          { echo "only $answering of the others answer, no majority of $all" >&2; exit 3; }

        """,
      inject: """
        : > "$fault/left"
        leave_cluster || exit 1
        kill_target || exit 1
        echo "$node has left"

        """,
      verify: """
        tries=0
        while members=$(target_members) && echo "$members" | grep -qxF "$node"; do
          [ $tries -lt 50 ] || { echo "$node is still a member" >&2; exit 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        [ -n "$members" ] || { echo "the members are not known" >&2; exit 1; }
        echo "the members are" $members

        """,
      heal: """
        if [ -e "$fault/left" ]; then
          kill_target && join_cluster || exit 1
          rm -f "$fault/left"
          echo "$node has joined"
        fi
        ensure_running

        """,
      verifyHealed: """
        tries=0
        until target_members | grep -qxF "$node"; do
          [ $tries -lt 50 ] || { echo "$node is no member" >&2; exit 1; }
          sleep 0.2; tries=$((tries + 1))
        done
        stays_up

        """)
  }
}
