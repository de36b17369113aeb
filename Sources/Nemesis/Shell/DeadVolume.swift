import Cluster

/// The file system of the target's data, shut down by the kernel and mounted again.
enum DeadVolume {
  static let needs = [
    NodeNeed.ownVolume, Helper.need,
    .fileSystem(
      ["ext4", "xfs"],
      "the data is on a file system that cannot be shut down; it must be ext4 or xfs"),
  ]

  /// Notes how it is mounted.
  static let note = """
    grep " $mount " /proc/self/mounts | tail -n 1 | cut -d' ' -f1-4 > "$fault/mount"

    """

  static let noted = "read -r device mount type options < \"$fault/mount\"\n"

  /// Mounts it again, once nobody uses it any more.
  static let remount = """
    \(noted)tries=0
    while grep -q " $mount $type " /proc/self/mounts && ! umount "$mount" 2> "$fault/said"; do
      [ $tries -lt 150 ] || { cat "$fault/said" >&2; exit 1; }
      sleep 0.1; tries=$((tries + 1))
    done
    # Where somebody holds the device open, as a lab does, the kernel remembers of it what was never written.
    blockdev --flushbufs "$device" 2>/dev/null
    mount -t "$type" -o "$options" "$device" "$mount" || exit 1

    """

  /// Mounts it again where it is dead, and starts the target.
  static let heal = """
    \(Helper.remove)if [ -s "$fault/mount" ]; then
      \(noted)  if ! grep -q " $mount $type " /proc/self/mounts || ! touch "$mount/.faultline-probe" 2>/dev/null; then
        kill_target || exit 1
    \(remount)    echo "mounted $mount again"
      fi
      rm -f "$mount/.faultline-probe" "$data/.faultline-unsynced"
      write_through
    fi
    ensure_running

    """
}
