import Cluster

extension FaultKind {
  /// The target gets no more memory, and is killed by the kernel when it asks for some.
  static let memory = FaultKind(
    "memory", "the target gets little further memory, and is killed by the kernel for more",
    details: """
      The processes move into a control group of Faultline's own (cgroup v2, or v1) with a limit, and \
      back into theirs. What they have stays theirs: the limit is on what they and their children use \
      from then on, cached files included, which are given up first. Seen in the group's limit, and in \
      its count of kills. A target that has died of it is started again at the heal.
      """,
    parameters: [
      .integer("megabytes", "how much it may use beyond what it has", 1...1_000_000, default: 16)
    ], needs: [ControlGroup.need("memory")],
    outlivesReboot: true
  ) { site in
    let group = ControlGroup("memory", site)
    let bytes = site.settings.integer("megabytes") << 20
    return FaultShell(
      check: "need_target starve of memory\n",
      inject: group.inject(
        """
        if [ $version = 2 ]; then
          echo \(bytes) > "$group/memory.max" || exit 1
          echo 0 2>/dev/null > "$group/memory.swap.max"
        else
          echo \(bytes) > "$group/memory.limit_in_bytes" || exit 1
        fi

        """) + "echo \"limited the memory of\" $pids\n",
      verify: """
        \(group.verify)limit=$(cat "$group/memory.max" "$group/memory.limit_in_bytes" 2>/dev/null)
        [ "$limit" = \(bytes) ] || { echo "the limit is $limit" >&2; exit 1; }
        echo "the limit is $limit bytes," $(cat "$group/memory.events" "$group/memory.oom_control" 2>/dev/null | grep '^oom_kill ')

        """,
      heal: group.heal() + "ensure_running\n", verifyHealed: "stays_up\n")
  }
}
