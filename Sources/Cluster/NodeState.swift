import RemoteShell

/// What Faultline keeps on a node while faults may be in force.
///
/// Each fault writes the script that will undo it here before it acts, so that `heal` needs nothing
/// but the node, whichever version of Faultline injected the fault. `folder` is on `/run`, never
/// on a file system that a fault fills, freezes or cuts off, and gone after a reboot, as are most
/// faults. Those whose effect outlives a reboot are kept in `lasting`, which is on the disk.
///
/// | file | meaning |
/// |---|---|
/// | `node.sh` | the functions below, and the target's commands as functions; in both folders |
/// | `faults/ID-NAME/heal` | undoes a fault; exits 0 only when its effect is gone; in either folder |
/// | `faults/ID-NAME/injecting` | `pid starttime` of the script that injects it, or did |
/// | `faults/ID-NAME/background` | `pid starttime` of a loop that is part of it |
/// | `faults/ID-NAME/undoing` | `pid starttime` of who undoes it |
/// | `owned`, `owner`, `lease`, `watchdog`, `heal.sh`, `expired` | see `NodeLease` |
/// | in `lasting`: `owner` | whose lease it was before a reboot |
/// | in `lasting`: `boot` | the boot in which the target was started |
///
/// A start time tells of which boot it is, so what such a file says is never believed after a reboot.
public enum NodeState {
  /// The folder that is gone after a reboot.
  public static let folder = "/run/faultline"

  /// The folder that is not. On this machine's own disk there may be labs beside it.
  public static let lasting = "/var/lib/faultline/node"

  /// What the scripts begin with: a fixed environment and the functions that they share. They start
  /// as few programs as they can: that is most of the time that an injection takes. What ends a process does not stop
  /// it first: sudo and nsenter stop themselves with their child, and nobody would wake them. After a boot the node's
  /// init has its time before anything is started, lest both start the target. What is done to the target's data is
  /// written through to its disk before a note of it is, or is removed: after a loss of power the two fit.
  public static let functions = """
    export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    state=\(folder) lasting=\(lasting) boot=
    process() {
      { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
      set -- ${line##*) }
      process_state=$1 process_start=${20}@$boot
    }
    process 1 && { read -r boot < /proc/sys/kernel/random/boot_id; } 2>/dev/null
    boot=$process_start$boot
    starttime() { process "$1" && echo "$process_start"; }
    condition() { process "$1" && echo "$process_state"; }
    uptime_seconds() { read -r up _ < /proc/uptime; echo "${up%.*}"; }
    uptime_centiseconds() { read -r up _ < /proc/uptime; echo "${up%.*}${up#*.}"; }
    alive() {
      [ -s "$1" ] && read -r pid start < "$1" && [ -n "$start" ] && process "$pid" &&
        [ "$process_start" = "$start" ] && [ "$process_state" != Z ]
    }
    end_process() {
      alive "$1" || return 1
      kill -KILL "$pid" $(sed -n "s/^\\([0-9]*\\) (.*) [A-Z] $pid .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null) 2>/dev/null
      rm -f "$1"
    }
    remove_state() {
      rm -rf --one-file-system "$lasting"
      [ ! -e "$lasting" ] || return 1
      rmdir "${lasting%/*}" 2>/dev/null
      if mv "$state" "$state.$$" 2>/dev/null; then rm -rf "$state.$$"; else [ ! -e "$state" ]; fi
    }
    limited() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
    claim() {
      process $$
      echo "$$ $process_start" 2>/dev/null > "$1.$$" || return 1
      until ln "$1.$$" "$1" 2>/dev/null; do
        [ -e "$1.$$" ] || return 1
        if alive "$1"; then sleep 0.1; else rm -f "$1"; fi
      done
    }
    faults() { ls -1 "$state/faults" "$lasting/faults" 2>/dev/null | grep '^[0-9]' | sort -rn; }
    persist() {
      case $fault in "$lasting"/*) sync "${fault%/*}" "$fault" "$fault"/* 2>/dev/null || sync ;; esac
    }
    write_through() { sync -f "$data" 2>/dev/null || sync; }
    booted() { [ -e "$lasting/node.sh" ] && [ "$(cat "$lasting/boot" 2>/dev/null)" != "$boot" ]; }
    await_init() {
      if booted && command -v systemctl >/dev/null 2>&1; then
        limited 30 systemctl is-system-running --wait >/dev/null 2>&1
      fi
    }
    revive() {
      booted && claim "$lasting/reviving" || return 0
      revived=0
      if booted; then
        if ( . "$lasting/node.sh"; run_target ); then echo "$boot" > "$lasting/boot"; else revived=1; fi
      fi
      rm -f "$lasting/reviving" "$lasting/reviving.$$"
      return $revived
    }
    begin() {
      mkdir "$fault" || exit 4
      process $$
      echo "$$ $process_start" > "$fault/injecting" || exit 1
      cat > "$fault/heal.part" && mv "$fault/heal.part" "$fault/heal" || exit 1
      if [ -e "$state/expired" ] || ! alive "$state/watchdog"; then
        rm -rf "$fault"
        echo "no watchdog is alive on the node that would undo this: nothing was done" >&2
        exit 4
      fi
      persist
      trap persist EXIT
    }
    background() {
      { echo ". $state/node.sh; fault=$fault"; cat; } > "$fault/background.sh" || exit 1
      setsid sh "$fault/background.sh" </dev/null >/dev/null 2>&1 &
      echo "$! $(starttime $!)" > "$fault/background"
    }
    end_background() {
      [ -e "$1/background" ] || return 0
      : > "$1/stop"
      tries=0
      while alive "$1/background" && [ $tries -lt 80 ]; do sleep 0.1; tries=$((tries + 1)); done
      end_process "$1/background"
      return 0
    }
    undo() {
      [ -d "$1" ] || return 0
      claim "$1/undoing" || { [ ! -d "$1" ]; return; }
      end_process "$1/injecting" && echo "ended an injection that was under way"
      end_background "$1"
      if [ ! -e "$1/heal" ] || limited 25 sh "$1/heal"; then rm -rf --one-file-system "$1"; else
        rm -f "$1"/undoing*; return 1
      fi
    }

    """

  /// Where the way back of a fault is kept: of one that outlives a reboot on the disk.
  public static func faultFolder(_ fault: String, outlivesReboot: Bool = false) -> String {
    "\(outlivesReboot ? lasting : folder)/faults/\(fault)"
  }

  /// What every script of a fault begins with; `remember` has written it.
  public static func library(outlivesReboot: Bool = false) -> String {
    ". \(outlivesReboot ? lasting : folder)/node.sh || exit 1\n"
  }

  /// Saves the functions and the target's commands on the node, for the scripts of faults and for
  /// what undoes them.
  ///
  /// Only where there is a lease, which makes the folders: a command may arrive when its control side has died, and
  /// somebody has healed the node since.
  public static func remember(_ target: Target, on node: Node, among nodes: [Node]) -> NodeScript {
    NodeScript(
      "prepare \(folder)",
      body: """
        set -eu
        printf '%s' \(ShellQuote.quote(functions + target.functions(on: node, among: nodes))) > \(folder)/node.$$
        cp \(folder)/node.$$ \(lasting)/node.$$
        mv \(lasting)/node.$$ \(lasting)/node.sh
        sync \(lasting)/node.sh \(lasting) 2>/dev/null || sync
        mv \(folder)/node.$$ \(folder)/node.sh
        """)
  }

  /// Starts the target where the node has booted since it was started, and nothing else has.
  public static let revive = NodeScript(
    "start what a reboot has ended", timeout: .seconds(60),
    body: functions + "await_init\nrevive\n")

  /// Undoes every fault, the latest first, and starts a target that a reboot has ended, judged by the
  /// node's state alone; prints what it undid.
  ///
  /// Exits 0 where nothing is left, also where there was nothing to do.
  public static let heal = NodeScript(
    "heal", timeout: .seconds(90), isUrgent: true,
    body: """
      set -u
      \(functions)left=0
      await_init
      for name in $(faults); do
        folder=$state/faults/$name
        [ -d "$folder" ] || folder=$lasting/faults/$name
        if undo "$folder"; then echo "undid $name"; else
          echo "$name is not undone" >&2; left=1
        fi
      done
      revive || left=1
      exit $left
      """)

  /// Says which faults a node is under; prints nothing on a clean node.
  public static let leftovers = NodeScript(
    "look for leftovers",
    body: "ls -1 \(folder)/faults \(lasting)/faults 2>/dev/null | grep '^[0-9]'; exit 0")

  /// Ends the watchdog and removes the folders, after healing; refuses where a fault is not undone.
  public static let forget = NodeScript(
    "remove \(folder)", isUrgent: true,
    body: """
      \(functions)\(removeFolder)
      """)

  static let removeFolder = """
    left=$(faults)
    [ -z "$left" ] || { echo "not undone:" $left >&2; exit 1; }
    end_process "$state/watchdog"
    remove_state
    """
}
