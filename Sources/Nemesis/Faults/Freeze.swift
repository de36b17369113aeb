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
    needs: [ControlGroup.freezeNeed],
    outlivesReboot: true
  ) { site in
    let group = ControlGroup(nil, site)
    return FaultShell(
      check: "need_target freeze\n",
      inject: """
        \(group.inject("[ -e \"$group/cgroup.freeze\" ] || { echo 'this kernel cannot freeze a group' >&2; exit 1; }\n"))echo 1 > "$group/cgroup.freeze" || exit 1
        echo "froze" $pids

        """,
      verify: """
        \(group.verify)tries=0
        until grep -qx 'frozen 1' "$group/cgroup.events"; do
          [ $tries -lt 50 ] || { echo "the group does not freeze" >&2; exit 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        echo "it is frozen"

        """,
      heal: group.heal("echo 0 > \"$group/cgroup.freeze\"\n") + "exit 0\n",
      verifyHealed: "stays_up\n")
  }
}
