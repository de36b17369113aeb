import Cluster

extension FaultKind {
  /// The system clock jumps.
  static let clockStep = FaultKind(
    "clock-step", "the system clock jumps, and back at the heal",
    details: """
      Services that set the clock (systemd-timesyncd, chrony, ntp) are stopped meanwhile. The way back \
      is counted on the uptime clock, which does not jump. Refused where the node shares its kernel \
      with the control machine, as nodes of a lab do: there is one clock for all.
      """,
    parameters: [
      .integer("seconds", "by how much, forward or back", -10_000_000...10_000_000, default: 60)
    ]
  ) { site in
    let seconds = site.settings.integer("seconds")
    let now = """
      uptime_centiseconds() { read -r up _ < /proc/uptime; echo "${up%.*}${up#*.}"; }
      clock_centiseconds() { date +%s%2N; }
      set_clock() { date -u -s "@$(($1 / 100)).$(printf %02d $(($1 % 100)))" >/dev/null; }

      """
    return FaultShell(
      check: """
        \(now)[ "$(cat /proc/sys/kernel/random/boot_id)" != \(FaultSite.controlBoot) ] ||
          { echo "the node shares its clock with the control machine" >&2; exit 3; }

        """,
      inject: """
        for service in systemd-timesyncd chrony chronyd ntp ntpd ntpsec; do
          systemctl is-active --quiet "$service" 2>/dev/null || continue
          echo "$service" >> "$fault/services"
          systemctl stop "$service" || exit 1
        done
        echo "$(clock_centiseconds) $(uptime_centiseconds)" > "$fault/reference.part" &&
          mv "$fault/reference.part" "$fault/reference" || exit 1
        set_clock $(($(clock_centiseconds) + \(seconds) * 100)) || exit 1
        echo "the clock says $(date -u)"

        """,
      verify: """
        \(now)read -r clock up < "$fault/reference" || exit 1
        off=$(($(clock_centiseconds) - clock - $(uptime_centiseconds) + up - \(seconds) * 100))
        [ "$off" -lt 100 ] && [ "$off" -gt -100 ] || { echo "the clock is off by $off/100 s" >&2; exit 1; }
        echo "the clock is \(seconds) s from where it was"

        """,
      heal: """
        \(now)if [ -s "$fault/reference" ]; then
          read -r clock up < "$fault/reference"
          set_clock $((clock + $(uptime_centiseconds) - up)) || exit 1
        fi
        if [ -s "$fault/services" ]; then
          while read -r service; do systemctl start "$service"; done < "$fault/services"
        fi
        exit 0

        """,
      verifyHealed: "echo \"the clock says $(date -u)\"\n")
  }
}
