"""Write what the units and the front are started with: `python -m singmuk.hub.machine.files [--root FOLDER]`.

Secrets that are missing in hub.env are made. Run it again after each change of machine.yml or the roster.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlalchemy.exc import SQLAlchemyError

from singmuk.hub import proxy, services
from singmuk.hub.access import CULLER
from singmuk.hub.check import reading
from singmuk.hub.machine import settings
from singmuk.hub.machine.hub import site
from singmuk.hub.machine.places import Places, instance
from singmuk.hub.machine.settings import ENVIRONMENT, MachineError, Setup
from singmuk.hub.roster import signin

#: Where the front finds its certificate and key.
CERTIFICATE, KEY = "tls/fullchain.pem", "tls/privkey.pem"


def make_secrets(places: Places) -> dict[str, str]:
    """Return the variables in hub.env, those added that were missing; raise `MachineError`."""
    path = places.etc / ENVIRONMENT
    try:
        found = reading.environment(path) if path.is_file() else {}
    except reading.ReadError as fault:
        raise MachineError(str(fault)) from fault
    wanted = [settings.PROXY, settings.CRYPT, settings.METRICS]
    machine = settings._machine(places.etc / settings.FILE, [])
    if machine:
        wanted += [settings.variable(one) for one in settings.services(machine)]
        wanted += [desk_secret(one.name) for one in machine.campaigns]
    added = {name: secrets.token_hex(32) for name in wanted if not found.get(name)}
    if added:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        lines = [line for line in text.splitlines() if line.partition("=")[0].strip() not in added]
        write(path, "\n".join([*lines, *(f"{name}={value}" for name, value in added.items())]) + "\n", 0o600)
    return found | added


def desk_secret(name: str) -> str:
    """Return the variable in hub.env with the secret of the desk of the campaign *name*."""
    return settings.variable(f"desk-{name}" if name else "desk").replace("TOKEN", "SECRET")


def write_all(setup: Setup) -> list[Path]:
    """Write the environments of the units and the front's file; return them; raise `OSError`."""
    found, places = site(setup), setup.places
    folder = places.etc / "services"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    files = {}
    for hosted in found.campaigns:
        for part in hosted.ports:
            values = services.environment(found, hosted, part) | _store(setup, hosted.campaign.name)
            if part == "desk":
                public = places.public(hosted.campaign)
                values["SINGMUK_DESK_RELEASES"] = str(public / "exercises")
                values["SINGMUK_DESK_BOOK"] = str(public / "book")
            files[folder / f"{part}-{instance(hosted.campaign)}.env"] = values
    limits = found.limits
    files[folder / "proxy.env"] = {
        proxy.TOKEN: found.proxy_token,
        "SINGMUK_PROXY_ARGUMENTS": " ".join(proxy.arguments(found)),
    }
    files[folder / "culler.env"] = {
        "JUPYTERHUB_API_URL": found.api,
        "JUPYTERHUB_API_TOKEN": setup.token(CULLER),
        "SINGMUK_CULLER_ARGUMENTS": f"--timeout={limits.idle} --cull-every=300 --max-age={limits.oldest}",
    }
    for path, values in files.items():
        write(path, "".join(f"{name}={quoted(value)}\n" for name, value in sorted(values.items())), 0o600)
    front = places.etc / "nginx.conf"
    write(front, nginx(setup), 0o644)
    return [*files, front]


def _store(setup: Setup, name: str) -> dict[str, str]:
    """Return where the desk of the campaign *name* keeps what it is given, and its secret."""
    database = f"SINGMUK_DESK_DATABASE{'_' + settings.variable(name)[len('SINGMUK_TOKEN_') :] if name else ''}"
    campaign = next(one for one in site(setup).campaigns if one.campaign.name == name).campaign
    default = f"sqlite:///{setup.places.desk(campaign) / 'desk.db'}"
    return {
        "SINGMUK_DESK_DATABASE": setup.environment.get(database) or default,
        "SINGMUK_DESK_SECRET": setup.environment[desk_secret(name)],
    }


def nginx(setup: Setup, template: Path | None = None) -> str:
    """Return the front's file for *setup*."""
    source = template or setup.places.programs / "share" / "nginx.conf"
    host = urlsplit(setup.machine.address).hostname or ""
    names = f"{host} *.{host}" if setup.machine.subdomains else host
    known = f"{host} 1;\n    *.{host} 1;" if setup.machine.subdomains else f"{host} 1;"
    text = source.read_text(encoding="utf-8")
    for name, value in {
        "@NAMES@": names,
        "@KNOWN@": known,
        "@PROXY@": f"127.0.0.1:{site(setup).port}",
        "@CERTIFICATE@": str(setup.places.etc / CERTIFICATE),
        "@KEY@": str(setup.places.etc / KEY),
    }.items():
        text = text.replace(name, value)
    return text


def quoted(value: str) -> str:
    """Return *value* as systemd reads it in an EnvironmentFile, and a shell as well."""
    return '"' + re.sub(r'(["\\$`])', r"\\\1", value) + '"'


def write(path: Path, text: str, mode: int) -> None:
    """Write *text* to the file *path* with *mode*, whole or not at all; raise `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@click.command()
@click.option("--root", type=click.Path(path_type=Path), help="The folder below which the machine's folders are.")
@click.option("--strike", is_flag=True, help="Write nothing; take whom the roster no longer lists out of the groups.")
def main(root: Path | None, *, strike: bool) -> None:
    """Write the units' environments and the front's file from machine.yml, roster.yml and hub.env."""
    places = Places.below(root)
    try:
        setup = settings.read(places.root, os.environ if strike else make_secrets(places))
        if strike:
            click.echo(f"{signin.strike(site(setup).database_url, setup.roster)} taken out of a group.")
            return
        for path in write_all(setup):
            click.echo(f"wrote {path}")
    except MachineError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    except SQLAlchemyError as fault:
        said = str(getattr(fault, "orig", fault)).splitlines()[0]
        raise click.ClickException(
            f"the hub's database: {said}; see that it runs, and its address in hub.env"
        ) from fault
    except OSError as fault:
        raise click.ClickException(f"{fault.filename}: {fault.strerror}; mend that and run this again") from fault


if __name__ == "__main__":
    main()
