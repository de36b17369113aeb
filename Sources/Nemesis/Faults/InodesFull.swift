import Cluster

extension FaultKind {
  /// The file system of the target's data can hold no further file.
  static let inodesFull = FaultKind(
    "inodes-full", "the file system of the target's data can hold no further file",
    details: """
      Empty files in .faultline-inodes take every free inode, while there are bytes left. Refused \
      where more than a million are free. Seen by a new file that finds no space. Undone by removing \
      them.
      """,
    needs: [.ownVolume],
    outlivesReboot: true
  ) { _ in
    FaultShell(
      check: """
        need_target starve of inodes
        free=$(df -P -i "$data" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })
        [ "$free" -gt 0 ] && [ "$free" -le 1000000 ] ||
          { echo "$free inodes are free: none, or too many to take" >&2; exit 3; }

        """,
      inject: """
        mkdir "$data/.faultline-inodes" && cd "$data/.faultline-inodes" || exit 1
        seq "$free" | xargs -n 500 touch 2>/dev/null
        echo "made $(ls -f | wc -l) files"

        """,
      verify: """
        answer=$(: 2>&1 > "$data/.faultline-probe")
        if [ -e "$data/.faultline-probe" ]; then
          rm -f "$data/.faultline-probe"
          echo "a new file can still be made" >&2; exit 1
        fi
        echo "a new file cannot be made:" $(touch "$data/.faultline-probe" 2>&1)

        """,
      heal: """
        rm -rf --one-file-system "$data/.faultline-inodes"
        [ ! -e "$data/.faultline-inodes" ] || exit 1
        ensure_running

        """,
      verifyHealed: DiskProbe.verifyHealed)
  }
}
