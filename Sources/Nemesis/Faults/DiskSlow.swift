import Cluster

extension FaultKind {
  /// Writes to the file system of the target's data take long.
  static let diskSlow = FaultKind(
    "disk-slow", "writes to the file system of the target's data take long",
    details: """
      A loop on the node stalls the file system by fsfreeze again and again, so writes wait for up to \
      a stall, buffered ones too, which limits of control groups spare. Between the stalls it is as \
      fast as ever. Seen by a write that was measured to take half a stall.
      """,
    parameters: [
      .milliseconds("stall", "how long it stalls", 50...5000, default: 500),
      .milliseconds("pause", "how long it works in between", 10...5000, default: 200),
    ], needs: FrozenVolume.needs
  ) { site in
    FaultShell(
      check: "need_target slow down\n",
      inject: """
        \(DiskProbe.mount)echo "mount=$mount" > "$fault/where"
        background <<'LOOP'
        . "$fault/where"
        while [ ! -e "$fault/stop" ]; do
          fsfreeze -f "$mount"
          sleep \(site.settings.seconds("stall"))
          fsfreeze -u "$mount"
          sleep \(site.settings.seconds("pause"))
        done
        LOOP
        echo "$mount stalls"

        """,
      verify: """
        tries=0
        while :; do
          start=$(uptime_centiseconds)
          \(DiskProbe.write)took=$(($(uptime_centiseconds) - start))
          [ "$took" -lt \(site.settings.integer("stall") / 20) ] || break
          [ $tries -lt 100 ] || { echo "no write took long" >&2; exit 1; }
          sleep 0.07; tries=$((tries + 1))
        done
        echo "a write took ${took}0 ms"

        """,
      heal: FrozenVolume.heal, verifyHealed: FrozenVolume.verifyHealed)
  }
}
