#!/usr/bin/env bash
# Lay open what everybody may read of a campaign: publish INSTANCE [--root FOLDER]
# Exercises (public halves) and the built book go to /srv/singmuk/INSTANCE; keys, solutions and submissions stay.
set -euo pipefail

instance=${1:-}
root=""
[[ ${2:-} == --root ]] && root=${3:?"--root needs a folder"}
if [[ ! $instance =~ ^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$ ]]; then
  echo "publish: name a campaign, as its units do: default, spring" >&2
  exit 2
fi
course=$root/var/lib/singmuk/course/$instance
public=$root/srv/singmuk/$instance
for wanted in exercises _build/html; do
  if [[ ! -d $course/$wanted ]]; then
    echo "publish: $course/$wanted: does not exist; run singmuk build and singmuk book in the course first" >&2
    exit 1
  fi
done

install -d -m 0755 "$public"
lay() {
  # A copy beside the old one, then one step: nobody sees half of it.
  local from=$1 to=$2 new
  new=$(mktemp -d "$public/.new.XXXXXX")
  cp -R --no-preserve=all "$from/." "$new"
  find "$new" -name responses.json -delete
  chmod -R u=rwX,go=rX "$new"
  if [[ -e $to ]]; then mv -T "$to" "$new.old"; fi
  mv -T "$new" "$to"
  rm -rf "$new.old"
}
lay "$course/exercises" "$public/exercises"
lay "$course/_build/html" "$public/book"
echo "published $instance: $public"
