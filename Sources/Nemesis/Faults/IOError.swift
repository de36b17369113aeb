import Cluster

extension FaultKind {
  /// Every use of the target's data is an I/O error.
  static let ioError = FaultKind(
    "io-error", "every read and write of the target's data is an I/O error",
    details: """
      As when a disk has died under a process that lives: the file system is shut down by the kernel \
      (EXT4_IOC_SHUTDOWN; XFS too) after all was written, so nothing is lost. A target should end, or \
      stop to promise anything. Seen by a write that answers so. Undone by killing the target, \
      mounting the file system again and starting it.
      """,
    needs: DeadVolume.needs
  ) { _ in
    FaultShell(
      check: "need_target take the disk from\n" + DiskProbe.mount,
      inject: """
        \(DeadVolume.note)\(Helper.install)"$fault/programs/helper" fail-io "$mount" ||
          { echo "the file system cannot be shut down: error $?" >&2; exit 1; }
        echo "$mount is dead"

        """,
      verify: """
        \(DiskProbe.write)case "$answer" in
          *"Input/output error"*) echo "a write answers: Input/output error" ;;
          *) echo "a write answers: $answer" >&2; exit 1 ;;
        esac

        """,
      heal: DeadVolume.heal, verifyHealed: DiskProbe.verifyHealed)
  }
}
