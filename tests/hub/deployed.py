"""The course on a machine that systemd runs, put there by the commands of hub/machine/README.md, word for word."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tornado.netutil import bind_sockets

from tests.conftest import ROOT
from tests.hub import oidc
from tests.hub.booted import Machine
from tests.hub.seated import Kernel
from tests.hub.tls import Certificate

HOST, LOGIN = "course.example", "login.example"
GUIDE = ROOT / "hub" / "machine" / "README.md"
#: Where the organisation's sign-in listens on the machine, behind a front of its own.
PORT = 9000
#: Where the certificate lies that somebody has bought.
CHAIN, KEY = "/root/chain.pem", "/root/key.pem"
ROSTER = """\
admins: [boss]
campaigns:
- participants: [kim, lee]
  trainers: [tara]
"""
#: How the hub numbers somebody, and with it their unit.
NUMBER = """\
import sqlite3, sys
hub = sqlite3.connect("/var/lib/singmuk/hub/hub.sqlite")
print(hub.execute("select id from users where name = ?", sys.argv[1:]).fetchone()[0])
"""
AROUND = """\
server {{
    listen 443 ssl http2;
    server_name {login};
    ssl_certificate {file};
    ssl_certificate_key {key};
    location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host $host; }}
}}
"""


def commands(step: int) -> str:
    """Return the commands of a *step* of the guide, a line each."""
    text = GUIDE.read_text(encoding="utf-8").split(f"\n## {step}. ", 1)[1].split("\n## ", 1)[0]
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    return "\n".join(lines) + "\n"


@dataclass
class Deployed:
    """The machine with the course on it, and the organisation whose people come."""

    machine: Machine
    organisation: oidc.Organisation
    certificate: Certificate
    address: str = f"https://{HOST}/"

    @property
    def desk(self) -> str:
        """Return where a browser finds the desk."""
        return self.part("desk")

    def part(self, part: str) -> str:
        """Return where a browser finds *part*."""
        return f"https://{part}--service.{HOST}/services/{part}/"

    def sign_in(self, page: Any, name: str) -> None:
        """Sign in as *name* at the organisation, to which the hub's *page* leads."""
        self.organisation.present = name
        page.locator("a", has_text="Sign in with").first.click()

    def show(self, unit: str, name: str) -> str:
        """Return what systemd says of the property *name* of a *unit*."""
        return self.machine.do(f"systemctl show --property={name} --value {shlex.quote(unit)}")

    def seat(self, name: str) -> Seated:
        """Return the running seat of *name*, with a kernel in it."""
        number = self.machine.do(f"/opt/singmuk/venv/bin/python -c {shlex.quote(NUMBER)} {shlex.quote(name)}")
        unit = f"singmuk-seat-{number}.service"
        pid = self.show(unit, "MainPID")
        found = self.machine.do(f"tr '\\0' '\\n' </proc/{pid}/environ")
        given = dict(line.split("=", 1) for line in found.splitlines() if "=" in line)
        return Seated(self, unit, pid, given)


class Seated(Kernel):
    """A seat that systemd has started; what runs in its kernel is held as the unit is."""

    def __init__(self, where: Deployed, unit: str, pid: str, environment: dict[str, str]) -> None:
        self.machine, self.unit, self.pid, self.environment = where.machine, unit, pid, environment
        self.account = environment["USER"]
        self.home = Path(environment["HOME"])
        self.machine.inside(
            lambda: Kernel.__init__(self, environment["JUPYTERHUB_SERVICE_URL"], environment["JUPYTERHUB_API_TOKEN"])
        )

    def run(self, code: str) -> Any:
        """Run *code* in the kernel, and return what it leaves in `answer`."""
        return self.machine.inside(lambda: Kernel.run(self, code))

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return the answer of the seat's server at *path* to the seat's own token."""
        return self.machine.inside(lambda: Kernel.ask(self, method, path, **more))


@contextlib.contextmanager
def deployed(machine: Machine, folder: Path, book: Path) -> Iterator[Deployed]:
    """Put the course onto the *machine* as the guide says, with the built *book*, while the block runs."""
    certificate = Certificate.make(folder, HOST, LOGIN)
    _around(machine, folder, certificate)
    _programs(machine)
    _values(machine)
    # The book was built for other tests; here only what is done with it matters.
    build = re.search(r"^setpriv .*\\\n.*singmuk book --no-serve\n", commands(5), re.MULTILINE)
    assert build
    laid = f"install -d -o singmuk-grader -g singmuk-grader _build\ncp -R {shlex.quote(str(book))} _build/html\n"
    machine.do(commands(5).replace(build.group(), f"{laid}chown -R singmuk-grader:singmuk-grader _build\n"))
    with oidc.organisation(lambda: machine.inside(lambda: bind_sockets(PORT, "127.0.0.1"))) as organisation:
        machine.do("/opt/singmuk/bin/apply")
        yield Deployed(machine, organisation, certificate)


def _around(machine: Machine, folder: Path, certificate: Certificate) -> None:
    """Give the machine its names, an authority that it believes, and the organisation's sign-in."""
    front = folder / "login.conf"
    front.write_text(AROUND.format(login=LOGIN, port=PORT, file=CHAIN, key=KEY), encoding="utf-8")
    machine.put(certificate.file, CHAIN)
    machine.put(certificate.key, KEY)
    machine.put(front, "/etc/nginx/conf.d/login.conf")
    machine.do(f"""
        echo '127.0.0.1 {HOST} {LOGIN}' >>/etc/hosts
        cp {CHAIN} /usr/local/share/ca-certificates/of-the-tests.crt
        update-ca-certificates
    """)


def _programs(machine: Machine) -> None:
    """Do the guide's third step, with the files of this tree for a clone of it."""
    clone = "git clone YOUR-COPY-OF-THE-COURSE /root/singmuk\n"
    text = commands(3)
    assert clone in text
    copy = f"git -C {ROOT} ls-files -z | tar -C {ROOT} --null --files-from=- -cf - | tar -C /root/singmuk -xf -\n"
    machine.fetch("rm -rf /root/singmuk\n" + text.replace(clone, copy))


def _values(machine: Machine) -> None:
    """Do the guide's fourth step: what an editor would do to the three files, and then its other lines."""
    text = "".join(f"{line}\n" for line in commands(4).splitlines() if not line.startswith("editor "))
    assert "CHAIN.pem" in text and "KEY.pem" in text and commands(4).count("editor ") == 3
    given = {"OAUTH_CLIENT_ID": oidc.CLIENT, "OAUTH_CLIENT_SECRET": oidc.KEY}
    for name, value in given.items():
        machine.do(f"sed -i 's/^{name}=$/{name}={value}/' /etc/singmuk/hub.env")
    machine.do(f"""
        sed -i '/name: spring/d' /etc/singmuk/machine.yml
        printf '%s' {shlex.quote(ROSTER)} >/etc/singmuk/roster.yml
    """)
    machine.do(text.replace("CHAIN.pem", CHAIN).replace("KEY.pem", KEY))
