import Cluster

extension FaultKind {
  /// The file system of the target's data is remounted read-only.
  static let readOnly = FaultKind(
    "read-only", "the file system of the target's data is remounted read-only",
    details: """
      As a kernel does that has found an error. No file may be open for writing at that instant, so \
      the target is killed before and started after. Seen by a write that is refused. Undone by \
      remounting; a target that has died of it is started again.
      """,
    needs: [.ownVolume]
  ) { _ in
    FaultShell(
      check: "need_target make read-only\n",
      inject: """
        \(DiskProbe.mount)kill_target || exit 1
        tries=0
        until mount -o remount,ro "$mount" 2> "$fault/said"; do
          [ $tries -lt 20 ] || { cat "$fault/said" >&2; exit 1; }
          sleep 0.1; tries=$((tries + 1))
        done
        start_target
        echo "$mount is read-only"

        """,
      verify: """
        \(DiskProbe.write)case "$answer" in
          *"Read-only file system"*) echo "a write answers: Read-only file system" ;;
          *) echo "a write answers: $answer" >&2; exit 1 ;;
        esac

        """,
      heal: """
        \(DiskProbe.mount)mount -o remount,rw "$mount" || exit 1
        ensure_running

        """,
      verifyHealed: DiskProbe.verifyHealed)
  }

  /// Writes to the file system of the target's data hang.
  static let diskHang = FaultKind(
    "disk-hang", "writes to the file system of the target's data hang",
    details: """
      By fsfreeze. Whoever writes waits and cannot even be killed until it is thawed, as with a \
      storage network that has gone away. Seen by the kernel refusing to freeze it again.
      """,
    needs: [.ownVolume, .command("fsfreeze", package: "util-linux")]
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
      heal: """
        \(DiskProbe.mount)while fsfreeze -u "$mount" 2>/dev/null; do echo "thawed $mount"; done
        ensure_running

        """,
      verifyHealed: """
        \(DiskProbe.mount)if fsfreeze -u "$mount" 2>/dev/null; then echo "$mount was still frozen" >&2; exit 1; fi
        \(DiskProbe.verifyHealed)
        """)
  }
}
