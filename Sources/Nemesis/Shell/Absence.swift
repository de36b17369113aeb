/// Seeing that the target's processes are gone, and that they are back.
enum Absence {
  static let verify = """
    tries=0
    while [ -n "$(target_pids)" ]; do
      [ $tries -lt 100 ] || { echo "still runs:" $(target_pids) >&2; exit 1; }
      sleep 0.1; tries=$((tries + 1))
    done
    : > "$fault/absent"
    echo "no process is left"

    """

  /// Says so where it runs already: what started it, Docker's restart policy or another supervisor, is not held down.
  static let heal = """
    if [ -e "$fault/absent" ] && [ -n "$(target_pids)" ]; then echo "was started again before the heal, not by us"; fi
    ensure_running

    """
}
