import Cluster

/// The clock of a node, set from where it was and from what the uptime clock, which does not jump,
/// has counted since.
enum SystemClock {
  /// Times are in hundredths of a second, as fine as the uptime clock is.
  static let functions = """
    clock_centiseconds() { date +%s%2N; }
    set_clock() { date -u -s "@$(($1 / 100)).$(printf %02d $(($1 % 100)))" >/dev/null; }
    ahead() { echo $(($(clock_centiseconds) - clock - $(uptime_centiseconds) + up)); }

    """

  private static let hasOwnClock =
    "[ \"$(cat /proc/sys/kernel/random/boot_id)\" != \(FaultSite.controlBoot) ]"

  static let need = NodeNeed(
    "the node shares its clock with the control machine, as nodes of a lab do: use process-clock",
    test: hasOwnClock)

  /// Exits 3 where the clock is that of other nodes too.
  static let check = """
    \(functions)\(hasOwnClock) || { echo "the node shares its clock with the control machine" >&2; exit 3; }

    """

  /// Stops what sets the clock, notes what it was, and sets `clock` and `up` to that.
  static let take = """
    for service in systemd-timesyncd chrony chronyd ntp ntpd ntpsec; do
      systemctl is-active --quiet "$service" 2>/dev/null || continue
      echo "$service" >> "$fault/services"
      systemctl stop "$service" || exit 1
    done
    echo "$(clock_centiseconds) $(uptime_centiseconds)" > "$fault/reference.part" &&
      mv "$fault/reference.part" "$fault/reference" || exit 1
    \(reference)
    """

  /// Sets `clock` and `up` to what was noted.
  static let reference = "read -r clock up < \"$fault/reference\" || exit 1\n"

  static let heal = """
    \(functions)if [ -s "$fault/reference" ]; then
      \(reference)  set_clock $((clock + $(uptime_centiseconds) - up)) || exit 1
      off=$(ahead)
      if [ "$off" -ge 100 ] || [ "$off" -le -100 ]; then echo "the clock is off by $off/100 s" >&2; exit 1; fi
    fi
    if [ -s "$fault/services" ]; then
      while read -r service; do systemctl start "$service"; done < "$fault/services"
    fi
    exit 0

    """

  /// The way back has seen the clock right, while it still knew what that is.
  static let verifyHealed = "echo \"the clock says $(date -u)\"\n"

  /// What the faults of the clock have in common, for people.
  static let details = """
    Services that set the clock (systemd-timesyncd, chrony, ntp) are stopped meanwhile. The way back \
    is counted on the uptime clock, which does not jump. Refused where the node shares its kernel \
    with the control machine, as nodes of a lab do: there is one clock for all; see process-clock.
    """
}
