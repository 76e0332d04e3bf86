"""What a careful deployer would not leave as the hub has it: cookies, tokens, administrators, figures."""

from __future__ import annotations

from typing import Any

from singmuk.hub.site import Site

#: Seconds of a day: nobody stays signed in for longer.
DAY = 24 * 3600


def harden(c: Any, site: Site) -> None:
    """Put the settings into the hub's configuration *c*."""
    c.Authenticator.allow_all = False
    c.Authenticator.admin_users = set()
    c.JupyterHub.admin_access = False
    c.JupyterHub.allow_named_servers = False
    c.JupyterHub.authenticate_prometheus = True
    c.JupyterHub.cookie_max_age_days = 1
    c.JupyterHub.oauth_token_expires_in = DAY
    c.JupyterHub.token_expires_in_max_seconds = DAY
    # A `__Host-` cookie goes to every path of its host, other people's seats among them: each on its own host then.
    c.JupyterHub.cookie_host_prefix_enabled = site.subdomains
    c.JupyterHub.shutdown_on_logout = True
    c.JupyterHub.redirect_to_server = False
    limits = site.limits
    c.JupyterHub.concurrent_spawn_limit = limits.starting
    # The hub has no settings of its own for these; its token against forged requests goes over http otherwise.
    c.JupyterHub.tornado_settings = {
        "spawn_throttle_retry_range": limits.again,
        **({"cookie_options": {"secure": True}} if site.secure else {}),
    }
    c.JupyterHub.active_server_limit = limits.seats
    c.Spawner.start_timeout = limits.start
    c.Spawner.http_timeout = limits.answer
    # A few seats that fail in a row are no reason for the hub to end.
    c.Spawner.consecutive_failure_limit = 0
    c.Spawner.mem_limit = limits.memory
    c.Spawner.cpu_limit = limits.processors
    c.Spawner.disable_user_config = True
