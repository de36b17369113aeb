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
    needs: DeadVolume.needs,
    outlivesReboot: true
  ) { _ in
    FaultShell(
      check: "need_target take the power from\n" + DiskProbe.mount,
      inject: """
        \(DeadVolume.note)\(Helper.install)rest_services || exit 1
        echo "unsynced" > "$data/.faultline-unsynced" || exit 1
        kill -KILL $pids
        "$fault/programs/helper" power-off "$mount" || { echo "the file system cannot be shut down: error $?" >&2; exit 1; }
        \(DeadVolume.remount)[ ! -s "$data/.faultline-unsynced" ] || echo "what was not synced is still there" > "$fault/kept"
        echo "cut the power of $mount"

        """,
      verify: """
        \(DeadVolume.noted)[ ! -e "$fault/kept" ] || { cat "$fault/kept" >&2; exit 1; }
        [ -z "$(target_pids)" ] || { echo "the target still runs" >&2; exit 1; }
        grep -q " $mount $type " /proc/self/mounts || { echo "$mount is not mounted" >&2; exit 1; }
        echo "what was not synced is gone, and $mount is mounted again"

        """,
      heal: DeadVolume.heal, verifyHealed: DiskProbe.verifyHealed)
  }
}
