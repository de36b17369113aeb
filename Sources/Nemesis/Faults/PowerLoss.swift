import Cluster

extension FaultKind {
  /// The power is cut: what was not yet on the disk is gone.
  static let powerLoss = FaultKind(
    "power-loss", "the power is cut: what the target had not fsynced is gone",
    details: """
      The target gets SIGKILL, and at once its file system is shut down without writing its journal \
      (EXT4_IOC_SHUTDOWN; XFS too); then it is unmounted, and mounted again as after a boot. In this \
      order: a target that lives sees I/O errors and may hand its work over in time. With the target \
      "all" every node loses power at the same time. A system that acknowledges before it syncs loses \
      what it promised. The kernel writes back by itself after some seconds, so only what is younger \
      can be lost. Seen by what we wrote to a file without syncing it being gone; its name may stay, as \
      the journal keeps names and sizes on its own.
      """,
    needs: [
      .ownVolume, Helper.need,
      NodeNeed(
        "the data is on a file system that cannot lose its power; it must be ext4 or xfs",
        test:
          #"df -P "$folder" | tail -n 1 | { read -r _ _ _ _ _ m; grep -Eq " $m (ext4|xfs) " /proc/self/mounts; }"#
      ),
    ]
  ) { _ in
    let remount = """
      read -r device mount type options < "$fault/mount"
      tries=0
      while grep -q " $mount $type " /proc/self/mounts && ! umount "$mount" 2> "$fault/said"; do
        [ $tries -lt 150 ] || { cat "$fault/said" >&2; exit 1; }
        sleep 0.1; tries=$((tries + 1))
      done
      mount -t "$type" -o "$options" "$device" "$mount" || exit 1

      """
    return FaultShell(
      check: "need_target take the power from\n" + DiskProbe.mount,
      inject: """
        grep " $mount " /proc/self/mounts | tail -n 1 | cut -d' ' -f1-4 > "$fault/mount"
        \(Helper.install)echo "unsynced" > "$data/.faultline-unsynced" || exit 1
        kill -KILL $pids
        "$fault/programs/helper" power-off "$mount" || { echo "the file system cannot be shut down: error $?" >&2; exit 1; }
        \(remount)[ ! -s "$data/.faultline-unsynced" ] || echo "what was not synced is still there" > "$fault/kept"
        echo "cut the power of $mount"

        """,
      verify: """
        read -r device mount type options < "$fault/mount"
        [ ! -e "$fault/kept" ] || { cat "$fault/kept" >&2; exit 1; }
        [ -z "$(target_pids)" ] || { echo "the target still runs" >&2; exit 1; }
        grep -q " $mount $type " /proc/self/mounts || { echo "$mount is not mounted" >&2; exit 1; }
        echo "what was not synced is gone, and $mount is mounted again"

        """,
      heal: """
        \(Helper.remove)if [ -s "$fault/mount" ]; then
          read -r device mount type options < "$fault/mount"
          if ! grep -q " $mount $type " /proc/self/mounts || ! touch "$mount/.faultline-probe" 2>/dev/null; then
        \(remount)    echo "mounted $mount again"
          fi
          rm -f "$mount/.faultline-probe" "$data/.faultline-unsynced"
        fi
        ensure_running

        """,
      verifyHealed: DiskProbe.verifyHealed)
  }
}
