"""Which versions of tables this machine's programs understand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from singmuk.desk.store.engine import MIGRATIONS
from singmuk.hub.keep.archive import Manifest
from singmuk.hub.keep.holdings import KeepError

#: Who made the tables, and what brings them to the present version.
MAKERS = {
    "desk": ("singmuk", "the desk does so when it starts"),
    "gradebook": ("nbgrader", "run `nbgrader db upgrade`"),
    "hub": ("jupyterhub", "run `jupyterhub upgrade-db`"),
}


def _place(name: str) -> Path | None:
    """Return where the versions of the database *name* are described, None where its program is not installed."""
    if name == "desk":
        return MIGRATIONS
    found = importlib.util.find_spec(MAKERS[name][0])
    return Path(found.origin).parent / "alembic" if found and found.origin else None


def check(manifest: Manifest) -> list[str]:
    """Return what has to be done after putting back older tables; raise `KeepError` for tables that are too new."""
    todo, faults = [], []
    for one in manifest.databases:
        place = _place(one.name)
        program, advice = MAKERS[one.name]
        if place is None:
            faults.append(f"{one.name}: {program} is not installed here; install it, then try again")
        elif one.revision is not None:
            config = Config()
            config.set_main_option("script_location", str(place))
            script = ScriptDirectory.from_config(config)
            if one.revision not in {known.revision for known in script.walk_revisions()}:
                newer = f"its tables are at {one.revision}, which this {program} does not know"
                faults.append(f"{one.name}: {newer}; install the version that made the archive ({manifest.made})")
            elif one.revision != script.get_current_head():
                todo.append(f"The {one.name}'s tables are of an older {program}: {advice}.")
    if faults:
        raise KeepError("\n".join(faults))
    return todo
