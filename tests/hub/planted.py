"""Mistakes for the check of a hub: for each rule, what somebody writes at the end of a clean configuration."""

from __future__ import annotations

#: A mistake for each rule: what somebody writes at the end of the configuration.
PLANTED = {
    # names
    "unknown-name": ["c.JupyterHub.admin_acces = True", "c.Spwner.mem_limit = '1G'", "c.ServerApp.ip = '0.0.0.0'"],
    "refused-value": ["c.Spawner.http_timeout = 'long'", "c.JupyterHub.proxy_class = 'no.such.Proxy'"],
    # people
    "dummy-sign-in": ["c.JupyterHub.authenticator_class = 'dummy'"],
    "allow-all": ["c.Authenticator.allow_all = True", "c.GenericOAuthenticator.allow_all = True"],
    "nobody-allowed": ["c.Authenticator.allowed_users = set()"],
    "silenced-warning": ["c.Authenticator.any_allow_config = True"],
    "existing-users": ["c.Authenticator.allow_existing_users = True"],
    "user-names": ["c.Authenticator.username_pattern = ''"],
    "many-admins": ["c.Authenticator.admin_users = {'a', 'b', 'c', 'd'}"],
    "admin-access": ["c.JupyterHub.admin_access = True"],
    "stale-sign-in": [
        "c.Authenticator.refresh_pre_spawn = False",
        "c.OAuthenticator.auth_refresh_age = 0",
        "c.Authenticator.enable_auth_state = False",
    ],
    "groups-twice": ["c.Authenticator.manage_groups = True"],
    "open-provider": [
        "c.OAuthenticator.token_url = 'http://login.example/token'",
        "c.OAuthenticator.validate_server_cert = False",
    ],
    "no-pkce": ["c.OAuthenticator.enable_pkce = False"],
    "kept-sign-in": ["import os; del os.environ['JUPYTERHUB_CRYPT_KEY']"],
    # roles and tokens
    "wide-role": [
        "c.JupyterHub.load_roles.append({'name': 'help', 'groups': ['g'], 'scopes': ['admin:users']})",
        "c.JupyterHub.load_roles.append({'name': 'help', 'users': ['u'], 'scopes': ['servers']})",
        "c.JupyterHub.load_roles.append({'name': 'admin', 'groups': ['singmuk-trainers']})",
    ],
    "giving-on": [
        "c.JupyterHub.load_roles = [one for one in c.JupyterHub.load_roles if one['name'] != 'user']",
        "c.JupyterHub.load_roles[0]['scopes'].append('tokens!user')",
    ],
    "seat-token": [
        "c.Spawner.server_token_scopes = ['self']",
        "c.Spawner.server_token_scopes = []; c.JupyterHub.load_roles.append({'name': 'server', 'scopes': ['inherit']})",
    ],
    "lasting-tokens": [
        "c.JupyterHub.token_expires_in_max_seconds = 0",
        "c.JupyterHub.oauth_token_expires_in = 30 * 86400",
    ],
    "weak-token": ["c.JupyterHub.services[0]['api_token'] = 'x' * 9", "c.ConfigurableHTTPProxy.auth_token = 'y' * 9"],
    "given-tokens": ["import os; c.JupyterHub.api_tokens = {os.urandom(20).hex(): 'participant-01'}"],
    "trusted-tokens": ["c.JupyterHub.trust_user_provided_tokens = True"],
    # services
    "root-service": ["c.JupyterHub.services.append({'name': 'clock', 'command': ['date']})"],
    "service-admin": ["c.JupyterHub.services[0]['admin'] = True"],
    "takeable-port": [
        "c.JupyterHub.services[0]['url'] = 'http://127.0.0.1:8500'",
        "c.JupyterHub.hub_bind_url = 'http://127.0.0.1:8081'",
        "c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:8001'",
    ],
    "service-address": ["c.JupyterHub.services[0]['url'] = 'http://10.0.0.4:810'"],
    "no-confirm": ["c.JupyterHub.services.append({'name': 'wiki', 'oauth_no_confirm': True})"],
    "undefined-service": ["c.JupyterHub.load_roles.append({'name': 'r', 'services': ['nobody'], 'scopes': []})"],
    "open-services": ["c.JupyterHub.load_roles[1]['scopes'].append('access:services')"],
    "open-grader": [
        "c.JupyterHub.load_roles[1]['scopes'].append('access:services!service=grader')",
        "c.JupyterHub.load_roles[0]['scopes'].append('access:services!service=room-spring')",
    ],
    "no-culler": [
        "c.JupyterHub.services = [one for one in c.JupyterHub.services if one['name'] != 'culler']\n"
        "c.JupyterHub.load_roles = [one for one in c.JupyterHub.load_roles if one['name'] != 'culler']",
    ],
    "culler-scopes": [
        "[one for one in c.JupyterHub.load_roles if one['name'] == 'culler'][0]['scopes'].append('admin:users')",
        "[one for one in c.JupyterHub.load_roles if one['name'] == 'culler'][0]['scopes'].remove('delete:servers')",
    ],
    # starting seats
    "no-memory-limit": ["c.Spawner.mem_limit = None"],
    "no-processor-limit": ["c.Spawner.cpu_limit = None"],
    "open-tmp": ["c.SystemdSpawner.isolate_tmp = False"],
    "open-devices": ["c.SystemdSpawner.isolate_devices = False"],
    "seat-sudo": ["c.SystemdSpawner.disable_user_sudo = False"],
    "open-homes": ["c.SystemdSpawner.unit_extra_properties = {'ProtectHome': 'read-only'}"],
    "own-state-folder": ["c.SystemdSpawner.dynamic_users = True"],
    "own-settings": ["c.Spawner.disable_user_config = False"],
    "named-servers": ["c.JupyterHub.allow_named_servers = True"],
    "starts-at-once": ["c.JupyterHub.concurrent_spawn_limit = 0", "c.JupyterHub.concurrent_spawn_limit = 100_000"],
    "short-start": ["c.Spawner.start_timeout = 60", "c.Spawner.http_timeout = 5"],
    "no-seat-limit": ["c.JupyterHub.active_server_limit = 0"],
    "hub-gives-up": ["c.Spawner.consecutive_failure_limit = 5"],
    # the server in a seat
    "kernel-in-the-open": ["c.Spawner.args = ['--KernelManager.transport_encryption=disabled']"],
    "terminals": ["c.Spawner.args = ['--ServerApp.terminals_enabled=True']"],
    "seat-forgery": [
        "c.Spawner.args = ['--ServerApp.disable_check_xsrf=True']",
        "c.Spawner.args = ['--ServerApp.allow_origin=*']",
    ],
    "seat-as-root": ["c.Spawner.args = ['--ServerApp.allow_root=True']"],
    "secret-in-seats": [
        "c.Spawner.env_keep = ['PATH', 'CONFIGPROXY_AUTH_TOKEN']",
        "c.Spawner.environment = {'HELP': c.OAuthenticator.client_secret}",
    ],
    # from the browser to the hub
    "no-tls": ["c.JupyterHub.bind_url = 'http://0.0.0.0:8000'", "c.JupyterHub.bind_url = 'http://:8000'"],
    "forged-requests": ["c.JupyterHub.tornado_settings = {'xsrf_cookies': False}"],
    "other-origins": ["c.JupyterHub.tornado_settings = {'headers': {'Access-Control-Allow-Origin': '*'}}"],
    "in-frames": [
        "c.JupyterHub.tornado_settings = {'headers': {'Content-Security-Policy': \"frame-ancestors 'self'\"}}",
        "c.JupyterHub.tornado_settings = {'headers': {'content-security-policy': \"default-src 'self'\"}}",
    ],
    "cookie-prefix": ["c.JupyterHub.cookie_host_prefix_enabled = False"],
    "one-origin": [
        "c.JupyterHub.public_url = c.JupyterHub.subdomain_host; c.JupyterHub.subdomain_host = ''\n"
        "c.JupyterHub.cookie_host_prefix_enabled = False",
    ],
    "long-cookies": ["c.JupyterHub.cookie_max_age_days = 14"],
    "seats-after-leaving": ["c.JupyterHub.shutdown_on_logout = False"],
    "open-figures": ["c.JupyterHub.authenticate_prometheus = False"],
    "loud-log": ["c.JupyterHub.log_level = 'DEBUG'", "c.JupyterHub.debug_db = True", "c.Spawner.debug = True"],
    # the proxy and the way inside
    "open-proxy-door": ["c.ConfigurableHTTPProxy.api_url = 'http://10.0.0.4:803'"],
    "restart-ends-all": ["c.JupyterHub.cleanup_servers = True", "c.JupyterHub.cleanup_proxy = True"],
    "proxy-with-hub": ["c.ConfigurableHTTPProxy.should_start = True"],
    "open-hub-door": [
        "c.JupyterHub.hub_bind_url = 'http://0.0.0.0:802'",
        "c.JupyterHub.hub_bind_url = 'http://*:802'",
    ],
    "open-seats": ["c.Spawner.ip = '0.0.0.0'", "c.Spawner.ip = ''"],
    "trusted-fronts": ["c.JupyterHub.trusted_downstream_ips = ['10.0.0.4']"],
    "internal-tls": ["c.JupyterHub.internal_ssl = True"],
    # the disk
    "relative-path": ["c.JupyterHub.cookie_secret_file = 'cookie'", "c.JupyterHub.db_url = 'hub'"],
    "database-in-memory": ["c.JupyterHub.db_url = 'sqlite:///:memory:'", "c.JupyterHub.db_url = 'a://:b:c'"],
    "database-role": ["c.JupyterHub.db_url = 'postgresql+psycopg://postgres@127.0.0.1/hub'"],
    "database-wire": ["c.JupyterHub.db_url = 'postgresql+psycopg://hub@db.example/hub'"],
    "secret-in-the-file": ["c.OAuthenticator.client_secret = '6fa1cf3b0e4d2a917c58'"],
}

#: Rules whose mistake lies elsewhere: in a mode, a version, another spawner. Their tests are in test_check_around.py.
APART = {
    *("advisories", "announcements", "closed-python", "configuration-mode", "cookie-secret", "database-mode"),
    *("deleted-accounts", "environment-mode", "extension-manager", "formgrader-in-seats", "hub-folder", "no-limits"),
    *("no-https-address", "password-guessing", "proxy-token", "shared-account"),
}
