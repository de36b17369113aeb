/// Processes that are stopped by SIGSTOP: noted in the fault's folder with their start times before
/// they are, since numbers are used again.
enum StoppedProcesses {
  /// Stops `pids`.
  static let stop = """
    for pid in $pids; do echo "$pid $(starttime "$pid")" >> "$fault/stopped"; done
    kill -STOP $pids || exit 1

    """

  /// Resumes those that were stopped and still are.
  static let resume = """
    if [ -s "$fault/stopped" ]; then
      while read -r pid start; do
        if [ "$(starttime "$pid")" = "$start" ] && [ "$(condition "$pid")" = T ]; then
          kill -CONT "$pid" && echo "resumed process $pid"
        fi
      done < "$fault/stopped"
    fi

    """
}
