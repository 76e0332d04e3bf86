"""The machine's own nginx configuration, run by Debian's nginx on loopback before a real hub."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from singmuk.serving import free_port
from tests.hub.site import Running
from tests.hub.tls import Certificate

HOST = "course.test"
#: What stands around a site's file in /etc/nginx/nginx.conf, as far as it matters here.
AROUND = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/singmuk.conf;
}}
"""


def require_nginx() -> str:
    """Return where nginx is; else skip with the reason, or fail where SINGMUK_REQUIRE_NGINX is set."""
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found:
        return found
    reason = "nginx is not installed (Debian: apt-get install nginx-light)"
    if os.environ.get("SINGMUK_REQUIRE_NGINX"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Front:
    """An nginx that runs, and how to come to it."""

    port: int
    plain: int
    folder: Path
    certificate: Certificate

    @property
    def trust(self) -> ssl.SSLContext:
        """Return what believes the certificate."""
        return ssl.create_default_context(cafile=str(self.certificate.file))

    def client(self, address: str = "127.0.0.1") -> Client:
        """Return a browser at the *address*, one of the many that loopback has."""
        return Client(self, address)

    def connect(self) -> ssl.SSLSocket:
        """Return a bare connection."""
        return self.trust.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 30), server_hostname=HOST)


class Client(httpx.Client):
    """A browser that knows the front's name without a name server."""

    def __init__(self, front: Front, address: str) -> None:
        transport = httpx.HTTPTransport(verify=front.trust, local_address=address)
        host = {"host": f"{HOST}:{front.port}"}
        super().__init__(
            transport=transport, base_url=f"https://127.0.0.1:{front.port}", headers=host, timeout=60, trust_env=False
        )

    def request(self, *arguments: Any, **more: Any) -> httpx.Response:
        """Return the answer, the certificate checked for the front's name."""
        more["extensions"] = {"sni_hostname": HOST, **(more.get("extensions") or {})}
        return super().request(*arguments, **more)

    def try_password(self, name: str, password: str, path: str = "/hub/login") -> httpx.Response:
        """Return what a *password* for *name* brings."""
        token = {"_xsrf": self.cookies.get("_xsrf", "")}
        return self.post(path, params=token, data={"username": name, "password": password, **token})


@contextlib.contextmanager
def front(etc: Path, site: Running, port: int) -> Iterator[Front]:
    """Run nginx at *port* with the file that lies in *etc*, before the hub of *site*, while the block runs."""
    program, plain = require_nginx(), free_port(0)
    folder = Path(tempfile.mkdtemp(prefix="singmuk-front-"))
    folder.chmod(0o711)
    try:
        made = Certificate.make(folder, HOST)
        text = _moved(
            (etc / "nginx.conf").read_text(encoding="utf-8"),
            {
                r"listen (?:\[::\]:)?80;": f"listen 127.0.0.1:{plain};",
                r"listen (?:\[::\]:)?443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
                r"127\.0\.0\.1:801;": f"127.0.0.1:{site.site.port};",
                r"ssl_certificate +\S+;": f"ssl_certificate {made.file};",
                r"ssl_certificate_key +\S+;": f"ssl_certificate_key {made.key};",
            },
        )
        (folder / "singmuk.conf").write_text(text, encoding="utf-8")
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
        log = folder / "said.log"
        with log.open("wb") as said:
            command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
            process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")
                time.sleep(0.1)
            yield Front(port, plain, folder, made)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _moved(text: str, places: dict[str, str]) -> str:
    """Return *text* with each of *places*, which must be there, moved; the two families of an address become one."""
    for pattern, place in places.items():
        assert re.search(pattern, text), pattern
        text = re.sub(pattern, place, text)
    lines = text.splitlines()
    return "\n".join(line for number, line in enumerate(lines) if not number or line != lines[number - 1]) + "\n"
