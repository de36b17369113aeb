#!/bin/bash
# PID 1 of a node, in network, mount, UTS, IPC and PID namespaces of its own. /proc is the host's until
# the root is changed. Descriptor 7 is the network namespace of the lab.
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

# The node sees what is installed on the host; what it writes is in its own memory.
overlay() { # lower directory, name
  mkdir -p "$dir/overlay/$2.upper" "$dir/overlay/$2.work"
  chmod --reference="$1" "$dir/overlay/$2.upper"
  mount -t overlay "lab-$name" "$root${1%/}" \
    -o "lowerdir=$1,upperdir=$dir/overlay/$2.upper,workdir=$dir/overlay/$2.work"
}

make_root() {
  local point i=0
  mkdir "$dir/overlay"
  mount -t tmpfs -o size=512m,mode=755 "lab-$name" "$dir/overlay"
  mkdir "$root"
  overlay / root
  for point in $FL_SEPARATE; do
    i=$((i + 1))
    overlay "$point" "separate$i"
  done
  mkdir -p "$root/data" "$root/var/lib/faultline"
  mount -t proc proc "$root/proc"
  if [ -e "$root/proc/sysrq-trigger" ]; then # would reboot the host
    mount --bind /dev/null "$root/proc/sysrq-trigger"
  fi
  mount -t sysfs sysfs "$root/sys"
  mount -t tmpfs -o size=16m,mode=755 run "$root/run"
  mount -t tmpfs -o size=64m,mode=1777 tmp "$root/tmp"
  mount -t tmpfs -o size=32m,mode=700 root "$root/root"
  mount -t tmpfs -o size=1m,mode=700 hidden "$root/var/lib/faultline"
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
  truncate -s "$FL_DISK" "$dir/disk"
  mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$dir/disk"
  mount -t ext4 -o loop,noatime,errors=remount-ro "$dir/disk" "$root/data"
  device=$(findmnt -n -o SOURCE --mountpoint "$root/data")
  exec 8<"$device"
  rm "$dir/disk"
  cp -a "$device" "$root/dev/"
  mkdir -p "$root/etc/faultline"
  echo "$device" >"$root/etc/faultline/data-device"
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
}

# An sshd that was killed comes back, as it would on a machine with an init system.
# CAP_SYS_TIME is dropped because there is one clock for the whole machine, CAP_SYS_MODULE because there is
# one kernel. The last argument is what the node's PID 1 is recognised by from outside.
become_init() {
  mkdir "$root/.old"
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
      while :; do
        "$sshd" -D -e -f /run/faultline-ssh/config
        sleep 1
      done' "$dir"
}

join_network
make_root
make_devices
make_disk
configure
become_init
