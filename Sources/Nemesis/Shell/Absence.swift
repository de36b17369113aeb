/// Seeing that the target's processes are gone, and that they are back.
enum Absence {
  static let verify = """
    tries=0
    while [ -n "$(target_pids)" ]; do
      [ $tries -lt 100 ] || { echo "still runs:" $(target_pids) >&2; exit 1; }
      sleep 0.1; tries=$((tries + 1))
    done
    echo "no process is left"

    """
}
