"""The trainer's room: nbgrader's formgrader on this course, for this machine alone, with nothing else beside it."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from http.client import responses
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from nbgrader.server_extensions.formgrader import handlers
from tornado import web
from tornado.web import RequestHandler
from traitlets.config import Config

from singmuk.gradebook import settings, tables
from singmuk.serving import LOOPBACK

TOKEN = "SINGMUK_TRAINER_TOKEN"
FORMGRADER = "nbgrader.server_extensions.formgrader"
#: Paths below a submission that are neither the formgrader's ways to the next one nor its own files.
FILES = r"(?!components/)[^/]+/(?!(?:next|prev)(?:_incorrect)?/?$)(.+)"
SUBMISSIONS = re.compile(r"gradebook/[a-z0-9-]+/[a-z0-9-]+")
START = "/formgrader/manage_assignments"
#: A page may run and load what this server has, ask nobody else, and stand in nobody's frame. The formgrader
#: writes its scripts into its pages; what people wrote is escaped there, and a test tries to break out of it.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
WRAPPED = "\n.output_area pre { white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; }\n"
ELSEWHERE = "This room shows submissions, points and comments. Open the course's files in your file manager or editor: "


class Ours(JupyterHandler):
    """What this server answers itself."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say in a line what was not done; the page that the server has for it asks who it is, too early at times."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {responses.get(status_code, 'refused')}\n")


class Door(Ours):
    """Leads to the list of assignments; nbgrader's own door also reads settings from any folder it is given.

    With `to=gradebook/NAME/NAME` it leads to the submissions of an assignment, and the secret stays behind.
    """

    @web.authenticated
    def get(self) -> None:
        """Redirect to the list of assignments, or to the submissions of one."""
        to = self.get_query_argument("to", "")
        place = f"/formgrader/{to}" if SUBMISSIONS.fullmatch(to) else START
        self.redirect(f"{self.base_url.rstrip('/')}{place}")


class Elsewhere(Ours):
    """Says where a file is that the formgrader links to and this server does not show."""

    @web.authenticated
    def get(self, path: str) -> None:
        """Name the file *path*."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(ELSEWHERE + path.removeprefix("./"))


class Nowhere(Ours):
    """Answers for what is not there, once it is known who asks; nbgrader's own does not ask, and fails at it."""

    @web.authenticated
    def get(self) -> None:
        """Say that there is nothing."""
        raise web.HTTPError(404)


class Style(Ours):
    """Gives the formgrader's style sheet, with what lets a long text be read without scrolling sideways."""

    @web.authenticated
    def get(self) -> None:
        """Send the style sheet."""
        sheet = Path(handlers.static_path) / "css" / "formgrade.css"
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish(sheet.read_text(encoding="utf-8") + WRAPPED)


class Room(ServerApp):
    """A Jupyter server without kernels, terminals, files and notebooks: the formgrader needs none of them."""

    #: Open already when the room is started with others.
    listening: socket.socket | None = None
    default_services = ("auth",)  # type: ignore[assignment]  # a shorter tuple than the base class has
    #: Addresses below the base, and what answers at them.
    more: tuple[tuple[str, type[RequestHandler]], ...] = ()

    def init_signal(self) -> None:
        """Stop at the first Ctrl-C, on a terminal or not, without asking back."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop(from_signal=True))

    def _find_http_port(self) -> None:
        if self.listening is None:
            super()._find_http_port()

    def _bind_http_server(self) -> None:
        if self.listening is None:
            super()._bind_http_server()
        else:
            self.listening.setblocking(False)
            self.http_server.add_socket(self.listening)

    def load_server_extensions(self) -> None:
        """Put our doors before the formgrader's."""
        base = self.base_url.rstrip("/")
        self.web_app.add_handlers(  # type: ignore[no-untyped-call]
            ".*$",
            [
                (rf"{base}/(?:formgrader)?/?", Door),
                # The server would give any file of the course, state/ with everybody's answers among them.
                (rf"{base}/(?:tree|notebooks|edit|files|view)/(.*)", Elsewhere),
                # A file that somebody handed in would be a page of this server.
                (rf"{base}/formgrader/submissions/{FILES}", Elsewhere),
                (rf"{base}/formgrader/static/css/formgrade\.css", Style),
                *((rf"{base}{path}", handler) for path, handler in self.more),
            ],
        )
        handlers.Template404 = Nowhere
        super().load_server_extensions()


def configuration(root: Path, port: int, token: str) -> Config:
    """Return the server's settings."""
    config = Config()
    config.ServerApp.ip = LOOPBACK
    config.ServerApp.port = port
    config.ServerApp.port_retries = 0
    config.ServerApp.root_dir = str(root)
    config.ServerApp.allow_root = True  # some run in a container; the address is this machine's alone
    config.ServerApp.allow_remote_access = False
    config.ServerApp.open_browser = False
    config.ServerApp.terminals_enabled = False
    config.ServerApp.log_level = logging.ERROR
    config.ServerApp.jpserver_extensions = {FORMGRADER: True}
    config.ServerApp.tornado_settings = {"headers": HEADERS}
    config.IdentityProvider.token = token
    config.IdentityProvider.cookie_options = {"samesite": "Strict"}
    config.PasswordIdentityProvider.hashed_password = ""
    config.FormgradeExtension.debug = False
    return config


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """Keep the server out of the user's own settings and files, and its log to what matters."""
    with tempfile.TemporaryDirectory(prefix="singmuk-trainer-") as folder:
        places = {
            name: f"{folder}/{name}"
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        }
        before = {name: os.environ.get(name) for name in [*places, "JUPYTER_TOKEN", "JUPYTER_CONFIG_PATH"]}
        os.environ.update(places)
        os.environ.pop("JUPYTER_TOKEN", None)
        os.environ.pop("JUPYTER_CONFIG_PATH", None)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def serve(root: Path, port: int, announce: Any, listening: socket.socket | None = None) -> None:
    """Serve the formgrader on the course *root* at *port* of this machine until Ctrl-C, *listening* where that is open.

    *announce* is called with the address. Raises `settings.GradebookError` when there is no gradebook to open.
    """
    found = settings.read(root)
    tables.connect(found).dispose()
    # Whoever starts the room with others says by which secret; it stands in no list of processes.
    token = os.environ.pop(TOKEN, "") or secrets.token_urlsafe(32)
    address = f"http://{LOOPBACK}:{port}/formgrader?token={token}"
    run(found.root, Room, configuration(found.root, port, token), lambda: announce(address), listening)


def run(
    root: Path, sort: type[Room], config: Config, ready: Callable[[], object], listening: socket.socket | None = None
) -> None:
    """Run the server that is of the *sort*, in the course *root*, until it is told to stop; call *ready* once it is."""
    with _aside(), contextlib.chdir(root):
        app = sort(config=config)
        app.listening = listening
        app.initialize([], find_extensions=False)
        app.log.setLevel(logging.ERROR)
        for name in ("nbgrader", "traitlets", "tornado.access"):
            logging.getLogger(name).setLevel(logging.ERROR)
        # The server begins to listen once its loop runs; only then is the address any good.
        app.io_loop.add_callback(ready)
        app.start()
