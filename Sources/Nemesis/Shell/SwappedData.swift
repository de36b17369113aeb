/// Other files in the place of the target's data, which is kept beside them and put back at the heal.
///
/// What of the data belongs to the target is everything in its data directory but `lost+found` and
/// what begins with `.faultline-`. `moved` in the fault's folder says that all of it is away, so that
/// what is there instead may be deleted; until then a heal only puts back. So it is noted after the files are away
/// on the disk, and no longer before they begin to come back.
enum SwappedData {
  static let functions = """
    kept=$data/.faultline-kept
    stale=$data/.faultline-stale
    each_file() {
      for file in "$1"/* "$1"/.[!.]*; do
        case ${file##*/} in .faultline-*|lost+found) continue ;; esac
        [ -e "$file" ] || [ -L "$file" ] || continue
        "$2" "$file" "$3" || return 1
      done
    }
    move() { mv "$1" "$2/"; }
    copy() { cp -a "$1" "$2/"; }
    delete() { rm -rf --one-file-system "$1"; }

    """

  static let check = """
    need_target restart
    [ "$data" != / ] || { echo "the data directory is the root directory" >&2; exit 3; }

    """

  /// Kills the target and moves its data away.
  static let moveAway = """
    kill_target || exit 1
    mkdir "$kept" && each_file "$data" move "$kept" || exit 1
    write_through
    : > "$fault/moved"
    persist

    """

  static let verify = """
    [ -e "$fault/moved" ] && [ -d "$kept" ] || { echo "the data was not moved away" >&2; exit 1; }
    echo "kept:" $(ls -A "$kept")", in its place:" $(ls -A "$data" | grep -v '^.faultline-')

    """

  static let heal = """
    \(functions)\(StoppedProcesses.resume)if [ -d "$kept" ]; then
      kill_target || exit 1
      if [ -e "$fault/moved" ]; then
        each_file "$data" delete || exit 1
        write_through
        rm -f "$fault/moved"
        persist
      fi
      each_file "$kept" move "$data" && rmdir "$kept" || exit 1
      echo "put the data back"
    fi
    rm -rf --one-file-system "$stale"
    write_through
    ensure_running

    """

  static let verifyHealed = """
    \(functions)[ ! -e "$kept" ] && [ ! -e "$stale" ] || { echo "$kept is still there" >&2; exit 1; }
    stays_up

    """
}
