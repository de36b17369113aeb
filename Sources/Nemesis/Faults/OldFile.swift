import Cluster

extension FaultKind {
  /// One file is replaced by an older copy of itself.
  static let oldFile = FaultKind(
    "old-file", "one of the target's files is replaced by an older copy of itself",
    details: """
      A lost write, as of a disk that has acknowledged it. The target is killed before and started \
      after. \(DamagedFile.seen) Undone by putting the newer one back where the older has not been written since. Fails \
      where the file does not change while it waits.
      """,
    parameters: [
      DamagedFile.pattern,
      .milliseconds("age", "how old the copy is", 100...20_000, default: 2000),
    ],
    needs: [.command("cmp", package: "diffutils")], needsBySettings: DamagedFile.needs,
    damageStays: true, outlivesReboot: true
  ) { site in
    FaultShell(
      check: DamagedFile.choose(site),
      inject: """
        cp -p "$file" "$old" && sleep \(site.settings.seconds("age")) || exit 1
        ! cmp -s "$file" "$old" || { echo "$file does not change" >&2; exit 1; }

        """
          + DamagedFile.damage(
            """
            mv "$old" "$damaged" && ln "$file" "$newer" || exit 1
            echo "$file is as it was, $(wc -c < "$damaged") instead of $size bytes" > "$fault/what"

            """, isThere: "! cmp -s \"$file\" \"$newer\""),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal("ln -f \"$newer\" \"$repaired\" || exit 1\n"),
      verifyHealed: "stays_up\n")
  }
}
