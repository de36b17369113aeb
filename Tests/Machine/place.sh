#!/bin/sh
# Who and where this machine is, by its kernel's command line: "node=2" is n2.
number=
for word in $(cat /proc/cmdline); do
  case $word in node=*) number=${word#node=} ;; esac
done
hostname "n$number"
ip link set lo up
ip address add "10.98.0.$((number + 10))/24" dev eth0
ip -6 address add "fd98::$((number + 10))/64" dev eth0 nodad
ip link set eth0 up
ip route add default via 10.98.0.1
mkdir -p /data/db
[ -s /data/db/fixed ] || seq 1000 > /data/db/fixed
