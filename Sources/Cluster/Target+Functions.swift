extension Target {
  /// Prints the numbers of its processes.
  var pidsFunction: String {
    """
    target_pids() {
    ( \(pid)
    ) 2>/dev/null
    }
    """
  }

  /// The variables of `prelude`, and the commands that faults use as shell functions.
  func functions(on node: Node, among nodes: [Node]) -> String {
    """
    \(prelude(for: node, among: nodes))\(pidsFunction)
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
  ///
  /// systemd starts again what it sees end, at once by default: a service whose main process is the target's rests
  /// while a fault holds it down. It is told so in `/run`, so that a boot forgets it, and what was told is all that is
  /// remembered; starts are not counted meanwhile, lest it refuse the one of the heal.
  ///
  /// What was killed may hold its port and its lock for a moment longer than it is seen, and what is started then ends at
  /// once: it is started again. One that has not come up yet is not started a second time.
  private static let targetFunctions = """
    service_folders=/run/systemd/system
    rest_services() (
      [ -d "$service_folders" ] || exit 0
      for pid in $pids; do
        service=$(sed -n 's#^[0-9]*:[^:]*:/.*/\\([^/]*\\.service\\)$#\\1#p' "/proc/$pid/cgroup" | head -n 1)
        [ -n "$service" ] && [ "$(systemctl show -p MainPID "$service")" = "MainPID=$pid" ] || continue
        mkdir -p "$service_folders/$service.d" || exit 1
        printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nRestart=no\\n' > "$service_folders/$service.d/faultline.conf" &&
          systemctl daemon-reload || exit 1
      done
    )
    wake_services() (
      for told in "$service_folders"/*.service.d/faultline.conf; do
        [ -e "$told" ] || continue
        folder=${told%/*} service=${folder##*/}
        rm "$told" && systemctl daemon-reload || exit 1
        rmdir "$folder" 2>/dev/null
        systemctl reset-failed "${service%.d}" 2>/dev/null
      done
      exit 0
    )
    need_target() {
      pids=$(target_pids)
      [ -n "$pids" ] || { echo "the target does not run: nothing to $1" >&2; exit 3; }
    }
    kill_target() {
      pids=$(target_pids)
      rest_services || return 1
      tries=0
      while [ -n "$pids" ]; do
        kill -KILL $pids 2>/dev/null
        [ $tries -lt 50 ] || { echo "cannot be killed:" $pids >&2; return 1; }
        sleep 0.1; tries=$((tries + 1)); pids=$(target_pids)
      done
    }
    ensure_running() {
      wake_services || return 1
      starts=0
      while [ -z "$(target_pids)" ]; do
        [ $starts -lt 5 ] || { echo "the target does not stay up" >&2; return 1; }
        start_target && echo "started the target again"
        starts=$((starts + 1)) tries=0
        while [ -z "$(target_pids)" ]; do
          [ $tries -lt 30 ] || { echo "the target does not start" >&2; return 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        sleep 0.3
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
