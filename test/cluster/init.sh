#!/bin/bash
# First process of a machine. The kernel's command line says role=server or role=client, and node=N. Runs each shell script that is sent to port 99.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm /mnt; mount -t devpts d /dev/pts
for folder in /run /tmp /dev/shm; do mount -t tmpfs t $folder; done
for word in $(cat /proc/cmdline); do case $word in role=* | node=*) export "$word" ;; esac; done
hostname "node$node"; ip link set lo up
modprobe virtio_net
until ip link show eth1 >/dev/null 2>&1; do sleep 0.1; done
ip addr add "10.9.0.$node/24" dev eth0; ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth1; ip link set eth1 up
mkdir -p /run/rpcbind /var/lib/nfs/v4recovery; rpcbind
if [ "$role" = server ]; then
  modprobe nfsd; mount -t nfsd nfsd /proc/fs/nfsd
  mkdir -p /export; mount /dev/vdb /export; chmod 777 /export
  echo '/export *(rw,no_root_squash,sync,no_subtree_check,fsid=0,insecure)' >/etc/exports
  # A server that was cut off asks its clients for their state for so many seconds.
  echo 10 >/proc/fs/nfsd/nfsv4leasetime; echo 10 >/proc/fs/nfsd/nfsv4gracetime
  exportfs -ra; rpc.mountd; rpc.nfsd 8
else
  modprobe nfs
fi
socat -t 3600 TCP-LISTEN:99,fork,reuseaddr EXEC:/bin/bash,stderr &
echo MACHINE-READY >/dev/console
while true; do sleep 1000; done
