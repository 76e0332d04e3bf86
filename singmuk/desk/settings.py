"""The desk's settings: one file, the environment over it, and every fault at once."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AwareDatetime, Field
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted, field_faults
from singmuk.hub.names import NAME, ROLES, Campaign
from singmuk.lang import Record, Text, field_name
from singmuk.scenario import Id

FILE = "desk.yml"
#: A variable of the environment with this before a setting's name goes before the file.
PREFIX = "SINGMUK_DESK_"
#: What the hub tells a service that it starts.
HUB_BASE = "JUPYTERHUB_SERVICE_PREFIX"
NOTICE = {
    "en": (
        "This page keeps the answers that you choose or write, the day you gave them, and the moment you hand in.\n\n"
        "They serve to grade this assignment and to tell you what was right. Your trainer sees them under a number; "
        "the desk keeps no name and no address. They are erased when the campaign closes.\n\n"
        "Whom to ask: your trainer."
    ),
    "zh": (
        "本頁會儲存你選擇或撰寫的答案、作答日期，以及遞交的時間。\n\n"
        "這些資料用於為此練習評分，以及向你說明正確做法。導師看到的只是編號；作答平台不儲存姓名和地址。"
        "活動結束後，資料會予以刪除。\n\n"
        "查詢：請聯絡導師。"
    ),
}


#: Variables with the prefix that are no settings.
OTHERS = ("SINGMUK_DESK_COURSE", "SINGMUK_DESK_FILE", "SINGMUK_DESK_LOG")
#: What a field must be, where the general words do not tell or would show a secret.
ADVICE = {
    "base": "must begin and end with a slash, such as /services/desk/",
    "origin": "must be https:// and a host and no more, such as https://course.example",
    "seats": "must be a scheme, a host and a port, as seats on this machine or cluster ask: http://127.0.0.1:8500",
    "secret": "must be a text of at least 32 characters; `openssl rand -hex 32` makes one",
    "metrics-token": "must be a text of at least 16 characters; `openssl rand -hex 16` makes one",
    "database": "must be a text, sqlite:///… or postgresql+psycopg://…",
    "closes": "must be a moment with its zone, such as 2026-12-01T18:00:00+08:00",
    "campaign": "must be up to 30 of a-z, 0-9 and -, such as spring; empty for the hub's first campaign",
}


ORIGIN = r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
DATABASES = ("sqlite", "postgresql+psycopg")


class SettingsError(Exception):
    """Settings that cannot be used; the message names every fault, a line each."""


class Groups(Record):
    """Which groups of the hub decide what somebody may do."""

    participants: str | None = Field(None, description="None: everybody whom the hub lets in")
    trainers: str = "singmuk-trainers"
    auditors: str = "singmuk-auditors"


class Settings(Record):
    """What a deployer may set; what is left out is right for one person on a laptop."""

    database: str = Field("sqlite:///state/desk.db", description="sqlite:///PATH or postgresql+psycopg://…")
    identity: Literal["local", "hub"] = "local"
    base: str = Field("/", pattern=r"^/([A-Za-z0-9._~@%-]+/)*$", description="The path before every address")
    origin: str | None = Field(None, pattern=ORIGIN, description="https://course.example")
    seats: str | None = Field(None, pattern=ORIGIN, description="By which other name seats ask: http://127.0.0.1:8500")
    host: str = "127.0.0.1"
    port: int = Field(8500, ge=0, le=65535)
    processes: int = Field(1, ge=1, le=64)
    releases: str = Field("exercises", description="The folder of releases; never scenarios/")
    book: str = Field("_build/html", description="The folder of the built book")
    secret: str | None = Field(None, min_length=32, description="Signs cookies; made in state/ when left out")
    room: str | None = Field(None, description="The address of the trainer's room, shown to trainers")
    contact: Text | None = None
    notice: Text = Text.model_validate(NOTICE)
    closes: dict[Id, AwareDatetime] = Field({}, description="Assignment: the moment after which nothing is taken")
    campaign: str | None = Field(
        None, pattern=f"^({NAME.pattern})?$", description="Names the hub's groups; groups goes before it"
    )
    groups: Groups = Groups()
    opaque: bool = Field(True, description="Participants by a number that only the secret leads back to")
    saves_per_minute: int = Field(120, ge=1, le=6000)
    metrics_token: str | None = Field(None, min_length=16)
    root: Path = Field(Path(), description="The course's folder; not to be set", exclude=True)

    def checks(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield what is wrong between fields."""
        try:
            url = make_url(self.database)
            if url.drivername not in DATABASES:
                yield ("database",), "is neither SQLite nor PostgreSQL; write sqlite:///… or postgresql+psycopg://…"
            elif url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
                yield ("database",), "names no file; write sqlite:///state/desk.db"
            elif self.processes > 1 and url.get_backend_name() == "sqlite":
                yield ("processes",), "several processes need PostgreSQL; set database, or processes to 1"
        except (ArgumentError, ValueError):
            yield ("database",), "is no address; write sqlite:///… or postgresql+psycopg://…"
        loopback = self.host in ("127.0.0.1", "::1", "localhost")
        if self.identity == "local" and not loopback:
            yield (
                ("host",),
                f"{self.host} lets others in, and `local` knows one person; use 127.0.0.1, or identity: hub",
            )
        if self.identity == "local" and self.processes > 1:
            yield ("processes",), "one person needs one process; set it to 1"
        if self.origin and self.origin.startswith("http://") and urlsplit(self.origin).hostname not in LOCAL_NAMES:
            yield ("origin",), "is not https; cookies would travel in the open; put TLS in front and write https://…"
        if self.processes > 1 and not self.secret:
            yield ("secret",), f"is missing; several processes share one: set {PREFIX}SECRET"

    @property
    def url(self) -> str:
        """Return the database's address; a file lies below the course's folder."""
        url = make_url(self.database)
        if url.get_backend_name() == "sqlite" and url.database:
            url = url.set(database=str(self.root / url.database))
        return url.render_as_string(hide_password=False)

    @property
    def state(self) -> Path:
        """Return the folder in which the desk keeps its own secret."""
        return self.root / "state"

    @property
    def secure(self) -> bool:
        """Return whether people reach the desk by https."""
        return bool(self.origin and self.origin.startswith("https://"))

    def cookie(self, name: str) -> str:
        """Return the whole name of the cookie *name*, another one for each desk of a host.

        A browser takes `__Host-` over https alone, and from nobody else.
        """
        place = re.sub(r"[^A-Za-z0-9.~_-]", "-", self.base.strip("/").removeprefix("services/"))
        own = "" if place in ("", "desk") else f"-{place}"
        return f"{'__Host-' if self.secure else ''}singmuk-{name}{own}"


LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


def read(root: Path, environment: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Return the settings of the desk on the course *root*; raise `SettingsError` with every fault."""
    environment = os.environ if environment is None else environment
    path = file or root / FILE
    data: dict[str, Any] = {}
    faults: list[Fault] = []
    lines = yaml_lines.read(path) if path.is_file() else None
    if file and lines is None:
        raise SettingsError(f"{file}: does not exist; name the file of the desk's settings, or leave it out")
    if lines is not None:
        faults += [Fault(path.name, line, dotted(place, "settings"), text) for line, place, text in lines.faults]
        if isinstance(lines.data, dict):
            data = dict(lines.data)
        elif lines.data is not None:
            faults.append(Fault(path.name, 1, "settings", "must be a group of fields, a name and a value each"))
    if HUB_BASE in environment:
        data.setdefault("base", environment[HUB_BASE])
    named = _from_environment(environment, data)
    _name_groups(data)
    told = {fault.field for fault in faults}
    for place, message in _wrong(data, root):
        name = str(place[0]) if place else ""
        if name in named:
            faults.append(Fault(named[name], 1, dotted(place, "settings"), message))
        elif dotted(place, "settings") not in told:
            line = lines.line(place) if lines else 1
            faults.append(Fault(path.name, line, dotted(place, "settings"), message))
    if faults:
        raise SettingsError("\n".join(str(fault) for fault in sorted(set(faults))))
    return Settings.model_validate_json(_json(data)).model_copy(update={"root": root.resolve()})


def _from_environment(environment: Mapping[str, str], data: dict[str, Any]) -> dict[str, str]:
    """Put the environment's settings into *data* and return by which variable each is set."""
    named = {}
    fields = Settings.model_fields
    for variable in environment:
        field = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or variable in OTHERS:
            continue
        # What else is there may be somebody else's: Kubernetes writes SINGMUK_DESK_SERVICE_HOST.
        if field in fields or get_close_matches(field, fields, n=1, cutoff=0.8):
            value = environment[variable]
            # A secret of digits is text; a number is one where the setting is.
            text = field not in fields or fields[field].annotation in (str, str | None)
            data[field_name(field)] = value if text else _value(value)
            named[field_name(field)] = variable
    return named


def _name_groups(data: dict[str, Any]) -> None:
    """Put the groups into *data* that its campaign's name gives, where none is named."""
    name, named = data.get("campaign"), data.get("groups", {})
    if isinstance(name, str) and isinstance(named, dict) and (not name or NAME.fullmatch(name)):
        data["groups"] = {role: Campaign(name).group(role) for role in ROLES} | named


def _value(text: str) -> Any:
    """Return the YAML *text* as plain data, a day or moment in it as text; *text* itself when it is none."""
    try:
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, TypeError, ValueError):
        return text


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, default=str)


def _wrong(data: dict[str, Any], root: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if "root" in data:
        yield ("root",), "is not to be set; start the desk in the course's folder or name it with --course"
        return
    yield from _unknown(data, root)
    found = list(field_faults(Settings, data))
    for place, message in found:
        name = str(place[0]) if place else ""
        general = message.startswith("is ") or (name == "closes" and "datetime" not in message)
        yield place, message if general else ADVICE.get(name, message)
    if not found:
        yield from Settings.model_validate_json(_json(data)).checks()


def _unknown(data: dict[str, Any], root: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the assignments that close and are not there, as far as there is a folder of releases."""
    folder, closes = data.get("releases", Settings.model_fields["releases"].default), data.get("closes")
    if not isinstance(folder, str) or not isinstance(closes, dict) or not (root / folder).is_dir():
        return
    known = sorted(path.parent.name for path in (root / folder).glob("*/items.json"))
    for name in closes:
        if str(name) not in known:
            near = get_close_matches(str(name), known, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(known)}" if known else "build it"
            yield ("closes", name), f"is no assignment in {folder}/; {advice}"
