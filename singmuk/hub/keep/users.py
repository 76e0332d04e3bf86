"""The people of one campaign in the hub's own database: taken out when whoever erases a campaign says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from singmuk.desk.store.engine import reason
from singmuk.hub.keep import databases
from singmuk.hub.keep.erase import alone, rewrite
from singmuk.hub.keep.holdings import KeepError
from singmuk.hub.names import ROLES, Campaign

OURS = "singmuk-"


@contextmanager
def _session(url: str) -> Iterator[Any]:
    """Yield the hub's own way into its database, which knows what hangs on a person; raise `KeepError`."""
    from jupyterhub import orm  # noqa: PLC0415  (the other commands need no hub)
    from jupyterhub.orm import DatabaseSchemaMismatch  # noqa: PLC0415

    found = make_url(url)
    if found.get_backend_name() == "postgresql":
        found = found.set(drivername="postgresql+psycopg")
    try:
        session = orm.new_session_factory(found.render_as_string(hide_password=False))()
    except DatabaseSchemaMismatch as fault:
        raise KeepError(
            f"{databases.shown(url)}: is of another version of the hub; run `jupyterhub upgrade-db`"
        ) from fault
    except SQLAlchemyError as fault:
        raise KeepError(f"{databases.shown(url)}: {reason(fault)}; mend that and run the command again") from fault
    try:
        yield session
    except SQLAlchemyError as fault:
        session.rollback()
        raise KeepError(f"{databases.shown(url)}: {reason(fault)}; mend that and run the command again") from fault
    finally:
        session.close()
        session.get_bind().dispose()


def count(url: str, campaign: Campaign) -> tuple[int, int]:
    """Return how many people of the *campaign* would go from the hub, and how many only leave its groups."""
    with _session(url) as session:
        go, stay = _people(session, campaign)
        return len(go), len(stay)


def _people(session: Any, campaign: Campaign) -> tuple[list[Any], list[Any]]:
    from jupyterhub import orm  # noqa: PLC0415

    mine = {campaign.group(role) for role in ROLES}
    groups = session.query(orm.Group).filter(orm.Group.name.in_(mine)).all()
    people = {user.id: user for group in groups for user in group.users}
    stay = {
        number
        for number, user in people.items()
        if user.admin or any(group.name.startswith(OURS) and group.name not in mine for group in user.groups)
    }
    return [user for number, user in people.items() if number not in stay], [people[number] for number in stay]


def remove(url: str, campaign: Campaign) -> tuple[int, int]:
    """Delete the people of the *campaign* from the hub at *url*; return how many went, and how many left its groups.

    Who is in another campaign, or an admin, stays. Raises `KeepError`, also while the hub runs.
    """
    alone(url)
    mine = {campaign.group(role) for role in ROLES}
    with _session(url) as session:
        go, stay = _people(session, campaign)
        for user in stay:
            user.groups = [group for group in user.groups if group.name not in mine]
        for user in go:
            session.delete(user)
        session.commit()
    rewrite(url)
    return len(go), len(stay)
