"""Take in what was handed in to the desk and to nbgrader's exchange, whichever of the two is there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from sqlalchemy.engine import make_url

from singmuk.desk import settings as desk_settings
from singmuk.desk.store import Office, StoreError, open_office
from singmuk.gradebook.settings import GradebookError, Settings, hushed
from singmuk.grading import intake
from singmuk.grading.pieces import Piece, SourceError
from singmuk.grading.sources import HandedIn, Inbound

Track = Callable[[list[str]], Iterable[str]]


@dataclass(frozen=True)
class Sources:
    """Where an assignment's submissions come from when no folder and no file is named."""

    office: Office | None
    exchange: Inbound | None
    #: Words for people: where each of them is.
    places: tuple[str, ...]
    #: Whether nbgrader is told to look at due dates.
    by_due_date: bool = False

    def pieces(self, assignment: str) -> Iterator[Piece]:
        """Yield what was handed in for the *assignment*."""
        return chain.from_iterable(self._each(assignment))

    def _each(self, assignment: str) -> Iterator[Iterator[Piece]]:
        if self.office is not None:
            yield HandedIn(self.office.handins).pieces(assignment)
        if self.exchange is not None:
            yield self.exchange.pieces(assignment)


def desk_url(root: Path) -> str | None:
    """Return the address of the desk's database, None where there is none yet; raise `GradebookError`."""
    try:
        url = desk_settings.read(root).url
    except desk_settings.SettingsError as fault:
        raise GradebookError(str(fault)) from fault
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        return None
    return url


@contextlib.contextmanager
def opened(root: Path) -> Iterator[Office | None]:
    """Open the desk's store of the course *root*, None where there is none yet; raise `GradebookError`."""
    url = desk_url(root)
    if url is None:
        yield None
        return
    try:
        office = open_office(url)
        try:
            yield office
        finally:
            office.close()
    except StoreError as fault:
        raise GradebookError(f"the desk's database: {fault}") from fault


@contextlib.contextmanager
def sources(found: Settings) -> Iterator[Sources]:
    """Open the desk and the exchange of the course *found*; raise `SourceError` when neither is there."""
    with opened(found.root) as office:
        try:
            inbound, by_due_date = _exchange(found)
        except SourceError:
            if office is None:
                raise
            inbound, by_due_date = None, False
        if inbound is not None and office is not None and not inbound.folder.is_dir():
            inbound = None
        places = [] if office is None else [f"the desk ({_place(office, found.root)})"]
        places += [] if inbound is None else [f"nbgrader's exchange ({inbound.folder})"]
        yield Sources(office, inbound, tuple(places), by_due_date)


def _place(office: Office, root: Path) -> str:
    url = office.engine.url
    if url.get_backend_name() != "sqlite":
        return url.render_as_string(hide_password=True)
    path = Path(url.database or "")
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _exchange(found: Settings) -> tuple[Inbound, bool]:
    """Return the exchange's inbound folder as nbgrader is configured, and whether due dates count."""
    from nbgrader.exchange import ExchangeFactory  # noqa: PLC0415  (slow to load, and not needed by the room itself)
    from nbgrader.exchange.default import ExchangeCollect  # noqa: PLC0415

    with hushed():
        collecting = ExchangeFactory(config=found.config).Collect(coursedir=found.coursedir, config=found.config)
    if not isinstance(collecting, ExchangeCollect):
        raise SourceError(
            "nbgrader_config.py: the exchange is no folder; fetch with `nbgrader collect`, then collect from there"
        )
    if not found.coursedir.course_id:
        raise SourceError("nbgrader_config.py: c.CourseDirectory.course_id is empty; the exchange is named by it")
    folder = Path(collecting.root) / found.coursedir.course_id / "inbound"
    return Inbound(folder, collecting.timezone, collecting.check_owner), bool(collecting.before_duedate)


def due(found: Settings, name: str) -> datetime | None:
    """Return when the assignment *name* is due, as the gradebook has it."""
    from nbgrader.api import Gradebook, MissingEntry  # noqa: PLC0415

    with Gradebook(found.db_url, found.coursedir.course_id) as gradebook:
        try:
            date = gradebook.find_assignment(name).duedate
        except MissingEntry:
            return None
    return date.replace(tzinfo=UTC) if date else None


def places(found: Settings, name: str) -> intake.Places:
    """Return where submissions to the assignment *name* are kept; raise `IntakeError`."""
    directory = found.coursedir
    return intake.places(found.root / directory.release_directory, found.root / directory.submitted_directory, name)


def collect(found: Settings, name: str, there: Sources, track: Track = iter) -> intake.Report:
    """Take in what was handed in for the assignment *name*, and return what became of it.

    Raises `SourceError`, `IntakeError` and `StoreError`.
    """
    latest = due(found, name) if there.by_due_date and there.exchange else None
    return intake.take(there.pieces(name), places(found, name), due=latest, track=track)
