/// Probing the data's file system by an ordinary write.
enum DiskProbe {
  /// Sets `answer` to what a write of 64 KiB says.
  static let write = """
    answer=$(dd if=/dev/zero of="$data/.faultline-probe" bs=64k count=1 conv=fsync 2>&1)
    rm -f "$data/.faultline-probe"

    """

  /// Exits 0 once a write succeeds and the target runs.
  static let verifyHealed =
    write + """
      write_through
      case "$answer" in
        *"No space left"*|*"Read-only"*|*"error"*) echo "$data: $answer" >&2; exit 1 ;;
      esac
      stays_up

      """

  /// Sets `mount` to where the data's file system is mounted.
  static let mount = """
    mount=$(df -P "$data" | tail -n 1 | { read -r _ _ _ _ _ m; echo "$m"; })

    """
}
