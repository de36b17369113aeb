import Cluster

extension FaultKind {
  /// The target can open no further file and accept no further connection.
  static let fileDescriptors = FaultKind(
    "file-descriptors", "the target can open no further file, and accept no further connection",
    details: """
      The limit of each of its processes (prlimit) becomes the lowest number that is free, or some \
      more; what is open stays open, and who waits for \
      a connection still gets that one. Seen in the limit that the kernel shows. Undone by giving the \
      limits of before to those that still run and to those that they have started; a target that has died of it is \
      started again.
      """,
    parameters: [
      .integer("leave", "how many it may still open", 0...1_000_000, default: 0)
    ], needs: [.command("prlimit", package: "util-linux")]
  ) { site in
    FaultShell(
      check: "need_target starve of file descriptors\n",
      inject: """
        for pid in $pids; do
          free=0
          while [ -L "/proc/$pid/fd/$free" ]; do free=$((free + 1)); done
          free=$((free + \(site.settings.integer("leave"))))
          limits=$(prlimit --pid "$pid" --nofile --noheadings --raw --output SOFT,HARD) || exit 1
          echo "$pid $(starttime "$pid") $free $limits" >> "$fault/limits"
          prlimit --pid "$pid" --nofile="$free:" || exit 1
        done
        echo "limited the files of" $pids

        """,
      verify: """
        while read -r pid start free _; do
          [ "$(starttime "$pid")" = "$start" ] || { echo "process $pid has died of it"; continue; }
          limit=$(sed -n 's/^Max open files *\\([0-9]*\\) .*/\\1/p' "/proc/$pid/limits")
          [ "$limit" = "$free" ] || { echo "the limit of process $pid is $limit" >&2; exit 1; }
          echo "process $pid may open $limit files"
        done < "$fault/limits"

        """,
      heal: """
        if [ -s "$fault/limits" ]; then
          while read -r pid start free soft hard; do
            [ "$(starttime "$pid")" = "$start" ] || continue
            processes=$pid children=$pid
            while [ -n "$children" ]; do
              parents=$(echo $children | sed 's/ /\\\\|/g')
              children=$(sed -n "s/^\\([0-9]*\\) (.*) [A-Z] \\($parents\\) .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null)
              processes="$processes $children"
            done
            for process in $processes; do
              limit=$(sed -n 's/^Max open files *\\([0-9]*\\) .*/\\1/p' "/proc/$process/limits" 2>/dev/null)
              [ "$limit" = "$free" ] || continue
              if prlimit --pid "$process" --nofile="$soft:$hard"; then
                echo "gave process $process its limit back"
              elif [ -e "/proc/$process/exe" ]; then left=yes; fi
            done
          done < "$fault/limits"
        fi
        [ -z "${left:-}" ] || exit 1
        ensure_running

        """,
      verifyHealed: "stays_up\n")
  }
}
