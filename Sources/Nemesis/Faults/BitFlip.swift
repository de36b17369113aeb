extension FaultKind {
  /// One bit of a file flips.
  static let bitFlip = FaultKind(
    "bit-flip", "one bit of one of the target's files flips",
    details: """
      The target is killed, a bit is flipped, the target is started: it may refuse to, or must notice. \
      Use it on a minority only. \(DamagedFile.seen) Undone by flipping it back where the file has not been \
      written since.
      """,
    parameters: [DamagedFile.pattern], needsBySettings: DamagedFile.needs,
    damageStays: true, outlivesReboot: true
  ) { site in
    let draw = site.settings.integer("draw")
    let get = #"dd if="$file" bs=1 skip="$offset" count=1 2>/dev/null | od -An -tu1 | tr -d ' '"#
    let put =
      "printf \"\\\\$(printf %03o \"$byte\")\" | dd of=\"$target\" bs=1 seek=\"$offset\" conv=notrunc 2>/dev/null"
    return FaultShell(
      check: DamagedFile.choose(site),
      inject: DamagedFile.damage(
        """
        \(DamagedFile.copy(to: "damaged"))offset=$((\(draw) / 64 % size))
        was=$(\(get))
        byte=$((was ^ (1 << \(draw % 8)))) target=$damaged
        echo "$offset $was" > "$fault/byte"
        \(put) || exit 1
        echo "byte $offset of $file was $was and is $byte" > "$fault/what"

        """, isThere: "[ \"$(\(get))\" = \"$byte\" ]"),
      verify: DamagedFile.verify,
      heal: DamagedFile.heal(
        """
        \(DamagedFile.copy(to: "repaired"))read -r offset byte < "$fault/byte"
        target=$repaired
        \(put) || exit 1

        """),
      verifyHealed: "stays_up\n")
  }
}
