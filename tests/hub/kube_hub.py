"""A real hub that the values for the chart configure, without the cluster that it would be in."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

from singmuk.serving import free_port
from tests import bare_hub
from tests.desk_processes import clean
from tests.hub.kube import VALUES

#: What the chart reads as a setting of the hub's, and the setting.
CAMEL = {
    "concurrentSpawnLimit": "concurrent_spawn_limit",
    "activeServerLimit": "active_server_limit",
    "allowNamedServers": "allow_named_servers",
    "redirectToServer": "redirect_to_server",
    "shutdownOnLogout": "shutdown_on_logout",
    "authenticatePrometheus": "authenticate_prometheus",
}
PEOPLE = {
    "singmuk-participants": ["mei-ling", "kim"],
    "singmuk-trainers": ["tara"],
    "singmuk-auditors": ["ann"],
    "elsewhere": ["olaf"],
}
TOKENS = {name: name[0] * 40 for name in ("desk", "room", "grader")}
HUB = """\
import json
from jupyterhub.proxy import Proxy

class Nothing(Proxy):
    should_start = False
    routes = {{}}
    async def add_route(self, routespec, target, data): self.routes[routespec] = {{"target": target, "data": data}}
    async def delete_route(self, routespec): self.routes.pop(routespec, None)
    async def get_all_routes(self): return self.routes

c = get_config()
given = json.loads({given!r})
for name, fields in given["config"].items():
    c[name].update(fields)
c.JupyterHub.update(given["hub"])
c.JupyterHub.services = given["services"]
c.JupyterHub.load_roles = given["roles"]
# What the cluster has and this machine has not: a proxy beside it, an organisation's sign-in, pods.
c.JupyterHub.proxy_class = Nothing
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.load_groups = given["groups"]
c.JupyterHub.api_tokens = given["tokens"]
"""


def token(name: str) -> str:
    """Return the token of *name*."""
    return f"{name}-0123456789abcdef0123456789"


def settings() -> dict[str, Any]:
    """Return what the chart makes of the values, for a hub without a cluster."""
    hub = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]
    # The addresses are of Kubernetes Services, which are not here; there is no proxy that would go there either.
    services = [
        {"name": name, "api_token": TOKENS[name]} | {field: value for field, value in one.items() if field != "url"}
        for name, one in hub["services"].items()
    ]
    return {
        "config": hub["config"],
        "hub": {setting: hub[name] for name, setting in CAMEL.items()},
        "services": services,
        "roles": [{"name": name, **role} for name, role in hub["loadRoles"].items()],
        "groups": {name: {"users": people} for name, people in PEOPLE.items()},
        "tokens": {token(name): name for people in PEOPLE.values() for name in people},
    }


def await_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(address, timeout=2).status_code == 200:
                return
        assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")[-3000:]
        time.sleep(0.1)


@contextlib.contextmanager
def hub(folder: Path):
    """Run the hub that the values configure."""
    port = free_port(0)
    text = HUB.format(given=json.dumps(settings()), port=port, folder=folder)
    (folder / "hub.py").write_text(text, encoding="utf-8")
    (folder / "cookie").write_text("ab" * 32, encoding="utf-8")
    (folder / "cookie").chmod(0o600)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "hub.log").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", folder / "hub.py"],
            cwd=folder, stdout=said, stderr=said, env=clean() | {"PATH": path},
        )  # fmt: skip
    try:
        await_answer(f"http://127.0.0.1:{port}/hub/api/", process, folder / "hub.log")
        yield f"http://127.0.0.1:{port}/hub/api"
    finally:
        bare_hub.end(process)
