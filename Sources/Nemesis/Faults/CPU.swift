import Cluster

extension FaultKind {
  /// The target gets little processor time.
  static let cpu = FaultKind(
    "cpu", "the target gets little processor time",
    details: """
      A node that is slow without being dead. The processes move into a control group of Faultline's \
      own (cgroup v2, or v1) with a quota for each tenth of a second, and back into theirs. Seen in \
      the group's quota and its processes.
      """,
    parameters: [
      .integer("percent", "of one processor, of all its processes together", 1...10_000, default: 5)
    ], needs: [ControlGroup.need("cpu")],
    outlivesReboot: true
  ) { site in
    let group = ControlGroup("cpu", site)
    let quota = site.settings.integer("percent") * 1000
    return FaultShell(
      check: "need_target slow down\n",
      inject: group.inject(
        """
        if [ $version = 2 ]; then echo "\(quota) 100000" > "$group/cpu.max" || exit 1; else
          echo 100000 > "$group/cpu.cfs_period_us" && echo \(quota) > "$group/cpu.cfs_quota_us" || exit 1
        fi

        """) + "echo \"slowed down\" $pids\n",
      verify: """
        \(group.verify)quota=$(cat "$group/cpu.max" "$group/cpu.cfs_quota_us" 2>/dev/null)
        [ "${quota%% *}" = \(quota) ] || { echo "the quota is $quota" >&2; exit 1; }
        echo "it may use $quota us of each 100000"

        """,
      heal: group.heal() + "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
