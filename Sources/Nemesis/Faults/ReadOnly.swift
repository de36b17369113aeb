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
}
