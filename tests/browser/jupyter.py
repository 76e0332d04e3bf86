"""A Jupyter server of its own: 127.0.0.1, a free port, a token, nothing from this user's home."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import TimeoutError as TimedOut

from .. import nine
from .drive import Keyboard

TOKEN = "only-for-this-test"
#: Neither news nor updates are looked for: no request leaves the machine.
SETTINGS = {"fetchNews": "false", "checkForUpdates": False}
#: In JupyterLab each seat has a workspace, so that nothing of another is opened with it.
PLACES = {"lab": "lab/workspaces/{seat}/tree", "notebook": "notebooks"}


class Jupyter:
    """JupyterLab or Notebook on a folder with two exercises and an exchange for one of them."""

    def __init__(self, app, work):
        self.app, self.work, self.home = app, work, work / "home"
        self.folder = nine.lay(self.home / nine.NAME)
        shutil.copytree(nine.ROOT / "exercises" / "pdpo-basics", self.home / "pdpo-basics")
        self.inbound = work / "exchange" / "genai" / "inbound"
        self.inbound.mkdir(parents=True)
        nine.lay(work / "exchange" / "genai" / "outbound" / nine.NAME)
        self._configure()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.site = f"http://127.0.0.1:{self.port}"
        self._start()

    def _configure(self):
        settings = self.work / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(SETTINGS), encoding="utf-8")
        (self.work / "config").mkdir()
        (self.work / "config" / "nbgrader_config.py").write_text(
            "c = get_config()\n"
            "c.CourseDirectory.course_id = 'genai'\n"
            f"c.Exchange.root = {str(self.work / 'exchange')!r}\n",
            encoding="utf-8",
        )

    def _start(self):
        own = {
            "HOME": "user",
            "IPYTHONDIR": "ipython",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        command = [
            *(str(Path(sys.executable).with_name(f"jupyter-{self.app}")), "--no-browser", "--ip=127.0.0.1"),
            *(f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
            *(f"--ServerApp.root_dir={self.home}", "--allow-root"),
        ]
        self.log = (self.work / "log").open("w")
        self.process = subprocess.Popen(
            command,
            env=os.environ | {name: str(self.work / place) for name, place in own.items()},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(240):
            try:
                self.api("status")
                return
            except OSError:
                time.sleep(0.25)
        raise AssertionError((self.work / "log").read_text(encoding="utf-8")[-3000:])

    def api(self, path, method="GET"):
        """Return what the server says at *path*."""
        request = urllib.request.Request(
            f"{self.site}/api/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def end_kernels(self):
        for kernel in self.api("kernels"):
            with contextlib.suppress(OSError):
                self.api(f"kernels/{kernel['id']}", "DELETE")

    def address(self, path, seat):
        return f"{self.site}/{PLACES[self.app].format(seat=seat)}/{path}?token={TOKEN}"

    def stop(self):
        self.end_kernels()
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Seat:
    """A participant's page with a notebook on it."""

    def __init__(self, jupyter, watched, path, **options):
        self.jupyter, self.view = jupyter, watched(**options)
        self.page = self.view.page
        self.page.set_default_timeout(60_000)
        self.path = path
        self.open()

    def open(self):
        self.page.goto(self.jupyter.address(self.path, f"seat-{id(self)}"))
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.page.locator(".jp-Cell .jp-RenderedMarkdown h1").first.wait_for()

    def menu(self, *names):
        for name in names:
            self.page.get_by_role("menuitem", name=name, exact=True).first.click()

    def run_all(self, items=9):
        """Choose Run ▸ Run All Cells and wait for the end of the exercise."""
        self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for(state="attached")
        for _ in range(6):
            self.menu("Run", "Run All Cells")
            # Jupyter does nothing, and says nothing, as long as the page has no kernel yet.
            with contextlib.suppress(TimedOut):
                self.page.locator("[data-singmuk-item]").first.wait_for(timeout=8_000)
                break
        self.await_items(items)

    def await_items(self, items=9):
        try:
            self.page.locator(".sx-finish").wait_for()
        except TimedOut:
            self.page.screenshot(path=self.jupyter.work / "no-finish.png")
            raise
        self.page.wait_for_function(
            "(n) => document.querySelectorAll('[data-singmuk-item] article.singmuk').length === n", arg=items
        )

    def card(self, name):
        return self.page.locator(f'[data-singmuk-item="{name}"] article.singmuk')

    def status(self, name):
        return self.card(name).locator(".sm-kept").inner_text().strip()

    def await_status(self, name, words):
        self.page.wait_for_function(
            """([name, words]) =>
              document.querySelector(`[data-singmuk-item="${name}"] .sm-kept`)?.textContent.trim() === words""",
            arg=[name, words],
        )

    def await_text(self, text):
        self.page.locator(".sx-finish, .sx-message").filter(has_text=text).first.wait_for()


class NotebookKeyboard(Keyboard):
    """Walks through one item in a notebook by Tab."""

    def __init__(self, page, name):
        self.page = page
        self.card = page.locator(f'[data-singmuk-item="{name}"] article.singmuk')
        self.card.wait_for()
        page.evaluate(
            """(name) => {
              const place = document.querySelector(`[data-singmuk-item="${name}"]`);
              const mark = document.createElement("span");
              mark.tabIndex = -1;
              place.prepend(mark);
              place.scrollIntoView();
              mark.focus();
            }""",
            name,
        )
