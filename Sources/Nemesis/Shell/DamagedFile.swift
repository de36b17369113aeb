import Cluster
import Histories
import RemoteShell

/// One file of the target's data, damaged while the target is dead, which is then started on it.
///
/// The file and the place in it follow from the fault's `draw`, so the seed decides them. The way
/// back: where the damage is as it was made, it is repaired; where the target has written over it,
/// it has dealt with it, and to restore older bytes would only damage the file again.
enum DamagedFile {
  static let seen =
    "A copy is damaged and takes the file's place, so there must be room for one. Seen by reading the file back "
    + "before the target starts, which may write it at once."

  static let pattern = FaultParameter(
    "files", "which files: a pattern for their paths below the data directory", .text,
    default: .string("*"))

  /// Data to damage, and room for a copy of any of it; `find` counts in blocks of 512 bytes.
  static func needs(_ settings: FaultSettings) -> [NodeNeed] {
    let pattern = settings.text("files")
    var need = NodeNeed(
      "none of the target's files that are not empty fits files = \"\(pattern)\"; correct the pattern of their paths below "
        + "the data directory, or where the target makes such a file only later, give it a longer warm-up",
      test: "[ -n \"$(\(find(settings)))\" ]")
    var room = NodeNeed(
      "the data's file system has no room for a copy of some file that fits files = \"\(pattern)\"; free some, or "
        + "name smaller files",
      test: "\(free)[ -z \"$(\(find(settings)) -size +$((2 * free)))\" ]")
    need.isOfRunningTarget = true
    room.isOfRunningTarget = true
    return [need, room]
  }

  /// Sets `free` to the KiB that are free.
  private static let free = """
    free=$(df -P -k "$data" | tail -n 1 | { read -r _ _ _ free _; echo "$free"; })

    """

  private static func find(_ settings: FaultSettings) -> String {
    let pattern = ShellQuote.quote("./" + settings.text("files"))
    return
      #"cd "$data" && find . -type f -size +0 ! -path '*/.faultline-*' -path "# + pattern
  }

  /// Sets `file` to the chosen one, `size` to its size, and where copies of it go; exits 3 where none fits, or where
  /// there is no room for a copy.
  static func choose(_ site: FaultSite) -> String {
    let draw = site.settings.integer("draw")
    return """
      need_target restart
      \(copies)found=$(\(find(site.settings)) | sort)
      [ -n "$found" ] || { echo "no file below $data fits" >&2; exit 3; }
      count=$(echo "$found" | wc -l)
      file=$data/$(echo "$found" | sed -n "$((\(draw) % count + 1))p" | cut -c3-)
      size=$(wc -c < "$file")
      \(free)[ $((size / 1024)) -lt "$free" ] || { echo "a copy of $file needs $size bytes, and $free KiB are free" >&2; exit 3; }

      """
  }

  /// Kills the target, damages a copy, notes what that is, puts it in the file's place at once, reads it back, starts
  /// the target. Whoever is killed or loses power amidst it has not damaged the file, or has noted it.
  ///
  /// - Parameters:
  ///   - commands: make `$damaged`, which takes the place of `$file`.
  ///   - isThere: a command that exits 0 where the file has the damage.
  static func damage(_ commands: String, isThere: String) -> String {
    """
    kill_target || exit 1
    size=$(wc -c < "$file")
    \(commands)cksum < "$damaged" > "$fault/damaged"
    echo "$file" > "$fault/file"
    persist
    write_through
    mv "$damaged" "$file" || exit 1
    write_through
    \(isThere) || { echo "$file is not damaged" >&2; exit 1; }
    echo yes > "$fault/seen"
    start_target
    echo "damaged $file"

    """
  }

  /// Copies the file, to where `damaged` or `repaired` says.
  static func copy(to variable: String) -> String {
    "cp -p \"$file\" \"$\(variable)\" || exit 1\n"
  }

  private static let copies = """
    damaged=$data/.faultline-damaged repaired=$data/.faultline-repaired
    old=$data/.faultline-old newer=$data/.faultline-newer

    """

  static let verify = """
    [ -s "$fault/seen" ] && cat "$fault/what"

    """

  /// Repairs the damage where there is any and the file is as it was left. The repaired file takes its place
  /// at once, so a heal that is cut short is repeated without harm.
  ///
  /// - Parameter repair: makes `$repaired`.
  static func heal(_ repair: String) -> String {
    """
    \(copies)if [ -s "$fault/file" ] && [ ! -e "$damaged" ]; then
      read -r file < "$fault/file"
      kill_target || exit 1
      if [ "$(cksum < "$file")" = "$(cat "$fault/damaged")" ]; then
        \(repair)write_through
        mv "$repaired" "$file" || exit 1
        echo "repaired $file"
      else
        echo "left $file as the target has written it since"
      fi
    fi
    rm -f "$damaged" "$repaired" "$old" "$newer"
    write_through
    ensure_running

    """
  }
}
