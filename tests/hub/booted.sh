#!/usr/bin/env bash
# Start systemd as the first process of a machine of its own: booted.sh FOLDER
# It sees this machine's files as they are, and what it writes goes to memory and ends with it. Its processes, network
# (loopback alone), mounts and names are its own; kill it, and nothing is left but empty groups of processes.
set -euo pipefail

folder=${1:?"booted.sh needs a folder"}
groups=/sys/fs/cgroup
name=singmuk-machine-$(basename "$folder")
unified=no
[[ $(stat -fc %T "$groups") == cgroup2fs ]] && unified=yes

if [[ ${2:-} != inside ]]; then
  # What its systemd sees as the top of all groups of processes is one of ours.
  if [[ $unified == yes ]]; then
    mkdir -p "$groups/$name"
    echo $$ >"$groups/$name/cgroup.procs"
  else
    for one in "$groups"/*/; do
      [[ -e ${one}cgroup.procs && ! -e ${one}cpuset.cpus ]] || continue
      mkdir -p "$one$name"
      echo $$ >"$one$name/cgroup.procs"
    done
  fi
  exec unshare --mount --pid --cgroup --uts --ipc --net --fork --kill-child "$0" "$folder" inside
fi

mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
if [[ $unified == yes ]]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=0755 tmpfs "$root/sys/fs/cgroup"
  for one in "$groups"/*/; do
    kind=$(basename "$one")
    mkdir "$root/sys/fs/cgroup/$kind"
    case $kind in
      unified) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/$kind" ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/$kind" ;;
      *) mount -t cgroup -o "$kind" cgroup "$root/sys/fs/cgroup/$kind" ;;
    esac
  done
fi
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
for place in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$place"; done
chmod 0755 "$root/run"
# A second address, for what is not called localhost.
ip link set lo up
ip address add 192.0.2.1/32 dev lo
# Nothing of what this machine starts by itself.
find "$root/etc/systemd/system" -path '*.wants/*' -delete
mkdir "$root/.before"
cd "$root"
pivot_root . .before
umount -l /.before
rmdir /.before
exec env -i container=singmuk PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=basic.target --log-target=journal --show-status=no
