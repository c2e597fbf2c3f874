#!/usr/bin/env bash
# Makes what the machines of the cluster boot from, in the folder given: vmlinuz, initrd.img, root.img. Root on Debian 12.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder" && cd "$folder"
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends qemu-system-x86 debootstrap busybox-static cpio e2fsprogs >/dev/null

kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/{print $2; exit}')
apt-get download -qq "$kernel" 2>/dev/null
rm -rf kernel root ram && dpkg-deb -x "$kernel"_*.deb kernel
cp kernel/boot/vmlinuz-* vmlinuz

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
packages=nfs-kernel-server,nfs-common,rpcbind,kmod,iproute2,socat,procps,iverilog,python3,libpython3.11
debootstrap --variant=minbase --include=$packages bookworm root "$mirror" >debootstrap.log
cp -r kernel/lib/modules root/lib/
chroot root depmod "$(ls kernel/lib/modules)"
cp "$(readlink -f "$(command -v node)")" root/usr/bin/node
python3 -m pip install -q --target root/usr/lib/python3/dist-packages --python-version 3.11 --only-binary=:all: cocotb pytest find_libpython
cp "$here/init.sh" root/sbin/cluster-init && chmod +x root/sbin/cluster-init

mkdir -p ram/{bin,modules,proc,dev,sys,root}
cp /bin/busybox ram/bin/
drivers='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk'
for driver in $drivers; do find kernel -name "$driver.ko" -exec cp {} ram/modules/ \;; done
cat >ram/init <<END
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc p /proc; mount -t devtmpfs d /dev
# Twice, for they need each other.
for driver in $drivers $drivers; do insmod /modules/\$driver.ko 2>/dev/null; done
until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 /dev/vda /root && exec switch_root /root /sbin/cluster-init
END
chmod +x ram/init
(cd ram && find . | cpio -o -H newc --quiet) >initrd.img
rm -f root.img.new && truncate -s 1500M root.img.new && mke2fs -q -t ext4 -d root root.img.new
rm -rf kernel root ram ./*.deb
mv root.img.new root.img
