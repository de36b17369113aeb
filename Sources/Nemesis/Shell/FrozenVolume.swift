import Cluster

/// Freezing the data's file system, and thawing it however often it was frozen.
enum FrozenVolume {
  /// The kernel says only while it freezes that it cannot, so what can be is known by name.
  static let needs = [
    NodeNeed.ownVolume, .command("fsfreeze", package: "util-linux"),
    .fileSystem(
      ["ext[234]", "xfs", "btrfs", "f2fs", "jfs", "nilfs2", "gfs2", "bcachefs"],
      "the data is on a file system that cannot be frozen, such as tmpfs or overlay; put it on ext4, xfs or btrfs"
    ),
  ]

  static let heal = """
    \(DiskProbe.mount)while fsfreeze -u "$mount" 2>/dev/null; do echo "thawed $mount"; done
    ensure_running

    """

  static let verifyHealed = """
    \(DiskProbe.mount)if fsfreeze -u "$mount" 2>/dev/null; then echo "$mount was still frozen" >&2; exit 1; fi
    \(DiskProbe.verifyHealed)
    """
}
