"""A real hub that the values for the chart configure, without the cluster that it would be in."""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from singmuk.hub.kubernetes import files
from singmuk.hub.names import PARTS, Campaign
from singmuk.serving import free_port
from tests import bare_hub
from tests.conftest import ROOT
from tests.desk_processes import clean
from tests.hub.container import HUBS, only
from tests.hub.kube import VALUES

#: What the chart reads as a setting of the hub's, and the setting.
CAMEL = {
    "concurrentSpawnLimit": "concurrent_spawn_limit",
    "activeServerLimit": "active_server_limit",
    "allowNamedServers": "allow_named_servers",
    "redirectToServer": "redirect_to_server",
    "shutdownOnLogout": "shutdown_on_logout",
    "authenticatePrometheus": "authenticate_prometheus",
    "templatePaths": "template_paths",
    "templateVars": "template_vars",
}
#: An address at which nothing answers, on any machine: the port that is for throwing away.
NOBODY = "http://127.0.0.1:9"
#: Where images/hub.Dockerfile lays the package.
PACKAGE = "/srv/singmuk"
#: Where the roster lies in the hub's pod.
MOUNTED = "/etc/singmuk/roster.yml"
PEOPLE = {
    "singmuk-participants": ["mei-ling", "kim"],
    "singmuk-trainers": ["tara"],
    "singmuk-auditors": ["ann"],
    "elsewhere": ["olaf"],
}
TOKENS = {Campaign(name).service(part): f"{part}-{name}-0123456789abcdef" for name in ("", "spring") for part in PARTS}
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
# In the chart's order: what it sets by itself, hub.config, hub.extraConfig.
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 0}}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.update(given["hub"])
c.KubeSpawner.environment = given["environment"]
c.JupyterHub.services = given["services"]
for name, fields in given["config"].items():
    c[name].update(fields)
c.JupyterHub.load_roles = given["roles"]
for _, code in sorted(given["extra"].items()):
    exec(code)
# What the cluster has and this machine has not: a proxy beside it, an organisation's sign-in, pods.
c.JupyterHub.proxy_class = Nothing
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.auto_login = False
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.api_tokens = given["tokens"]
if given["groups"] is not None:
    c.JupyterHub.load_groups = given["groups"]
    c.DummyAuthenticator.allow_all = True
"""


def token(name: str) -> str:
    """Return the token of *name*."""
    return f"{name}-0123456789abcdef0123456789"


def settings(
    over: Sequence[Path], people: Mapping[str, Sequence[str]], roster: Path | None, shown: bool
) -> dict[str, Any]:
    """Return what the chart makes of the values and of those *over* them, for a hub without a cluster."""
    values = files.read([VALUES, *over])
    assert not values.faults
    hub = values.data["hub"]
    # The addresses are of Kubernetes Services, which are not here; there is no proxy that would go there either. Where
    # services have some, the hub shows them on its page; at its start it waits a second for each, and warns.
    services = []
    for name, one in hub["services"].items():
        told = {field: value for field, value in one.items() if field != "url"}
        services.append({"name": name, "api_token": TOKENS[name]} | told | ({"url": NOBODY} if shown else {}))
    told = {setting: hub[name] for name, setting in CAMEL.items()}
    told["template_paths"] = [str(ROOT / Path(one).relative_to(PACKAGE)) for one in told["template_paths"]]
    return {
        "config": hub["config"],
        "hub": told,
        "environment": values.data["singleuser"]["extraEnv"],
        "services": services,
        "roles": [{"name": name, **role} for name, role in hub["loadRoles"].items()],
        "extra": {name: code.replace(MOUNTED, str(roster)) for name, code in hub.get("extraConfig", {}).items()},
        "groups": None if roster else {name: {"users": [*members]} for name, members in people.items()},
        "tokens": {token(name): name for members in people.values() for name in members},
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
def hub(
    folder: Path,
    *over: Path,
    people: Mapping[str, Sequence[str]] = PEOPLE,
    roster: Path | None = None,
    instead: str = "",
    shown: bool = False,
) -> Iterator[str]:
    """Run the hub that the values configure, and those *over* them, with the packages of its image alone.

    *people* have tokens; who is in which group, they or the *roster* say. *instead* is configuration that a test
    wants otherwise. Services that are *shown* have an address, at which nobody is.
    """
    port = free_port(0)
    text = HUB.format(given=json.dumps(settings(over, people, roster, shown)), port=port, folder=folder) + instead
    (folder / "hub.py").write_text(text, encoding="utf-8")
    if not (folder / "cookie").exists():
        (folder / "cookie").write_text("ab" * 32, encoding="utf-8")
        (folder / "cookie").chmod(0o600)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "hub.log").open("wb") as said:
        process = subprocess.Popen(
            [*only("hub", HUBS), "-f", folder / "hub.py"],
            cwd=folder, stdout=said, stderr=said, env=clean() | {"PATH": path, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    try:
        await_answer(f"http://127.0.0.1:{port}/hub/api/", process, folder / "hub.log")
        yield f"http://127.0.0.1:{port}/hub/api"
    finally:
        bare_hub.end(process)


#: The form of the login page holds this.
XSRF = re.compile(r'name="_xsrf" value="([^"]+)"')


@contextlib.contextmanager
def browser(api: str, name: str) -> Iterator[httpx.Client]:
    """Give a client in which *name* has signed in, by https as the cluster's proxy says of everybody."""
    # The way from the proxy to the hub is http, by which a client of its own accord sends no cookie that is for https.
    held: dict[str, str] = {}

    def sending(request: httpx.Request) -> None:
        request.headers["cookie"] = "; ".join(f"{one}={value}" for one, value in held.items())

    def answered(answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            one, _, value = line.partition(";")[0].partition("=")
            # One that is taken away tells nothing.
            assert "secure" in line.lower() or value in ("", chr(34) * 2), f"the cookie {one} would go by http as well"
            held[one] = value

    headers = {"host": "course.example", "x-forwarded-proto": "https", "sec-fetch-mode": "navigate"}
    hooks = {"request": [sending], "response": [answered]}
    base = api.removesuffix("/hub/api")
    with httpx.Client(base_url=base, headers=headers, event_hooks=hooks, timeout=30) as client:
        page = client.get("/hub/login")
        found = XSRF.search(page.text)
        assert page.status_code == 200 and found, page.text[-2000:]
        form = {"username": name, "password": "any", "_xsrf": html.unescape(found[1])}
        answer = client.post("/hub/login", data=form)
        assert answer.status_code == 302, answer.text[-2000:]
        yield client
