import Cluster
import Histories
import RemoteShell

/// One file of the target's data, damaged while the target is dead, which is then started on it.
///
/// The file and the place in it follow from the fault's `draw`, so the seed decides them. The way
/// back: where the damage is as it was made, it is repaired; where the target has written over it,
/// it has dealt with it, and to restore older bytes would only damage the file again.
private enum DamagedFile {
  static let pattern = FaultParameter(
    "files", "which files: a pattern for their paths below the data directory", .text,
    default: .string("*"))

  /// Sets `file` to the chosen one and `size` to its size; exits 3 where none fits.
  static func choose(_ site: FaultSite) -> String {
    let draw = site.settings.integer("draw")
    return """
      need_target restart
      found=$(cd "$data" && find . -type f -size +0 ! -path '*/.faultline-*' -path \(ShellQuote.quote("./" + site.settings.text("files"))) | sort)
      [ -n "$found" ] || { echo "no file below $data fits" >&2; exit 3; }
      count=$(echo "$found" | wc -l)
      file=$data/$(echo "$found" | sed -n "$((\(draw) % count + 1))p" | cut -c3-)
      size=$(wc -c < "$file")

      """
  }

  /// Kills the target, does the damage, notes what the file is now, starts the target.
  static func damage(_ commands: String) -> String {
    """
    kill_target || exit 1
    size=$(wc -c < "$file")
    \(commands)sync -f "$file" 2>/dev/null || sync
    cksum < "$file" > "$fault/damaged"
    echo "$file" > "$fault/file"
    start_target
    echo "damaged $file"

    """
  }

  static let verify = """
    read -r file < "$fault/file" || exit 1
    cat "$fault/what"

    """

  /// Repairs the damage where the file is as it was left. The repaired file takes its place at
  /// once, so a heal that is cut short is repeated without harm.
  static func heal(_ repair: String) -> String {
    """
    if [ -s "$fault/file" ]; then
      read -r file < "$fault/file"
      kill_target || exit 1
      if [ "$(cksum < "$file")" = "$(cat "$fault/damaged")" ]; then
        repaired=$data/.faultline-repaired
        cp -p "$file" "$repaired" || exit 1
        \(repair)mv "$repaired" "$file" || exit 1
        echo "repaired $file"
      else
        echo "left $file as the target has written it since"
      fi
    fi
    rm -f "$data"/.faultline-repaired "$data"/.faultline-old
    ensure_running

    """
  }
}

extension FaultKind {
  /// One bit of a file flips.
  static let bitFlip = FaultKind(
    "bit-flip", "one bit of one of the target's files flips",
    details: """
      The target is killed, a bit is flipped, the target is started: it may refuse to, or must notice. \
      Use it on a minority only. Seen by reading the byte back. Undone by flipping it back where the \
      file has not been written since.
      """,
    parameters: [DamagedFile.pattern]
  ) { site in
    let draw = site.settings.integer("draw")
    let put =
      "printf \"\\\\$(printf %03o \"$byte\")\" | dd of=\"$target\" bs=1 seek=\"$offset\" conv=notrunc 2>/dev/null"
    return FaultShell(
      check: DamagedFile.choose(site),
      inject: DamagedFile.damage(
        """
        offset=$((\(draw) / 64 % size))
        old=$(dd if="$file" bs=1 skip="$offset" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
        byte=$((old ^ (1 << \(draw % 8)))) target=$file
        echo "$offset $old" > "$fault/byte"
        \(put) || exit 1
        echo "byte $offset of $file was $old and is $byte" > "$fault/what"

        """),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal(
        """
        read -r offset byte < "$fault/byte"
        target=$repaired
        \(put) || exit 1

        """),
      verifyHealed: "stays_up\n")
  }

  /// The end of a file is gone.
  static let truncatedFile = FaultKind(
    "truncate", "the end of one of the target's files is gone",
    details: """
      A torn tail, as of a log whose last write did not all reach the disk. The target is killed \
      before and started after. Undone by appending what was cut off where the file has not been \
      written since.
      """,
    parameters: [
      DamagedFile.pattern,
      .integer("bytes", "how many are cut off at most", 1...1_048_576, default: 100),
    ]
  ) { site in
    FaultShell(
      check: DamagedFile.choose(site),
      inject: DamagedFile.damage(
        """
        cut=\(site.settings.integer("bytes"))
        [ "$cut" -le "$size" ] || cut=$size
        tail -c "$cut" "$file" > "$fault/tail" || exit 1
        truncate -s "$((size - cut))" "$file" || exit 1
        echo "$file had $size bytes and has $((size - cut))" > "$fault/what"

        """),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal("cat \"$fault/tail\" >> \"$repaired\" || exit 1\n"),
      verifyHealed: "stays_up\n")
  }

  /// One file is replaced by an older copy of itself.
  static let oldFile = FaultKind(
    "old-file", "one of the target's files is replaced by an older copy of itself",
    details: """
      A lost write, as of a disk that has acknowledged it. The target is killed before and started \
      after. Undone by putting the newer one back where the older has not been written since. Fails \
      where the file does not change while it waits.
      """,
    parameters: [
      DamagedFile.pattern,
      .milliseconds("age", "how old the copy is", 100...20_000, default: 2000),
    ]
  ) { site in
    FaultShell(
      check: DamagedFile.choose(site),
      inject: """
        cp -p "$file" "$data/.faultline-old" && sleep \(site.settings.seconds("age")) || exit 1
        ! cmp -s "$file" "$data/.faultline-old" || { echo "$file does not change" >&2; exit 1; }

        """
          + DamagedFile.damage(
            """
            mv "$file" "$data/.faultline-newer" && mv "$data/.faultline-old" "$file" || exit 1
            echo "$file is as it was, $(wc -c < "$file") instead of $size bytes" > "$fault/what"

            """),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal("mv \"$data/.faultline-newer\" \"$repaired\" || exit 1\n")
        .replacing(".faultline-old\n", with: ".faultline-old \"$data\"/.faultline-newer\n"),
      verifyHealed: "stays_up\n")
  }
}
