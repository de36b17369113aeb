import Cluster

extension FaultKind {
  /// The file system of the target's data has no byte left, or almost none.
  static let diskFull = FaultKind(
    "disk-full", "the file system of the target's data is full",
    details: """
      One file, .faultline-balloon in the data directory, takes every free block, or all but some. \
      Seen by a write that finds no space. Undone by removing the file; a target that has died of it \
      is started again.
      """,
    parameters: [
      .integer("leave", "how many KiB stay free: nearly full", 0...100_000_000, default: 0)
    ], needs: [.ownVolume],
    outlivesReboot: true
  ) { site in
    let leave = site.settings.integer("leave")
    let full = """
      \(DiskProbe.write)case "$answer" in
        *"No space left"*) echo "a write of 64 KiB answers: No space left on device" ;;
        *) echo "a write of 64 KiB still succeeds" >&2; exit 1 ;;
      esac

      """
    let nearlyFull = """
      free=$(df -P -k "$data" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })
      [ "$free" -le \(leave) ] || { echo "$free KiB are free" >&2; exit 1; }
      echo "$free KiB are free"

      """
    return FaultShell(
      check: "need_target starve of space\n",
      inject: """
        balloon=$data/.faultline-balloon
        : > "$balloon" || exit 1
        size=$(df -P -B1 "$data" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })
        size=$((size - \(leave) * 1024))
        offset=0
        while command -v fallocate >/dev/null 2>&1 && [ "$size" -ge 65536 ]; do
          if fallocate -o "$offset" -l "$size" "$balloon" 2>/dev/null; then
            offset=$((offset + size))
        \(leave > 0 ? "    size=0" : "")
          else
            size=$((size / 2))
          fi
        done
        \(leave == 0 ? Self.lastBytes : Self.slowBytes)write_through
        echo "filled $data with $(wc -c < "$balloon") bytes"

        """,
      verify: leave == 0 ? full : nearlyFull,
      heal: """
        rm -f "$data/.faultline-balloon"
        [ ! -e "$data/.faultline-balloon" ] || exit 1
        write_through
        ensure_running

        """,
      verifyHealed: DiskProbe.verifyHealed)
  }

  private static let lastBytes = """
    dd if=/dev/zero bs=64k >> "$balloon" 2>/dev/null
    dd if=/dev/zero bs=4k >> "$balloon" 2>/dev/null

    """
  private static let slowBytes = """
    [ "$size" -le 0 ] || dd if=/dev/zero bs=64k count=$((size / 65536)) >> "$balloon" 2>/dev/null

    """
}
