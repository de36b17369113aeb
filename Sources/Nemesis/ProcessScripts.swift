/// Kills and pauses of the target's processes, on one node.
enum ProcessScripts {
  /// SIGKILL, and at the heal the target's start command where it does not run.
  static func kill(_ step: FaultStep) -> String {
    switch step {
    case .inject:
      """
      set -eu
      pids=$(target_pids)
      [ -n "$pids" ] || { echo "the target does not run: nothing to kill" >&2; exit 3; }
      : > "$state/restart"
      kill -KILL $pids
      echo "killed" $pids

      """
    case .verify:
      """
      tries=0
      while [ -n "$(target_pids)" ]; do
        [ $tries -lt 50 ] || { echo "still runs:" $(target_pids) >&2; exit 1; }
        sleep 0.1; tries=$((tries + 1))
      done
      echo "no process is left"

      """
    case .heal:
      """
      set -u
      [ -n "$(target_pids)" ] || start_target
      [ -z "$(target_pids)" ] || rm -f "$state/restart"

      """
    case .verifyHealed: runsAgain
    }
  }

  /// SIGSTOP and SIGCONT; the processes are noted with their start times, since numbers are reused.
  static func pause(_ step: FaultStep) -> String {
    switch step {
    case .inject:
      """
      set -eu
      pids=$(target_pids)
      [ -n "$pids" ] || { echo "the target does not run: nothing to pause" >&2; exit 3; }
      for pid in $pids; do echo "$pid $(starttime "$pid")" >> "$state/paused"; done
      kill -STOP $pids
      echo "stopped" $pids

      """
    case .verify:
      """
      [ -s "$state/paused" ] || { echo "no process is noted as paused" >&2; exit 1; }
      while read -r pid start; do
        tries=0
        until [ "$(condition "$pid")" = T ]; do
          [ $tries -lt 20 ] || { echo "process $pid is not stopped" >&2; exit 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        echo "process $pid is stopped"
      done < "$state/paused"

      """
    case .heal:
      """
      set -u
      [ -e "$state/paused" ] || exit 0
      while read -r pid start; do
        [ "$(starttime "$pid")" = "$start" ] && kill -CONT "$pid"
      done < "$state/paused"
      rm -f "$state/paused"

      """
    case .verifyHealed:
      """
      pids=$(target_pids)
      [ -n "$pids" ] || { echo "the target does not run" >&2; exit 1; }
      for pid in $pids; do
        [ "$(condition "$pid")" != T ] || { echo "process $pid is still stopped" >&2; exit 1; }
      done
      echo "runs:" $pids

      """
    }
  }

  /// Exits 0 once the target runs and is still the same process a moment later.
  static let runsAgain = """
    tries=0
    while :; do
      before=$(target_pids)
      sleep 0.3
      if [ -n "$before" ] && [ "$before" = "$(target_pids)" ]; then
        echo "runs:" $before; exit 0
      fi
      [ $tries -lt 20 ] || { echo "the target does not stay up" >&2; exit 1; }
      tries=$((tries + 1))
    done

    """
}
