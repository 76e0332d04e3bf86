"""Rules about what lies on the disk: the database, secrets, folders and their modes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import LOOPBACK, Finished, mode

#: Bits of a mode with which others than the owner come in, and with which they write.
OTHERS, WRITE = 0o077, 0o022
SUPERUSERS = {"postgres", "root", "pgsql"}
#: Modes of TLS to a database that are sure to encrypt.
ENCRYPTED = {"require", "verify-ca", "verify-full"}


def database(hub: Finished) -> Path | None:
    """Return the database's file; None where it has none."""
    found = hub.database
    if found is None or found.get_backend_name() != "sqlite" or found.database in (None, "", ":memory:"):
        return None
    return hub.path(str(found.database))


@rule("database-mode", "error")
def database_mode(hub: Finished) -> Iterator[Said]:
    """The hub makes its database readable by everybody; who reads it knows everybody's name and when they came."""
    path = database(hub)
    found = mode(path) if path else None
    if path and found is not None and found & OTHERS:
        yield hub.hub.at("db_url"), f"{path} has mode {found:04o}", f"chmod 0600 {path}, and UMask=0077 for the hub"


@rule("hub-folder", "error")
def folder(hub: Finished) -> Iterator[Said]:
    """The folder of database and cookie secret is closed to others, whatever modes the files in it get."""
    # Where a relative path leads is known only once something lies there.
    names = (str(hub.database.database if hub.database else ""), str(hub.hub["cookie_secret_file"]))
    paths = zip(names, (database(hub), cookie(hub)), strict=True)
    for place in sorted({path.parent for name, path in paths if path and (Path(name).is_absolute() or path.exists())}):
        found = mode(place)
        if found is not None and found & OTHERS:
            yield hub.hub.at("db_url"), f"{place} has mode {found:04o}", f"chmod 0700 {place}"


def cookie(hub: Finished) -> Path | None:
    """Return the file of the cookie's secret; None where it is no file."""
    name = hub.hub["cookie_secret_file"]
    return hub.path(str(name)) if name and "cookie_secret" not in hub.hub.placed else None


@rule("cookie-secret", "error")
def cookie_secret(hub: Finished) -> Iterator[Said]:
    """Who has the cookie's secret signs in as anybody."""
    path = cookie(hub)
    found = mode(path) if path else None
    if path and found is not None and found & OTHERS:
        yield hub.hub.at("cookie_secret_file"), f"{path} has mode {found:04o}", f"chmod 0600 {path}"
    if path and found is not None and found & 0o777 == 0o600 and path.stat().st_size < 64:
        yield hub.hub.at("cookie_secret_file"), f"{path} is short", f"`openssl rand -hex 32 > {path}`"


@rule("relative-path", "warning")
def relative(hub: Finished) -> Iterator[Said]:
    """A hub started in another folder makes a new database, and nobody's work is there."""
    found = hub.database
    names = {"cookie_secret_file": "" if cookie(hub) is None else str(hub.hub["cookie_secret_file"])}
    if found is not None and database(hub):
        names["db_url"] = str(found.database)
    for name, value in names.items():
        if value and not Path(value).is_absolute():
            yield hub.hub.at(name), f"{value} is below wherever the hub is started", "write the whole path"


@rule("database-in-memory", "error")
def memory(hub: Finished) -> Iterator[Said]:
    """A hub that forgets everything at each start leaves seats running that it does not know."""
    found = hub.database
    if found is None:
        yield hub.hub.at("db_url"), "is no address of a database", "write sqlite:////… or postgresql+psycopg://…"
    elif found.get_backend_name() == "sqlite" and found.database in (None, "", ":memory:"):
        yield hub.hub.at("db_url"), "is kept in memory only", "name a file"


@rule("database-role", "error")
def role(hub: Finished) -> Iterator[Said]:
    """The hub needs its own tables; as the database's master it could read and drop everybody else's."""
    found = hub.database
    if found is not None and found.username in SUPERUSERS:
        yield hub.hub.at("db_url"), f"signs in as {found.username}", "make a role of its own without superuser"


@rule("database-wire", "error")
def wire(hub: Finished) -> Iterator[Said]:
    """To a database on another machine, names and the password travel in the open unless told otherwise."""
    found = hub.database
    if found is None or found.get_backend_name() != "postgresql" or not found.host or found.host in LOOPBACK:
        return
    if found.query.get("sslmode") not in ENCRYPTED and not str(found.host).startswith("/"):
        yield hub.hub.at("db_url"), f"asks {found.host} without TLS", "add ?sslmode=verify-full"


@rule("configuration-mode", "error")
def configuration(hub: Finished) -> Iterator[Said]:
    """Who writes the configuration is the hub, and the hub is root."""
    path = Path(hub.file).resolve()
    found = mode(path)
    if found is not None and found & WRITE:
        yield path.name, f"has mode {found:04o}: others write it", f"chmod go-w {path}"
    above = mode(path.parent)
    if above is not None and above & WRITE and not above & 0o1000:
        yield path.name, f"lies in {path.parent} with mode {above:04o}: others replace it", f"chmod go-w {path.parent}"


@rule("environment-mode", "error")
def environment(hub: Finished) -> Iterator[Said]:
    """The file of the hub's environment holds its secrets: the sign-in's, the proxy's, the services'."""
    if not hub.environment_file:
        return
    found = mode(Path(hub.environment_file))
    if found is not None and found & OTHERS:
        yield hub.environment_file, f"has mode {found:04o}", f"chmod 0600 {hub.environment_file}"


@rule("secret-in-the-file", "error")
def secret(hub: Finished) -> Iterator[Said]:
    """A configuration is shown, copied and kept in git; a secret in it is everybody's."""
    told = set()
    for setting, value in hub.secrets():
        if len(value) > 5 and value in hub.source and value not in told:
            told.add(value)
            advice = "move it to the hub's environment file with mode 0600, and read os.environ"
            yield setting, "stands in the file itself", advice


@rule("closed-python", "error")
def python(hub: Finished) -> Iterator[Said]:
    """A Python below a closed home is none for seats and services; a service that cannot start stops the hub."""
    if not hub.local:
        return
    command = hub.spawner["cmd"] or [""]
    first = Path(str(command[0]))
    for place in [first.parent, *first.parents] if first.is_absolute() else []:
        found = mode(place)
        if found is not None and not found & 0o001:
            fact = f"is {first}, and {place} has mode {found:04o}: no seat may run it"
            yield hub.spawner.at("cmd"), fact, "put the environment where all may read it, such as /opt/singmuk"
            return
