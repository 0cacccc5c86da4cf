#!/bin/sh
# The first process of a machine of the tests: LOWER WORK CGROUP HOSTNAME COMMAND... Runs in namespaces of its own.
# Lays WORK over the Debian in LOWER, makes that the root, and becomes COMMAND.
set -e
lower=$1 work=$2 cgroup=$3 hostname=$4
shift 4
mount --make-rprivate /
mkdir -p "$work/upper" "$work/inner" "$work/root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/inner" "$work/root"
cd "$work/root"
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs tmp
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
  for controller in memory pids; do
    [ -d "/sys/fs/cgroup/$controller/$cgroup" ] || continue
    mkdir "sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "sys/fs/cgroup/$controller"
  done
fi
ip link set lo up
ip address add 192.0.2.10/32 dev lo
hostname "$hostname"
mkdir -p run/host-root
pivot_root . run/host-root
umount -l /run/host-root
rmdir /run/host-root
# What systemd mounts for a service, such as its credentials, has to reach the service.
mount --make-rshared /
: >/run/machine-is-entered
# Where control groups are of the first version systemd tracks processes by that, too, and not by a hierarchy that all machines share.
[ -e /sys/fs/cgroup/cgroup.controllers ] || export SYSTEMD_PROC_CMDLINE='systemd.unified_cgroup_hierarchy=no systemd.legacy_systemd_cgroup_controller=yes'
export container=rhythmx-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec "$@"
