#!/bin/bash
# Makes the disks of the machines that MachineTests start: Debian 12 with its kernel and systemd, an SSH server that
# knows one key, and a small server as a service that systemd starts again whenever it ends. The first has its data on
# ext4, the second on XFS. What is left of a session is killed when it ends, root's too.
#
#   make-image.sh FOLDER    writes vmlinuz, initrd, system.img, data1.img, data2.img and key there
set -euo pipefail
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
[ ! -e "$folder/made" ] || [ -n "$(find "$sources" -newer "$folder/made")" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder"
system=$folder/system
mkdir "$system"
trap 'rm -rf "$system"' EXIT

packages=linux-image-cloud-amd64,systemd-sysv,udev,dbus,kmod,openssh-server,sudo,iproute2,iputils-ping
packages+=,iptables,nftables,e2fsprogs,xfsprogs,procps,perl,chrony,libpam-systemd
mmdebstrap --variant=minbase --include="$packages" bookworm "$folder/system.tar"
tar -xf "$folder/system.tar" -C "$system" --exclude='./dev/*'
rm "$folder/system.tar"
cp "$system"/boot/vmlinuz-* "$folder/vmlinuz"
cp "$system"/boot/initrd.img-* "$folder/initrd"

ssh-keygen -q -t ed25519 -N '' -C machine -f "$folder/key"
install -m 644 "$folder/key.pub" "$system/etc/ssh/authorized_keys"
echo 'AuthorizedKeysFile /etc/ssh/authorized_keys' > "$system/etc/ssh/sshd_config.d/machine.conf"
install -m 755 "$sources/place.sh" "$system/usr/local/sbin/place"
install -m 644 "$sources/server.pl" "$system/usr/local/server.pl"
install -m 644 "$sources/place.service" "$sources/server.service" "$system/etc/systemd/system/"
mkdir "$system/etc/systemd/logind.conf.d"
printf '[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n' > "$system/etc/systemd/logind.conf.d/machine.conf"
printf '/dev/vda / ext4 defaults 0 1\n/dev/vdb /data auto defaults,nofail 0 2\n' > "$system/etc/fstab"
mkdir -p "$system/data"
for service in place server; do
  ln -s "/etc/systemd/system/$service.service" "$system/etc/systemd/system/multi-user.target.wants/"
done
mkfs.ext4 -q -d "$system" "$folder/system.img" 2500M
# Few inodes, which a fault uses up one by one.
mkfs.ext4 -q -N 2048 "$folder/data1.img" 128M
truncate -s 400M "$folder/data2.img"
mkfs.xfs -q "$folder/data2.img"
touch "$folder/made"
