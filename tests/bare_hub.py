"""What hubs of the tests share that need no proxy: their configuration's beginning, and how a program is ended."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

#: The beginning of a jupyterhub_config.py, to be formatted with a `port`: the hub answers by itself.
WITHOUT_PROXY = """\
from jupyterhub.proxy import Proxy

class Nothing(Proxy):
    should_start = False
    async def add_route(self, routespec, target, data): self.routes[routespec] = {{"target": target, "data": data}}
    async def delete_route(self, routespec): self.routes.pop(routespec, None)
    async def get_all_routes(self): return self.routes
    routes = {{}}

c = get_config()
c.JupyterHub.proxy_class = Nothing
c.JupyterHub.bind_url = c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
"""


def end(process: subprocess.Popen[Any], patience: float = 20) -> None:
    """Ask *process* to end, and end it when it has not after *patience* seconds; nothing for one that has."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
