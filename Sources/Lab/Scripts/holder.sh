#!/bin/bash
# PID 1 of a lab: in network, mount and PID namespaces of its own, without an uplink. All that a lab
# consists of is made in here, so the kernel removes all of it with this process. /proc is still the
# host's. Standard input is a line to whoever brings the lab up: when it ends before the word
# "stay" has come, the one who wanted the lab is gone, and so is the lab.
#
# arguments: state directory, subnet index, number of nodes, bytes of each node's /data
set -euo pipefail
state=$1 subnet=$2 count=$3 disk=$4
export FL_STATE=$state FL_SUBNET=$subnet FL_DISK=$disk FL_SEPARATE=''
cd "$state"

make_keys() {
  ssh-keygen -q -t ed25519 -N '' -C "faultline-lab" -f id_ed25519 </dev/null &
  ssh-keygen -q -t ed25519 -N '' -C "faultline-lab" -f host_ed25519 </dev/null
  wait $!
}

write_tables() {
  local i ip key
  read -r _ key _ <host_ed25519.pub
  {
    echo '127.0.0.1 localhost'
    echo '::1 localhost ip6-localhost ip6-loopback'
    echo "10.77.$subnet.1 control"
    for ((i = 1; i <= count; i++)); do echo "10.77.$subnet.$((10 + i)) n$i"; done
  } >hosts
  for ((i = 1; i <= count; i++)); do
    ip=10.77.$subnet.$((10 + i))
    echo "n$i,$ip ssh-ed25519 $key"
  done >known_hosts
}

make_bridge() {
  ip -batch - <<EOF
link set lo up
link add lab type bridge forward_delay 0 stp_state 0 mcast_snooping 0
address add 10.77.$subnet.1/24 dev lab
link set lab up
EOF
  [ ! -d /proc/sys/net/ipv6 ] || ip address add "fd77:0:0:$subnet::1/64" dev lab nodad
}

# File systems that are mounted below / are not in an overlay over /: a host may have its /usr or /var
# apart. Those that programs are installed on get an overlay of their own in each node.
find_separate_mounts() {
  local point rest
  while read -r _ _ _ _ point rest; do
    case $rest in
      *' - ext'[234]' '* | *' - xfs '* | *' - btrfs '* | *' - zfs '* | *' - f2fs '*) ;;
      *) continue ;;
    esac
    case $point in
      "$state"* | /var/lib/faultline* | *\\*) ;;
      /usr | /usr/* | /opt | /opt/* | /var | /var/* | /etc | /srv | /nix | /nix/*)
        FL_SEPARATE+="$point "
        ;;
    esac
  done </proc/self/mountinfo
}

# What a node writes below / is kept here, so that it outlives the node's processes as a disk does.
make_node() {
  mkdir "n$1" "n$1/overlay"
  mkfifo -m 600 "n$1/power"
  mount -t tmpfs -o size=512m,mode=755 "lab-n$1" "n$1/overlay"
}

# What is left when a node ends is its log and its exit status. 129 is that of one that was restarted from
# within: by reboot(2), which the kernel makes a hangup of the first process. Any other stays off until its
# button is pressed, which is a line of `power`.
run_node() {
  local status
  while :; do
    status=0
    unshare --net --mount --uts --ipc --pid --fork --kill-child=KILL --propagation private \
      bash "$state/node.sh" "$state/n$1" "$1" </dev/null >"n$1/log" 2>&1 6<&- || status=$?
    [ $status != 129 ] || continue
    echo $status >"n$1/exit"
    read -r _ <"n$1/power" || :
  done
}

make_keys
write_tables
make_bridge
find_separate_mounts
exec 6<&0 7</proc/self/ns/net </dev/null
for ((i = 1; i <= count; i++)); do
  make_node "$i"
  run_node "$i" &
done
read -r word <&6 || exit 1
[ "$word" = stay ] || exit 1
exec 6<&-
# PID 1 reaps what is orphaned; with every node gone there still is a lab to look at.
while :; do
  wait
  sleep infinity &
done
