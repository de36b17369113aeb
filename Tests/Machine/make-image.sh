#!/bin/bash
# Makes the disk of the machines that MachineTests start: Debian 12 with its kernel and systemd, an SSH server that
# knows one key, and a small server as a service that systemd starts again whenever it ends.
#
#   make-image.sh FOLDER    writes vmlinuz, initrd, system.img, data.img and key there
set -euo pipefail
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
[ ! -e "$folder/made" ] || [ -n "$(find "$sources" -newer "$folder/made")" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder"
root=$(mktemp -d "$folder/root.XXXXXX")
trap 'rm -rf "$root"' EXIT

packages=linux-image-cloud-amd64,systemd-sysv,udev,dbus,kmod,openssh-server,sudo,iproute2,iputils-ping
packages+=,iptables,nftables,e2fsprogs,procps,perl
mmdebstrap --variant=minbase --include="$packages" bookworm "$folder/root.tar"
tar -xf "$folder/root.tar" -C "$root" --exclude='./dev/*'
rm "$folder/root.tar"
cp "$root"/boot/vmlinuz-* "$folder/vmlinuz"
cp "$root"/boot/initrd.img-* "$folder/initrd"

ssh-keygen -q -t ed25519 -N '' -C machine -f "$folder/key"
install -d -m 700 "$root/root/.ssh"
cp "$folder/key.pub" "$root/root/.ssh/authorized_keys"
install -m 755 "$sources/place.sh" "$root/usr/local/sbin/place"
install -m 644 "$sources/server.pl" "$root/usr/local/server.pl"
install -m 644 "$sources/place.service" "$sources/server.service" "$root/etc/systemd/system/"
printf '/dev/vda / ext4 defaults 0 1\n/dev/vdb /data ext4 defaults,nofail 0 2\n' > "$root/etc/fstab"
mkdir -p "$root/data"
for service in place server; do
  ln -s "/etc/systemd/system/$service.service" "$root/etc/systemd/system/multi-user.target.wants/"
done
mkfs.ext4 -q -d "$root" "$folder/system.img" 2500M
# Few inodes, which a fault uses up one by one.
mkfs.ext4 -q -N 2048 "$folder/data.img" 128M
touch "$folder/made"
