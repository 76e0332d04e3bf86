#!/usr/bin/env bash
# Bring machine.yml, roster.yml and hub.env to the units and the front: apply. Seats and the proxy stay.
set -euo pipefail

/opt/singmuk/venv/bin/python -m singmuk.hub.machine.files
# It reads /etc/singmuk/hub.env itself, as systemd does.
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
/opt/singmuk/venv/bin/python -m singmuk.hub.machine.ready
