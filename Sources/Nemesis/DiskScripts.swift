import Cluster

/// A full disk, on one node.
enum DiskScripts {
  /// One file takes every free block of the data directory's file system. At the heal the file is
  /// removed, and the target started again where it has died of it.
  static func full(_ step: FaultStep) -> String {
    switch step {
    case .inject:
      """
      set -u
      balloon=$data/\(NodeState.balloonName)
      [ -n "$(target_pids)" ] || { echo "the target does not run" >&2; exit 3; }
      : > "$state/restart"
      echo "$balloon" >> "$state/balloons"
      : > "$balloon" || exit 1
      size=$(df -P -B1 "$data" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })
      offset=0
      while command -v fallocate >/dev/null 2>&1 && [ "$size" -ge 65536 ]; do
        if fallocate -o "$offset" -l "$size" "$balloon" 2>/dev/null; then
          offset=$((offset + size))
        else
          size=$((size / 2))
        fi
      done
      dd if=/dev/zero bs=64k >> "$balloon" 2>/dev/null
      dd if=/dev/zero bs=4k >> "$balloon" 2>/dev/null
      sync -f "$balloon" 2>/dev/null || sync
      echo "filled $data with $(wc -c < "$balloon") bytes"

      """
    case .verify:
      probe + """
        case "$answer" in
          *"No space left"*) echo "a write of 64 KiB answers: No space left on device" ;;
          *) echo "a write of 64 KiB still succeeds" >&2; exit 1 ;;
        esac

        """
    case .heal:
      """
      set -u
      rm -f "$data/\(NodeState.balloonName)"
      [ ! -e "$data/\(NodeState.balloonName)" ] || exit 1
      rm -f "$state/balloons"
      [ -n "$(target_pids)" ] || start_target
      [ -z "$(target_pids)" ] || rm -f "$state/restart"

      """
    case .verifyHealed:
      probe + """
        case "$answer" in
          *"No space left"*) echo "$data is still full" >&2; exit 1 ;;
        esac

        """ + ProcessScripts.runsAgain
    }
  }

  private static let probe = """
    answer=$(dd if=/dev/zero of="$data/.faultline-probe" bs=64k count=1 2>&1)
    rm -f "$data/.faultline-probe"

    """
}
