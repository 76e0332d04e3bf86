#!/usr/bin/env bash
# Bring machine.yml, roster.yml and hub.env to the units and the front: apply. Seats and the proxy stay.
set -euo pipefail

python=/opt/singmuk/venv/bin/python
"$python" -m singmuk.hub.machine.files
set -a
# Written by the line above.
# shellcheck disable=SC1091
. /etc/singmuk/hub.env
set +a
/opt/singmuk/venv/bin/singmuk hub check /etc/singmuk/jupyterhub_config.py
for file in /etc/singmuk/services/desk-*.env; do
  instance=$(basename "$file" .env)
  instance=${instance#desk-}
  for part in desk room grader; do
    systemctl enable "singmuk-$part@$instance.service"
    systemctl restart "singmuk-$part@$instance.service"
  done
done
systemctl enable singmuk-proxy.service singmuk-hub.service singmuk-culler.service singmuk-backup.timer
systemctl start singmuk-proxy.service singmuk-backup.timer
systemctl restart singmuk-hub.service singmuk-culler.service
nginx -t
systemctl reload-or-restart nginx.service
