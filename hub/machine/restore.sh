#!/usr/bin/env bash
# Put a backup back onto a machine that install.sh has laid out: restore FOLDER [--settings] [--root FOLDER]
# First with --settings (/etc/singmuk as it was), then without it (the campaigns). Nothing is written over: a
# campaign's databases and submissions must not be there yet; `singmuk hub restore` says what is.
set -euo pipefail
umask 0077

from=${1:?"restore: name the folder of archives"}
shift
root=""
settings=no
while (($#)); do
  case $1 in
    --settings) settings=yes; shift ;;
    --root) root=${2:?"--root needs a folder"}; shift 2 ;;
    *) echo "restore: $1 is no option" >&2; exit 2 ;;
  esac
done
python=${SINGMUK_PYTHON:-/opt/singmuk/venv/bin/python}
etc=$root/etc/singmuk
state=$root/var/lib/singmuk
if [[ -n $root ]]; then export SINGMUK_ROOT=$root; fi
if [[ -z $root ]] && systemctl --quiet is-active singmuk-hub.service 'singmuk-desk@*' 'singmuk-room@*' 'singmuk-grader@*'; then
  echo "restore: the hub or a desk runs; systemctl stop singmuk-hub 'singmuk-desk@*' 'singmuk-room@*' 'singmuk-grader@*'" >&2
  exit 1
fi
newest() {
  [[ -d $from/$1 ]] || return 0
  find "$from/$1" -maxdepth 1 -name '*.tar.gz' -printf '%f\n' | sort | tail -n 1
}

if [[ $settings == yes ]]; then
  archive=$(newest settings)
  if [[ -z $archive ]]; then
    echo "restore: $from/settings: holds no archive; name the folder that backup wrote to" >&2
    exit 1
  fi
  if [[ -e $etc/services/proxy.env ]]; then
    echo "restore: $etc: is in use (services/ is filled); move it away first" >&2
    exit 1
  fi
  tar -C "$etc" -xzpf "$from/settings/$archive"
  echo "put back $etc from $archive; look through machine.yml, then restore $from"
  exit 0
fi

found=0
for file in "$etc"/services/desk-*.env; do
  [[ -e $file ]] || continue
  instance=$(basename "$file" .env)
  instance=${instance#desk-}
  archive=$(newest "$instance")
  if [[ -z $archive ]]; then
    echo "restore: $from/$instance: holds no archive; $instance is left as it is" >&2
    continue
  fi
  # roster.yml came with --settings; the archive's own copy is laid into the hub's folder, to look at.
  # Every campaign's archive holds the hub's database; the first one brings it.
  more=()
  ((found)) && more=(--without-hub)
  outside=(--cookie-secret "$state/hub/cookie-secret" --roster "$state/hub/restored-roster.yml")
  "$python" -m singmuk.hub.machine.run "$instance" "$(dirname "$python")/singmuk" hub restore "$from/$instance/$archive" \
    --course "$state/course/$instance" "${outside[@]}" "${more[@]}"
  found=1
  if [[ -z $root ]]; then
    chown -R singmuk-grader:singmuk-grader "$state/course/$instance"
    chown -R singmuk-desk:singmuk-desk "$state/desk/$instance"
    find "$state/desk/$instance" -type f -exec chmod 0660 {} +
  fi
done
if ((!found)); then
  echo "restore: nothing was put back; is $from the folder that backup wrote to?" >&2
  exit 1
fi
echo "put back; now /opt/singmuk/bin/apply"
