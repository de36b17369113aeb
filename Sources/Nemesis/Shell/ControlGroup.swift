import Cluster

/// A control group of a fault's own, into which the target's processes move, and back into theirs at
/// the heal; mounted in the fault's folder, so that nothing depends on where the node has its own.
///
/// Nodes that share a kernel, as in a lab, share its groups, which outlive a boot of one of them; some of
/// them boot in the same tick, so a group carries the number of its node's PID namespace too.
///
/// `group` is its folder and `version` that of its hierarchy: 2 where the kernel lets groups of that
/// have the controller, else 1.
struct ControlGroup {
  /// What limits the group; nil where it needs no controller, and version 2.
  let controller: String?
  private let id: Int

  init(_ controller: String?, _ site: FaultSite) {
    self.controller = controller
    id = site.id
  }

  private let paths = """
    groups=$fault/cgroup
    group=$groups/$(cat "$fault/group" 2>/dev/null || echo none)
    version=$(cat "$fault/version" 2>/dev/null)

    """

  static func need(_ controller: String) -> NodeNeed {
    NodeNeed(
      "the kernel has no controller '\(controller)' for control groups",
      test: "grep -qw \(controller) /sys/fs/cgroup/cgroup.subtree_control || "
        + "grep -Eq '^\(controller)[[:space:]].*[[:space:]]1$' /proc/cgroups")
  }

  /// Seen in a group that is made for it: the root has no such file. It is mounted where only the test sees it.
  static let freezeNeed = NodeNeed(
    "no control group can be frozen: that needs control groups of version 2, and Linux 5.2 or later",
    test: """
      unshare -m sh <<'PROBE'
      groups=/run
      group=$groups/faultline-probe-$(readlink /proc/self/ns/pid | tr -dc 0-9)-$$
      \(mount2)mount2 && mkdir "$group" || exit 1
      [ -e "$group/cgroup.freeze" ]; status=$?
      rmdir "$group"
      exit $status
      PROBE
      """)

  /// Makes the group, limits it by `limit`, and moves `pids` into it.
  func inject(_ limit: String) -> String {
    """
    echo "faultline-$boot-$(readlink /proc/self/ns/pid | tr -dc 0-9)-\(id)" > "$fault/group"
    \(paths)mkdir -p "$groups"
    \(mount)mkdir "$group" || exit 1
    \(limit)for pid in $pids; do
      echo "$pid $(starttime "$pid") $(sed -n "$home" "/proc/$pid/cgroup")" >> "$fault/moved"
    done
    for pid in $pids; do echo "$pid" > "$group/cgroup.procs" || exit 1; done

    """
  }

  /// What a mount of version 2 says of its options holds for all of them: it says what holds already.
  private static let mount2 = """
    mount2() {
      options=$(sed -n 's/^[^ ]* [^ ]* cgroup2 \\([^ ]*\\) .*/\\1/p' /proc/self/mounts | head -n 1 |
        tr , '\\n' | grep -xE 'nsdelegate|favordynmods|memory_.*' | paste -sd, -)
      mount -t cgroup2 ${options:+-o "$options"} faultline "$groups"
    }

    """

  private var mount: String {
    let version2 = Self.mount2 + "version=2 home='s/^0:://p'\n"
    guard let controller else {
      return version2 + "mount2 || exit 1\necho 2 > \"$fault/version\"\n"
    }
    return """
      \(version2)if ! mount2 || ! grep -qw \(controller) "$groups/cgroup.subtree_control"; then
        umount "$groups" 2>/dev/null
        version=1 home='s/^[0-9]*:\\([^:]*,\\)*\(controller)\\(,[^:]*\\)*://p'
        mount -t cgroup -o \(controller) faultline "$groups" || mount -t cgroup -o cpu,cpuacct faultline "$groups" || exit 1
      fi
      echo $version > "$fault/version"

      """
  }

  /// After a boot.
  private var mountAgain: String {
    guard let controller else { return Self.mount2 + "mount2 || exit 1\n" }
    return """
      \(Self.mount2)case $version in
        2) mount2 ;;
        *) mount -t cgroup -o \(controller) faultline "$groups" || mount -t cgroup -o cpu,cpuacct faultline "$groups" ;;
      esac || exit 1

      """
  }

  /// Exits 1 where a process of the target that lives is not in the group; prints those that are.
  var verify: String {
    """
    \(paths)inside=$(cat "$group/cgroup.procs")
    while read -r pid start _; do
      [ "$(starttime "$pid")" != "$start" ] || echo "$inside" | grep -qxF "$pid" ||
        { echo "process $pid is not in the group" >&2; exit 1; }
    done < "$fault/moved"
    echo "in the group:" $inside

    """
  }

  /// Moves the processes back, after `free`, and removes the group.
  func heal(_ free: String = "") -> String {
    """
    \(paths)if [ -n "$version" ] && ! grep -q " $groups " /proc/self/mounts; then
      \(mountAgain)fi
    if [ -d "$group" ]; then
      \(free)first=
      if [ -s "$fault/moved" ]; then
        while read -r pid start home; do
          first=$home
          [ "$(starttime "$pid")" = "$start" ] || continue
          echo "$pid" > "$groups$home/cgroup.procs" && echo "moved process $pid back"
        done < "$fault/moved"
      fi
      tries=0
      until rmdir "$group" 2>/dev/null; do
        [ $tries -lt 50 ] || { echo "$group cannot be removed" >&2; exit 1; }
        # Children that were born in the group go where the processes came from.
        for pid in $(cat "$group/cgroup.procs"); do
          echo "$pid" 2>/dev/null > "$groups$first/cgroup.procs"
        done
        sleep 0.1; tries=$((tries + 1))
      done
    fi
    if grep -q " $groups " /proc/self/mounts; then umount "$groups" || exit 1; fi

    """
  }
}
