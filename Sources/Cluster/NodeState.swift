import RemoteShell

/// What Faultline keeps on a node while faults may be in force: one folder of its own.
///
/// Each fault notes here what will undo it before it acts, so that `heal` needs nothing but the node.
/// The folder is on `/run`, never on a file system that a fault fills, and gone after a reboot.
///
/// | file | meaning |
/// |---|---|
/// | `start.sh`, `pid.sh` | how the target is started, and its process ids |
/// | `paused` | a line `pid starttime` for each stopped process |
/// | `balloons` | a line for each file that fills a disk |
/// | `restart` | present while a fault may have taken the target down |
/// | `injecting.ID` | a line `pid starttime` for the script that injects fault ID, while it runs |
public enum NodeState {
  /// The folder.
  public static let folder = "/run/faultline"
  /// The firewall chain, in `INPUT` of iptables and ip6tables.
  public static let chain = "FAULTLINE"
  /// The name of the file that fills a disk, in the target's data directory.
  public static let balloonName = ".faultline-balloon"

  /// What the scripts begin with: a fixed environment and the functions that they share.
  public static let functions = """
    export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    state=\(folder)
    starttime() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
    condition() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1; }
    running() { [ -f "$state/pid.sh" ] && sh "$state/pid.sh" 2>/dev/null; }
    injecting() {
      mkdir -p "$state" || exit 1
      note=$state/injecting.$1
      echo "$$ $(starttime $$)" > "$note" || exit 1
      trap 'rm -f "$note"' EXIT
    }
    end_injection() {
      [ -e "$1" ] || return 0
      read -r pid start < "$1"
      if [ -n "$start" ] && [ "$(starttime "$pid")" = "$start" ]; then
        kill -KILL "$pid" $(sed -n "s/^\\([0-9]*\\) (.*) [A-Z] $pid .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null)
        echo "ended an injection that was under way"
      fi
      rm -f "$1"
    }

    """

  /// Saves the target's start and pid commands on the node, so that `heal` can use them.
  public static func remember(_ target: Target, on node: Node, among nodes: [Node]) -> NodeScript {
    let prelude = "set -u\n" + target.prelude(for: node, among: nodes)
    return NodeScript(
      "prepare \(folder)",
      body: """
        set -eu
        mkdir -p \(folder)
        printf '%s' \(ShellQuote.quote(prelude + target.start)) > \(folder)/start.sh
        printf '%s' \(ShellQuote.quote(prelude + target.pid)) > \(folder)/pid.sh
        """)
  }

  /// Undoes every fault, judged by the node's state alone; prints what it undid.
  ///
  /// Exits 0 where nothing is left, also where there was nothing to do. Order: injections under way,
  /// whose control program has died, resume, network, disk, processes, since each may need the ones
  /// before.
  public static let heal = NodeScript(
    "heal", timeout: .seconds(40), isUrgent: true,
    body: """
      set -u
      \(functions)left=0
      for note in "$state"/injecting.*; do end_injection "$note"; done
      if [ -s "$state/paused" ]; then
        while read -r pid start; do
          if [ "$(starttime "$pid")" = "$start" ] && [ "$(condition "$pid")" = T ]; then
            kill -CONT "$pid" && echo "resumed process $pid"
          fi
        done < "$state/paused"
      fi
      rm -f "$state/paused"
      for tool in iptables ip6tables; do
        command -v "$tool" >/dev/null 2>&1 || continue
        "$tool" -w 5 -S \(chain) >/dev/null 2>&1 || continue
        while "$tool" -w 5 -D INPUT -j \(chain) 2>/dev/null; do :; done
        "$tool" -w 5 -F \(chain) && "$tool" -w 5 -X \(chain) && echo "removed the $tool chain \(chain)"
        if "$tool" -w 5 -S \(chain) >/dev/null 2>&1; then
          echo "the $tool chain \(chain) is still there" >&2; left=1
        fi
      done
      if [ -s "$state/balloons" ]; then
        while read -r balloon; do
          case "$balloon" in */\(balloonName)) ;; *) continue ;; esac
          [ -e "$balloon" ] || continue
          rm -f "$balloon" && echo "removed $balloon"
          if [ -e "$balloon" ]; then echo "$balloon is still there" >&2; left=1; fi
        done < "$state/balloons"
      fi
      rm -f "$state/balloons"
      if [ -e "$state/restart" ]; then
        if [ -z "$(running)" ]; then
          sh "$state/start.sh" && echo "started the target again"
          tries=0
          while [ -z "$(running)" ] && [ $tries -lt 20 ]; do sleep 0.1; tries=$((tries + 1)); done
          if [ -z "$(running)" ]; then echo "the target does not start" >&2; left=1; fi
        fi
        [ $left -eq 0 ] && rm -f "$state/restart"
      fi
      exit $left
      """)

  /// Says what is on the node that a run left behind; prints nothing on a clean node.
  public static let leftovers = NodeScript(
    "look for leftovers",
    body: """
      \(functions)for tool in iptables ip6tables; do
        "$tool" -w 5 -S \(chain) >/dev/null 2>&1 && echo "$tool chain \(chain)"
      done
      for file in paused balloons restart; do [ -e "$state/$file" ] && echo "$state/$file"; done
      exit 0
      """)

  /// Removes the folder, after healing.
  public static let forget = NodeScript("remove \(folder)", body: "rm -rf \(folder)")
}
