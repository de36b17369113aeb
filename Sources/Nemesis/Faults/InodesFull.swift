import Cluster

/// Sets `free` to the number of free inodes where `folder` is; fails where these are none, or too many to take.
private let countInodes = """
  free=$(df -P -i "$folder" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })
  [ "$free" -gt 0 ] && [ "$free" -le 1000000 ]
  """

extension FaultKind {
  /// The file system of the target's data can hold no further file.
  static let inodesFull = FaultKind(
    "inodes-full", "the file system of the target's data can hold no further file",
    details: """
      Empty files in .faultline-inodes take every free inode, while there are bytes left. Refused \
      where more than a million are free. Seen by a new file that finds no space. Undone by removing \
      them.
      """,
    needs: [
      .ownVolume,
      NodeNeed(
        "the data's file system has no free inodes, or more than a million free inodes, which are too many to "
          + "take; make it with fewer, as by mkfs.ext4 -N 100000",
        test: "[ -e \"$data/.faultline-inodes\" ] && exit\n\(countInodes)"),
    ],
    outlivesReboot: true
  ) { _ in
    FaultShell(
      check: """
        need_target starve of inodes
        folder=$data
        { \(countInodes); } || { echo "$free inodes are free: none, or too many to take" >&2; exit 3; }

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
        write_through
        ensure_running

        """,
      verifyHealed: DiskProbe.verifyHealed)
  }
}
