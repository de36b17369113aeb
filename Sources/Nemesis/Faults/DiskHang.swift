import Cluster

extension FaultKind {
  /// Writes to the file system of the target's data hang.
  static let diskHang = FaultKind(
    "disk-hang", "writes to the file system of the target's data hang",
    details: """
      By fsfreeze. Whoever writes waits and cannot even be killed until it is thawed, as with a \
      storage network that has gone away. Seen by the kernel refusing to freeze it again.
      """,
    needs: FrozenVolume.needs
  ) { _ in
    FaultShell(
      check: "need_target hang\n",
      inject: """
        \(DiskProbe.mount)fsfreeze -f "$mount" || exit 1
        echo "froze $mount"

        """,
      verify: """
        \(DiskProbe.mount)if fsfreeze -f "$mount" 2> "$fault/said"; then
          fsfreeze -u "$mount"; echo "$mount was not frozen" >&2; exit 1
        fi
        grep -q busy "$fault/said" || { cat "$fault/said" >&2; exit 1; }
        echo "$mount is frozen"

        """,
      heal: FrozenVolume.heal, verifyHealed: FrozenVolume.verifyHealed)
  }
}
