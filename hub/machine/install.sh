#!/usr/bin/env bash
# Lay the hub onto this machine: accounts, folders with their modes, the environment, the proxy, the units.
#   sudo hub/machine/install.sh [--root FOLDER] [--no-programs]
# Run in the course's repository. What you have changed in /etc/singmuk is kept; a second run changes nothing.
# --root lays everything below FOLDER, for a look at it; --no-programs leaves the environment and the proxy out.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
root=""
programs=yes
python=${PYTHON:-python3}
while (($#)); do
  case $1 in
    --root)
      root=${2:?"--root needs a folder"}
      shift 2
      ;;
    --no-programs)
      programs=no
      shift
      ;;
    *)
      echo "install: $1 is no option; see the first lines of $0" >&2
      exit 2
      ;;
  esac
done

faults=()
((EUID == 0)) || faults+=("must run as root: sudo $0")
[[ -z $root || -d $root ]] || faults+=("$root: does not exist; make the folder first")
if [[ $programs == yes ]]; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
    || faults+=("$python: Python 3.11 or newer with venv is needed: apt-get install python3 python3-venv")
  command -v npm >/dev/null || faults+=("npm: is missing: apt-get install nodejs npm")
fi
if [[ -z $root ]]; then
  command -v nginx >/dev/null || faults+=("nginx: is missing: apt-get install nginx")
  # What everybody may read, every seat reads; here the keys would be among it.
  if setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$repository/scenarios" 2>/dev/null; then
    faults+=("$repository: holds the keys, and others may read it: chmod 0700 $repository")
  fi
  [[ -d /run/systemd/system ]] || faults+=("systemd does not run this machine; use hub/laptop for a trial")
fi
if ((${#faults[@]})); then
  printf 'install: %s\n' "${faults[@]}" >&2
  exit 1
fi

account() {
  # An account of a service: no home, no shell, a group of its own.
  if [[ -n $root ]]; then return; fi
  getent passwd "$1" >/dev/null \
    || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
}
folder() {
  # folder MODE OWNER PATH; below --root everything stays with whoever runs this.
  local owner=$2
  if [[ -n $root ]]; then owner=root; fi
  install -d -m "$1" -o "$owner" -g "$owner" "$root$3"
}
keep() {
  # keep MODE FROM TO: what is there is the deployer's, and a newer one goes beside it.
  if [[ ! -e $root$3 ]]; then
    install -m "$1" "$2" "$root$3"
  elif ! cmp -s "$2" "$root$3"; then
    install -m "$1" "$2" "$root$3.new"
    echo "kept $root$3; the one of this version is beside it as .new"
  fi
  chmod "$1" "$root$3"
}

for name in singmuk-proxy singmuk-desk singmuk-grader; do account "$name"; done

folder 0755 root /etc/singmuk
folder 0700 root /etc/singmuk/services
folder 0700 root /etc/singmuk/tls
# No closed home above the environment: seats and services run it under other accounts.
folder 0755 root /opt/singmuk
folder 0755 root /opt/singmuk/bin
folder 0755 root /opt/singmuk/share
folder 0755 root /srv/singmuk
folder 0755 root /var/lib/singmuk
folder 0700 root /var/lib/singmuk/hub
folder 0711 root /var/lib/singmuk/homes
folder 0755 root /var/lib/singmuk/course
folder 0755 root /var/lib/singmuk/desk
folder 0700 root /var/lib/singmuk/backup
folder 0755 root /etc/systemd/system
folder 0755 root /etc/nginx/conf.d

keep 0644 "$here/jupyterhub_config.py" /etc/singmuk/jupyterhub_config.py
keep 0644 "$here/machine.yml" /etc/singmuk/machine.yml
keep 0600 "$here/hub.env" /etc/singmuk/hub.env
keep 0600 "$repository/hub/roster.yml" /etc/singmuk/roster.yml
keep 0644 "$here/nginx.conf" /opt/singmuk/share/nginx.conf
install -m 0644 "$here/README.md" "$root/opt/singmuk/share/README.md"
for name in account apply backup publish restore; do
  install -m 0755 "$here/$name.sh" "$root/opt/singmuk/bin/$name"
done
for unit in "$here"/units/*; do
  install -m 0644 "$unit" "$root/etc/systemd/system/$(basename "$unit")"
done
ln -sfn /etc/singmuk/nginx.conf "$root/etc/nginx/conf.d/singmuk.conf"

if [[ $programs == yes ]]; then
  venv=$root/opt/singmuk/venv
  [[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement "$repository/requirements.lock"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$repository"
  # npm checks every package by the lock's sums, and runs no script of theirs.
  install -d -m 0755 "$root/opt/singmuk/proxy"
  install -m 0644 "$repository/hub/package.json" "$repository/hub/package-lock.json" "$root/opt/singmuk/proxy"
  (cd "$root/opt/singmuk/proxy" && npm ci --ignore-scripts --no-audit --no-fund --omit=dev --loglevel=error)
  chmod -R go=u,go-w "$root/opt/singmuk/venv" "$root/opt/singmuk/proxy"
fi
proxy=$root/opt/singmuk/bin/proxy
printf '#!/bin/sh\nexec %s %s "$@"\n' "$(command -v node || echo /usr/bin/node)" \
  /opt/singmuk/proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy >"$proxy"
chmod 0755 "$proxy"

if [[ -z $root ]]; then
  systemctl daemon-reload
  echo "Installed. Now put your values into /etc/singmuk/machine.yml, roster.yml and hub.env, as README.md says."
else
  echo "Laid out below $root; nothing was started."
fi
