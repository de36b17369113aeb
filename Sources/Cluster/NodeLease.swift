import RemoteShell

/// Who may inject faults into a node, and until when: a lock and a dead man's switch in one.
///
/// The control side renews the lease while it lives. A detached watchdog on the node heals it when
/// the lease has run out, by the clock of `/proc/uptime`, which no fault of ours changes. It is
/// seen alive before the first injection, and `begin` in `NodeState.functions` sees it again before
/// each one.
///
/// | file | meaning |
/// |---|---|
/// | `owned` | a symbolic link whose text is the owner: made at once or not at all |
/// | `owner` | the same text, for scripts that look whether the node is still theirs |
/// | `lease` | the second of uptime at which the lease runs out |
/// | `watchdog` | `pid starttime` of the watchdog |
/// | `heal.sh` | what it runs: `NodeState.heal` |
/// | `faults/ID-NAME/extend` | what a fault that the kernel ends by itself runs at each renewal |
/// | `expired` | there once the lease has run out: nothing may be injected any more |
public struct NodeLease: Sendable, Hashable {
  /// What it takes to leave a watchdog on a node.
  static let need = NodeNeed.command("setsid", package: "util-linux")

  /// The owner, unique to it, in words that tell other people who it is.
  public var owner: String
  /// How long the lease lasts beyond its last renewal.
  public var lasting: Duration

  /// Makes a lease.
  public init(owner: String, lasting: Duration) {
    self.owner = owner
    self.lasting = lasting
  }

  /// The exit status where somebody else owns the node; `held EXPIRY LEFT OWNER` is printed.
  static let heldStatus: Int32 = 4

  /// The exit status of `renew` where the node has booted, and the lease has to be taken again.
  static let bootedStatus: Int32 = 5

  /// Takes or renews the lease, and sees to it that a watchdog is alive.
  ///
  /// A lease that has run out without its watchdog having healed is taken over after healing, and what
  /// outlived a reboot is healed where it was somebody else's.
  public var acquire: NodeScript {
    NodeScript(
      "take the lease", timeout: .seconds(90), isUrgent: true,
      body: """
        set -u
        \(NodeState.functions)owner=\(ShellQuote.quote(owner))
        held() { printf '%s\\n' "held $*"; exit \(Self.heldStatus); }
        mkdir -p "$state/faults" || exit 1
        claim "$state/taking" || held 0 0 "a watchdog that has just healed it"
        trap 'rm -f "$state/taking"' EXIT
        cat > "$state/heal.part" <<'FAULTLINE_END'
        \(NodeState.heal.body)
        FAULTLINE_END
        mv "$state/heal.part" "$state/heal.sh" || held 0 0 "a watchdog that has just healed it"
        if ! ln -s "$owner" "$state/owned" 2>/dev/null && [ "$(readlink "$state/owned")" != "$owner" ]; then
          expiry=0
          [ ! -e "$state/lease" ] || read -r expiry < "$state/lease"
          left=$((expiry - $(uptime_seconds)))
          if [ "$left" -ge 0 ] || alive "$state/watchdog"; then
            held "$expiry" "$left" "$(readlink "$state/owned")"
          fi
          [ -e "$state/heal.sh" ] || held 0 0 "a watchdog that has just healed it"
          sh "$state/heal.sh" || exit 1
          rm -f "$state/expired"
          ln -sfn "$owner" "$state/owned"
        fi
        printf '%s\\n' "$owner" > "$state/owner.part" && mv "$state/owner.part" "$state/owner" || exit 1
        if [ "$(cat "$lasting/owner" 2>/dev/null)" != "$owner" ]; then
          # What that run tested may not start any more; all that matters is that no fault is left.
          [ ! -d "$lasting" ] || sh "$state/heal.sh" || [ -z "$(faults)" ] || exit 1
          rm -rf --one-file-system "$lasting"
          mkdir -p "$lasting/faults" && echo "$boot" > "$lasting/boot" && printf '%s\\n' "$owner" > "$lasting/owner" || exit 1
          sync "$lasting" "$lasting"/* 2>/dev/null || sync
        fi
        \(extend)
        """)
  }

  /// Renews the lease; fails with `heldStatus` where the node has healed itself or somebody else owns it, and
  /// with `bootedStatus` where the node has booted.
  ///
  /// A watchdog that has died, with other processes of a node that goes down or for want of memory, is
  /// started again while the lease lasts. Beyond that nobody has kept the promise that it stands for.
  public var renew: NodeScript {
    NodeScript(
      "renew the lease", timeout: max(.seconds(2), lasting / 3), isUrgent: true,
      body: """
        \(ownership)if outlived_boot; then
          echo "the node has booted" >&2
          exit \(Self.bootedStatus)
        fi
        if [ "$(readlink "$state/owned")" != "$owner" ] || [ -e "$state/expired" ]; then
          echo "the lease is lost: the node has undone its faults by itself, or somebody has healed it" >&2
          exit \(Self.heldStatus)
        fi
        if ! alive "$state/watchdog" && [ "$(uptime_seconds)" -gt "$(cat "$state/lease")" ]; then
          echo "the lease is lost: its watchdog has died, and the lease has run out since" >&2
          exit \(Self.heldStatus)
        fi
        \(extend)
        """)
  }

  /// Gives the lease up, where it is ours, and removes the folders; refuses where a fault is not
  /// undone, so that the watchdog goes on.
  public var release: NodeScript {
    NodeScript(
      "give up the lease", isUrgent: true,
      body: """
        \(ownership)[ "$(readlink "$state/owned")" = "$owner" ] || outlived_boot || exit 0
        \(NodeState.removeFolder)
        """)
  }

  /// Whether a boot has left of the lease what is on the disk: a heal would have removed that, too.
  private var ownership: String {
    """
    \(NodeState.functions)owner=\(ShellQuote.quote(owner))
    outlived_boot() {
      [ ! -L "$state/owned" ] && [ "$(cat "$lasting/owner" 2>/dev/null)" = "$owner" ]
    }

    """
  }

  /// Lets the lease last from now on, and sees to it that a watchdog is alive.
  ///
  /// Where there is systemd it starts the watchdog: logind may end all that an account's last session has started
  /// (`KillUserProcesses`). What the watchdog starts is not ended with it.
  private var extend: String {
    """
    echo $(($(uptime_seconds) + \(max(1, lasting.components.seconds)))) > "$state/lease.part" &&
      mv "$state/lease.part" "$state/lease" || exit 1
    for extend in "$state"/faults/*/extend; do
      [ ! -e "$extend" ] || (. "$extend") 2>/dev/null
    done
    if ! alive "$state/watchdog"; then
      cat > "$state/watchdog.sh" <<'FAULTLINE_END'
    \(Self.watchdog)
    FAULTLINE_END
      {
        { [ -d /run/systemd/system ] && systemd-run --quiet --collect --property=KillMode=process sh "$state/watchdog.sh"; } ||
          exec setsid sh "$state/watchdog.sh"
      } </dev/null >/dev/null 2>&1 &
    fi
    tries=0
    until alive "$state/watchdog"; do
      [ $tries -lt 100 ] || { echo "the watchdog does not start" >&2; exit 1; }
      sleep 0.1; tries=$((tries + 1))
    done

    """
  }

  /// Heals when the lease has run out, again and again until it succeeds; ends when it is given up.
  private static let watchdog = """
    \(NodeState.functions)echo "$$ $(starttime $$)" > "$state/watchdog.part"
    mv "$state/watchdog.part" "$state/watchdog"
    while sleep 1; do
      read -r expiry < "$state/lease" || exit 0
      [ "$(uptime_seconds)" -gt "$expiry" ] || continue
      : > "$state/expired"
      until sh "$state/heal.sh"; do
        sleep 2
        [ -e "$state/expired" ] || exit 0
      done
      remove_state
      exit 0
    done
    """
}
