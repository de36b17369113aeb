/// Thawing the data's file system, however often it was frozen.
enum FrozenVolume {
  static let heal = """
    \(DiskProbe.mount)while fsfreeze -u "$mount" 2>/dev/null; do echo "thawed $mount"; done
    ensure_running

    """

  static let verifyHealed = """
    \(DiskProbe.mount)if fsfreeze -u "$mount" 2>/dev/null; then echo "$mount was still frozen" >&2; exit 1; fi
    \(DiskProbe.verifyHealed)
    """
}
