#!/usr/bin/env bash
# Make the account of a seat where there is none: account NAME [--prefix FOLDER]. Started by singmuk-account@.service.
set -euo pipefail

name=${1:-}
prefix=()
root=""
if [[ ${2:-} == --prefix ]]; then
  root=${3:?"--prefix needs a folder"}
  prefix=(--prefix "$root")
fi
# The name stands in a path and on a command line: what the hub makes of a person's name, and nothing else.
if [[ ! $name =~ ^seat-[a-z2-7]{16}$ ]]; then
  echo "account: '$name' is no account of a seat; the hub makes seat- and 16 letters" >&2
  exit 2
fi

homes=/var/lib/singmuk/homes
if ! grep -q "^$name:" "$root/etc/passwd"; then
  # Numbers of their own, so that no other account of the machine is ever given one of theirs.
  useradd "${prefix[@]}" --user-group --no-create-home --no-log-init --home-dir "$homes/$name" \
    --shell /usr/sbin/nologin --comment "seat" --key UID_MIN=20000 --key UID_MAX=59999 \
    --key GID_MIN=20000 --key GID_MAX=59999 --key SUB_UID_COUNT=0 --key SUB_GID_COUNT=0 "$name"
fi
uid=$(awk -F: -v name="$name" '$1 == name { print $3 }' "$root/etc/passwd")
gid=$(awk -F: -v name="$name" '$1 == name { print $4 }' "$root/etc/passwd")
install -d -m 0700 -o "$uid" -g "$gid" "$root$homes/$name"
