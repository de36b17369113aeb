import Cluster

extension FaultKind {
  /// The target's processes are frozen by the kernel, all at the same instant.
  static let freeze = FaultKind(
    "freeze", "the target's processes are frozen by a control group",
    details: """
      Unlike SIGSTOP it is atomic and the processes and their parents cannot notice it. The processes \
      move into a group of Faultline's own (cgroup v2, mounted in its folder) and back into theirs. \
      Seen in the group's events.
      """,
    needs: [
      NodeNeed(
        "the kernel has no control groups of version 2", test: "grep -qw cgroup2 /proc/filesystems")
    ]
  ) { site in
    let paths = """
      groups=$fault/cgroup
      group=$groups/faultline-$(hostname)-\(site.id)

      """
    return FaultShell(
      check: "need_target freeze\n",
      inject: """
        \(paths)mkdir -p "$groups"
        mount -t cgroup2 faultline "$groups" && mkdir "$group" || exit 1
        [ -e "$group/cgroup.freeze" ] || { echo "this kernel cannot freeze a group" >&2; exit 1; }
        for pid in $pids; do
          echo "$pid $(starttime "$pid") $(sed -n 's/^0:://p' "/proc/$pid/cgroup")" >> "$fault/frozen"
        done
        for pid in $pids; do echo "$pid" > "$group/cgroup.procs" || exit 1; done
        echo 1 > "$group/cgroup.freeze" || exit 1
        echo "froze" $pids

        """,
      verify: """
        \(paths)tries=0
        until grep -qx 'frozen 1' "$group/cgroup.events"; do
          [ $tries -lt 50 ] || { echo "the group does not freeze" >&2; exit 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        echo "frozen:" $(cat "$group/cgroup.procs")

        """,
      heal: """
        \(paths)if [ -d "$group" ]; then
          echo 0 > "$group/cgroup.freeze"
          first=
          while read -r pid start home; do
            [ "$(starttime "$pid")" = "$start" ] || continue
            echo "$pid" > "$groups$home/cgroup.procs" && echo "thawed process $pid"
            first=$home
          done < "$fault/frozen"
          # Children that were born in the group go where the first of the processes came from.
          for pid in $(cat "$group/cgroup.procs"); do echo "$pid" > "$groups$first/cgroup.procs"; done
          tries=0
          until rmdir "$group" 2>/dev/null; do
            [ $tries -lt 50 ] || { echo "$group cannot be removed" >&2; exit 1; }
            sleep 0.1; tries=$((tries + 1))
          done
        fi
        if grep -q " $groups " /proc/self/mounts; then umount "$groups" || exit 1; fi
        exit 0

        """,
      verifyHealed: "stays_up\n")
  }
}
