#!/bin/bash
# Runs a command in namespaces of its own (processes, mounts, network, System V memory) with private temporary folders, so
# that what tests count there does not depend on what else runs on the machine. It reaches no network. Linux, root.
set -e
if [ -z "$MOORAGE_OWN_NAMESPACES" ]; then
  export MOORAGE_OWN_NAMESPACES=1
  exec unshare --mount --net --ipc --pid --fork --kill-child --mount-proc --propagation private "$0" "$@"
fi
cache="${MOORAGE_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/moorage}"
mkdir -p "$cache/run"
# Mounts of engines and containers: this copy of them would change when an engine removes their folders.
tac /proc/self/mountinfo | cut -d' ' -f5 | while IFS= read -r place; do
  case "$place" in
    /run/* | /tmp/* | /var/lib/* | "$cache"/testbed/*)
      case "$PWD/ $cache/" in *"$place"/*) ;; *) umount -l "$place" || : ;; esac
      ;;
  esac
done
mount -t tmpfs tmpfs "$cache/run"
# A checkout or a cache below /tmp stays where it is.
for folder in "$PWD" "$cache"; do
  case "$folder" in
    /tmp/*)
      mkdir -p "$cache/run/${folder#/tmp/}"
      mount --rbind "$folder" "$cache/run/${folder#/tmp/}"
      ;;
  esac
done
mount --move "$cache/run" /tmp
for folder in /var/tmp /dev/shm "$cache/run"; do mount -t tmpfs tmpfs "$folder"; done
chmod 1777 /tmp /var/tmp /dev/shm
mount -t sysfs sysfs /sys
ip link set lo up
# Not exec: this shell is process 1 and reaps the orphans.
"$@" && code=0 || code=$?
exit $code
