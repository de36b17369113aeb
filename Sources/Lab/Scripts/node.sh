#!/bin/bash
# PID 1 of a node, in network, mount, UTS, IPC and PID namespaces of its own. /proc is the host's until
# the root is changed. Descriptor 7 is the network namespace of the lab. Runs again at each boot of the
# node, which keeps its disk and what it wrote below /, but not /run, /tmp and the rest that is mounted.
#
# arguments: the node's state directory, its number; the rest is in the holder's environment
set -euo pipefail
umask 022
dir=$1 number=$2
name=n$number ip=10.77.$FL_SUBNET.$((10 + number))
root=$dir/overlay/root

join_network() {
  local host_pid last
  read -r host_pid _ </proc/self/stat
  last=$(printf %02x "$number")
  # That of the boot before may take its time to go.
  [ ! -e "$dir/disk" ] || nsenter --net=/proc/self/fd/7 ip link delete "$name" 2>/dev/null || :
  nsenter --net=/proc/self/fd/7 ip link add "$name" master lab up type veth \
    peer name eth0 address "02:fa:17:00:$(printf %02x "$FL_SUBNET"):$last" netns "/proc/$host_pid/ns/net"
  exec 7<&-
  ip -batch - <<EOF
link set lo up
address add $ip/24 dev eth0
link set eth0 up
EOF
  [ -d /proc/sys/net/ipv6 ] || return 0
  echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6
  ip address add "fd77:0:0:$FL_SUBNET::$((10 + number))/64" dev eth0 nodad
}

# The node sees what is installed on the host, but not what Faultline keeps there; what it writes is in
# memory, which the lab has mounted.
overlay() { # lower directory, name
  local upper=$dir/overlay/$2.upper
  if [ ! -d "$upper" ]; then
    mkdir -p "$upper" "$dir/overlay/$2.work"
    chmod --reference="$1" "$upper"
    hide "$upper" "${1%/}"
  fi
  mount -t overlay "lab-$name" "$root${1%/}" \
    -o "lowerdir=$1,upperdir=$upper,workdir=$dir/overlay/$2.work"
}

# A device of the number 0 in an upper directory is how an overlay notes that something was removed.
hide() { # upper directory, where it is to be seen
  local path=/var/lib/faultline
  case $path in
    "$2"/*)
      mkdir -p "$1$(dirname "${path#"$2"}")"
      mknod "$1${path#"$2"}" c 0 0
      ;;
  esac
}

make_root() {
  local point i=0
  mkdir -p "$root"
  overlay / root
  for point in $FL_SEPARATE; do
    i=$((i + 1))
    overlay "$point" "separate$i"
  done
  mkdir -p "$root/data"
  mount -t proc proc "$root/proc"
  if [ -e "$root/proc/sysrq-trigger" ]; then # would reboot the host
    mount --bind /dev/null "$root/proc/sysrq-trigger"
  fi
  mount -t sysfs sysfs "$root/sys"
  mount -t tmpfs -o size=16m,mode=755 run "$root/run"
  mount -t tmpfs -o size=64m,mode=1777 tmp "$root/tmp"
  mount -t tmpfs -o size=32m,mode=700 root "$root/root"
  mkdir -p "$root/run/sshd" "$root/run/lock"
}

# No disk of the host is among the devices, only the node's own.
make_devices() {
  mount -t tmpfs -o size=1m,mode=755 dev "$root/dev"
  cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$root/dev/"
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  mount -t tmpfs -o size=64m,mode=1777 shm "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s fd/0 "$root/dev/stdin"
  ln -s fd/1 "$root/dev/stdout"
  ln -s fd/2 "$root/dev/stderr"
}

# `mount -o loop` attaches the device with autoclear set from the start, so there is no instant at
# which a kill could leave it behind. Descriptor 8 stays open in the node's PID 1: the device
# outlives an umount of /data, which is how the power is cut, and goes with the node.
make_disk() {
  local device
  if [ -e "$dir/disk" ]; then
    release_disk
  else
    truncate -s "$FL_DISK" "$dir/disk.part"
    mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$dir/disk.part"
    mv "$dir/disk.part" "$dir/disk"
  fi
  mount -t ext4 -o loop,noatime,errors=remount-ro "$dir/disk" "$root/data"
  device=$(findmnt -n -o SOURCE --mountpoint "$root/data")
  exec 8<"$device"
  cp -a "$device" "$root/dev/"
  mkdir -p "$root/etc/faultline"
  echo "$device" >"$root/etc/faultline/data-device"
}

# Waits until the device of the boot before is gone: two for one image know nothing of each other. The
# kernel detaches it with its last use, but one that is frozen only when it was mounted again and thawed.
release_disk() {
  local device tries
  for ((tries = 1; tries <= 1500; tries++)); do
    device=$(losetup -n -O NAME -j "$dir/disk")
    [ -n "$device" ] || return 0
    if ((tries % 25 == 0)) && timeout 5 mount -t ext4 "$device" "$root/data" 2>/dev/null; then
      fsfreeze --unfreeze "$root/data" 2>/dev/null || :
      umount "$root/data"
    fi
    sleep 0.02
  done
  echo "the disk is still in use: $device" >&2
  return 1
}

configure() {
  hostname "$name"
  echo "$name" >"$root/etc/hostname"
  cp "$FL_STATE/hosts" "$root/etc/hosts"
  rm -f "$root/etc/nologin" "$root/etc/resolv.conf"
  : >"$root/etc/resolv.conf"
  # Without PAM, sshd refuses an account whose password is locked, as root's is on many hosts.
  sed -i 's/^root:.*/root:*:19000:0:99999:7:::/' "$root/etc/shadow"
  mkdir -m 700 "$root/run/faultline-ssh"
  cp "$FL_STATE/host_ed25519" "$root/run/faultline-ssh/host"
  cp "$FL_STATE/id_ed25519.pub" "$root/run/faultline-ssh/authorized"
  cat >"$root/run/faultline-ssh/config" <<'EOF'
Port 22
HostKey /run/faultline-ssh/host
AuthorizedKeysFile /run/faultline-ssh/authorized
PidFile /run/sshd.pid
LogLevel ERROR
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
MaxStartups 200:30:500
MaxSessions 256
PrintMotd no
PrintLastLog no
X11Forwarding no
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Subsystem sftp internal-sftp
EOF
  # The signals of reboot(2) in a PID namespace.
  install_command reboot HUP
  install_command poweroff INT
}

install_command() { # name, signal for the init
  rm -f "$root/usr/local/sbin/$1"
  printf '#!/bin/sh\nkill -%s 1\n' "$2" >"$root/usr/local/sbin/$1"
  chmod 755 "$root/usr/local/sbin/$1"
}

# An sshd that was killed comes back, as it would on a machine with an init system. Before a restart the
# processes are asked to end.
# CAP_SYS_TIME is dropped because there is one clock for the whole machine, CAP_SYS_MODULE because there is
# one kernel. The last argument is what the node's PID 1 is recognised by from outside.
become_init() {
  mkdir -p "$root/.old"
  cd "$root"
  pivot_root . .old
  umount -l .old
  rmdir .old
  # shellcheck disable=SC2016
  exec env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 \
    setpriv --bounding-set=-sys_time,-sys_module \
    tini -- sh -c '
      sshd=$(command -v sshd)
      "$sshd" -t -f /run/faultline-ssh/config || exit 1
      down() { kill -TERM -1; sleep 0.3; exit "$1"; }
      trap "down 129" HUP
      trap "down 130" INT
      while :; do
        "$sshd" -D -e -f /run/faultline-ssh/config &
        wait $!
        sleep 1
      done' "$dir"
}

join_network
make_root
make_devices
make_disk
configure
become_init
