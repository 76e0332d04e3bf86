#!/usr/bin/env bash
# Copy all that cannot be made again: backup FOLDER [--root FOLDER]. The hub and the desk go on meanwhile.
#   FOLDER/INSTANCE/   an archive of each campaign, the hub's database in it (`singmuk hub backup`)
#   FOLDER/settings/   /etc/singmuk with its secrets and the certificate
#   FOLDER/homes/      what lies in the seats and was not handed in; only with SINGMUK_BACKUP_HOMES=yes
# SINGMUK_BACKUP_KEEP archives of each are kept (14). All are readable by root alone: encrypt what leaves the machine.
set -euo pipefail
umask 0077

to=${1:?"backup: name the folder of archives"}
root=""
[[ ${2:-} == --root ]] && root=${3:?"--root needs a folder"}
keep=${SINGMUK_BACKUP_KEEP:-14}
python=${SINGMUK_PYTHON:-/opt/singmuk/venv/bin/python}
etc=$root/etc/singmuk
state=$root/var/lib/singmuk
if [[ ! $keep =~ ^[1-9][0-9]*$ ]]; then
  echo "backup: SINGMUK_BACKUP_KEEP=$keep is no number of archives; write 14" >&2
  exit 2
fi
[[ -n $root ]] && export SINGMUK_ROOT=$root

install -d -m 0700 "$to" "$to/settings"
stamp=$(date -u +%Y%m%dT%H%M%SZ)

pack() {
  # pack NAME FROM: one tar, whole or not at all, and the oldest go.
  local name=$1 from=$2
  tar -C "$from" -czf "$to/$name/.new" .
  sync "$to/$name/.new"
  mv "$to/$name/.new" "$to/$name/$name-$stamp.tar.gz"
  echo "$to/$name/$name-$stamp.tar.gz"
  find "$to/$name" -name "$name-*.tar.gz" -printf '%f\n' | sort -r | tail -n "+$((keep + 1))" \
    | while read -r old; do rm "$to/$name/$old"; done
}

pack settings "$etc"
failed=0
found=0
for file in "$etc"/services/desk-*.env; do
  [[ -e $file ]] || continue
  found=1
  instance=$(basename "$file" .env)
  instance=${instance#desk-}
  campaign=$instance
  [[ $instance == default ]] && campaign=""
  install -d -m 0700 "$to/$instance"
  # One campaign that fails does not keep the others from being kept.
  "$python" -m singmuk.hub.machine.run "$instance" "$(dirname "$python")/singmuk" hub backup \
    --course "$state/course/$instance" --campaign "$campaign" --to "$to/$instance" --keep "$keep" \
    --cookie-secret "$state/hub/cookie-secret" --roster "$etc/roster.yml" || failed=1
done
if ((!found)); then
  echo "backup: $etc/services: holds no desk-….env; run /opt/singmuk/bin/apply first" >&2
  exit 1
fi
if [[ ${SINGMUK_BACKUP_HOMES:-no} == yes ]]; then
  install -d -m 0700 "$to/homes"
  pack homes "$state/homes"
fi
exit "$failed"
