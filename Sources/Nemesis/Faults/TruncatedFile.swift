extension FaultKind {
  /// The end of a file is gone.
  static let truncatedFile = FaultKind(
    "truncate", "the end of one of the target's files is gone",
    details: """
      As of a log whose last write did not reach the disk. The target is killed before and started \
      after. \(DamagedFile.seen) Undone by appending what was cut off where the file has not been written since.
      """,
    parameters: [
      DamagedFile.pattern,
      .integer("bytes", "how many are cut off at most", 1...1_048_576, default: 100),
    ], needsBySettings: DamagedFile.needs,
    damageStays: true, outlivesReboot: true
  ) { site in
    FaultShell(
      check: DamagedFile.choose(site),
      inject: DamagedFile.damage(
        """
        \(DamagedFile.copy(to: "damaged"))cut=\(site.settings.integer("bytes"))
        [ "$cut" -le "$size" ] || cut=$size
        tail -c "$cut" "$file" > "$fault/tail" || exit 1
        truncate -s "$((size - cut))" "$damaged" || exit 1
        echo "$file had $size bytes and has $((size - cut))" > "$fault/what"

        """, isThere: "[ \"$(wc -c < \"$file\")\" -eq $((size - cut)) ]"),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal(
        DamagedFile.copy(to: "repaired") + "cat \"$fault/tail\" >> \"$repaired\" || exit 1\n"),
      verifyHealed: "stays_up\n")
  }
}
