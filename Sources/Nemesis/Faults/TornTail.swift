extension FaultKind {
  /// The end of a file is zeros.
  static let tornTail = FaultKind(
    "torn-tail", "the end of one of the target's files is zeros, its size as it was",
    details: """
      As of a log whose size has reached the disk, and its last write only in part: a file system does \
      not promise the order of the two. The target is killed before and started after. \
      \(DamagedFile.seen) Undone by writing what was there where the file has not been written since. \
      Refused where the end is zeros already, as of a log that was made at its full size.
      """,
    parameters: [
      DamagedFile.pattern,
      .integer("bytes", "how many are lost at most", 1...1_048_576, default: 100),
    ], needsBySettings: DamagedFile.needs,
    damageStays: true, outlivesReboot: true
  ) { site in
    FaultShell(
      check: DamagedFile.choose(site)
        + """
        [ "$(tail -c \(site.settings.integer("bytes")) "$file" | tr -d '\\000' | wc -c)" -gt 0 ] ||
          { echo "the end of $file is zeros already" >&2; exit 3; }

        """,
      inject: DamagedFile.damage(
        """
        \(DamagedFile.copy(to: "damaged"))torn=\(site.settings.integer("bytes"))
        [ "$torn" -le "$size" ] || torn=$size
        tail -c "$torn" "$file" > "$fault/tail" || exit 1
        truncate -s "$((size - torn))" "$damaged" && truncate -s "$size" "$damaged" || exit 1
        echo "the last $torn of $size bytes of $file are zeros" > "$fault/what"

        """,
        isThere:
          "[ \"$(wc -c < \"$file\")\" -eq \"$size\" ] && [ \"$(tail -c \"$torn\" \"$file\" | tr -d '\\000' | wc -c)\" -eq 0 ]"
      ),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal(
        """
        \(DamagedFile.copy(to: "repaired"))torn=$(wc -c < "$fault/tail") size=$(wc -c < "$repaired")
        truncate -s "$((size - torn))" "$repaired" && cat "$fault/tail" >> "$repaired" || exit 1

        """),
      verifyHealed: "stays_up\n")
  }
}
