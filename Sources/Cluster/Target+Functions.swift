extension Target {
  /// The variables of `prelude`, and the commands that faults use as shell functions.
  func functions(on node: Node, among nodes: [Node]) -> String {
    """
    \(prelude(for: node, among: nodes))target_pids() {
    ( \(pid)
    ) 2>/dev/null
    }
    start_target() {
    ( \(start)
    ) || return
    # Who looks whether it runs must not start a second one.
    waits=0
    while [ -z "$(target_pids)" ] && [ $waits -lt 30 ]; do sleep 0.1; waits=$((waits + 1)); done
    }
    configure_target() {
    ( \(configure ?? "true")
    )
    }
    target_members() {
    ( \(members ?? "echo \"the target's description has no command 'members'\" >&2; exit 1")
    )
    }
    leave_cluster() {
    ( \(leave ?? "echo \"the target's description has no command 'leave'\" >&2; exit 1")
    )
    }
    join_cluster() {
    ( \(join ?? "echo \"the target's description has no command 'join'\" >&2; exit 1")
    )
    }
    run_target() { \(self == .none ? ":" : "ensure_running"); }
    \(Self.targetFunctions)
    """
  }

  /// What needs nothing but these commands.
  private static let targetFunctions = """
    need_target() {
      pids=$(target_pids)
      [ -n "$pids" ] || { echo "the target does not run: nothing to $1" >&2; exit 3; }
    }
    kill_target() {
      pids=$(target_pids)
      tries=0
      while [ -n "$pids" ]; do
        kill -KILL $pids 2>/dev/null
        [ $tries -lt 50 ] || { echo "cannot be killed:" $pids >&2; return 1; }
        sleep 0.1; tries=$((tries + 1)); pids=$(target_pids)
      done
    }
    ensure_running() {
      [ -n "$(target_pids)" ] || { start_target && echo "started the target again"; }
      tries=0
      while [ -z "$(target_pids)" ]; do
        [ $tries -lt 30 ] || { echo "the target does not start" >&2; return 1; }
        sleep 0.1; tries=$((tries + 1))
      done
    }
    stays_up() {
      tries=0
      while :; do
        before=$(target_pids)
        sleep 0.3
        if [ -n "$before" ] && [ "$before" = "$(target_pids)" ]; then
          echo "runs:" $before; return 0
        fi
        [ $tries -lt 20 ] || { echo "the target does not stay up" >&2; return 1; }
        tries=$((tries + 1))
      done
    }

    """
}
