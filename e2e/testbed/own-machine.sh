#!/bin/bash
# Runs a command on what looks like a machine of its own: own processes, mounts, network and /run, so that a bed can be
# brought up, broken and taken down in it while another one is in use outside. It reaches no network.
set -e
if [ -z "$MOORAGE_OWN_MACHINE" ]; then
  export MOORAGE_OWN_MACHINE=1
  exec unshare --mount --net --pid --fork --mount-proc --propagation private "$0" "$@"
fi
mount -t tmpfs tmpfs /run
mkdir /run/groups
mount --rbind /sys/fs/cgroup /run/groups
mount -t sysfs sysfs /sys
mount --rbind /run/groups /sys/fs/cgroup
umount -R -l /run/groups
rmdir /run/groups
# Some folders of the kubelet and of the network plug-ins cannot be moved.
mount -t tmpfs tmpfs /dev/shm
mkdir /run/own-machine
mount -t tmpfs tmpfs /run/own-machine
for place in lib log; do
  mkdir -p "/run/own-machine/$place" "/run/own-machine/$place.work"
  mount -t overlay -o "lowerdir=/var/$place,upperdir=/run/own-machine/$place,workdir=/run/own-machine/$place.work" \
    overlay "/var/$place"
done
rm -rf /var/lib/kubelet /var/lib/cni /var/log/containers
ip link set lo up
# Not exec: this shell is process 1 and must bury the orphans.
"$@" && code=0 || code=$?
exit $code
