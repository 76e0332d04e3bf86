"""A participant's sitting at an exercise: what is shown is what is kept, and each item says which it is."""

from __future__ import annotations

import contextlib
import errno
import getpass
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import anywidget

from singmuk import damage, responses
from singmuk.exercise.items import NAME as ITEMS
from singmuk.face import exercise
from singmuk.kinds.write import LONGEST
from singmuk.responses import Given, Responses, ResponsesError
from singmuk.scenario import ResponseError
from singmuk.widget import Item

Words = tuple[str, dict[str, object]]


class ReleaseError(Exception):
    """An exercise that is not whole; `place` and `values` are its words in both languages."""

    def __init__(self, place: str, **values: object) -> None:
        self.place, self.values = place, values
        super().__init__(exercise.say(place, "en", **values))


def read_release(folder: Path) -> dict[str, Any]:
    """Return the content of items.json in *folder*; raise `ReleaseError` when it is missing or broken."""
    try:
        release: dict[str, Any] = json.loads((folder / ITEMS).read_text(encoding="utf-8"))
        if release["format"] != 1 or not all(str(place["item"]["id"]) for place in release["items"]):
            raise ValueError("another format")
        return {"assignment": "", "release": "", "title": {"en": "", "zh": ""}} | release
    except FileNotFoundError as fault:
        raise ReleaseError("missing.release") from fault
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ReleaseError("missing.broken", reason=fault) from fault


def with_text(bundle: Any, text: str) -> Any:
    """Return a widget's *bundle* with *text* for where no widget can be shown."""
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return {**data, "text/plain": text}, metadata


class Live(Item):
    """An item in a notebook: it says that an answer is on its way until the kernel says that it is kept."""

    def __init__(self, text: str, **traits: Any) -> None:
        self._text = text
        anywidget.AnyWidget.__init__(self, _esm=exercise.module("item"), _css=exercise.style(), **traits)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_text(super()._repr_mimebundle_(**kwargs), self._text)


class Panel(Protocol):
    """What wants to know when something was kept."""

    language: str

    def refresh(self) -> None:
        """Show what is kept now."""


def clean(response: Any) -> Any:
    """Return *response* without what is no text: NUL and halves of surrogate pairs, which no file takes."""
    return re.sub("[\0\ud800-\udfff]", "", response) if isinstance(response, str) else response


def words_of(fault: OSError) -> Words:
    """Return what to say of a *fault* on the way to the disk."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "status.full", {}
    if fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "status.locked", {}
    return "status.fault", {"reason": fault.strerror or fault}


def _aside(aside: Path | None) -> Words | None:
    """Return what to say of a file that is now *aside*: it was damaged, or older than the exercise."""
    if aside is None:
        return None
    return f"status.{aside.stem.split('.')[1].split('-')[0]}", {"file": aside.name}


class Sitting:
    """The items of one folder that are shown in this kernel, and the file that keeps their responses."""

    def __init__(self, folder: Path, release: dict[str, Any]) -> None:
        self.folder, self.release = folder, release
        self.path = folder / responses.NAME
        self.items: dict[str, dict[str, Any]] = {str(place["item"]["id"]): place["item"] for place in release["items"]}
        self.language = "en"
        self.shown: list[Live] = []
        self.panels: list[Panel] = []
        self.kept: Responses | None = None
        self.waiting: dict[str, Given] = {}  # changed, and not yet on the disk
        self.apart: set[str] = set()  # shown otherwise than it is kept: a story without an ending yet
        self.told: dict[str, Words] = {}
        self._showing = False
        self._notice: Words | None = None
        self.restore()

    def restore(self) -> None:
        """Read what was kept before; what cannot be read is set aside and said with every item."""
        self._notice = None
        self._sweep()
        try:
            self.kept = self._read()
        except ResponsesError:
            try:
                self._notice = _aside(damage.set_aside(self.path, self.release))
            except OSError as fault:
                self._notice = ("status.unset", {"reason": fault.strerror or fault})
            with contextlib.suppress(ResponsesError):
                self.kept = self._read()
        if self.kept:
            self.language = "zh" if self.kept.language == responses.TAGS["zh"] else "en"

    def _sweep(self) -> None:
        """Remove what a process that died left half written; whoever writes now holds the lock."""
        with contextlib.suppress(OSError):
            if stale := list(self.folder.glob(f".{responses.NAME}.*.new")):
                with responses.locked(self.path):
                    for path in stale:
                        path.unlink(missing_ok=True)

    def _read(self) -> Responses | None:
        """Return what is kept; raise `ResponsesError` when it cannot be read or is of another release."""
        found = responses.read(self.path)
        if found:
            responses.check(found, self.release)
        return found

    def given(self, name: str) -> Given:
        """Return what was given last to the item *name*, kept or not yet."""
        known = self.kept.responses if self.kept else {}
        return self.waiting.get(name) or known.get(name) or Given(day=date.today())

    def show(self, name: str) -> Live:
        """Return the item *name*, live, as it was left; raise `ReleaseError` when there is none."""
        if name not in self.items:
            raise ReleaseError("missing.item", name=repr(name))
        if not self.waiting:
            with contextlib.suppress(ResponsesError):
                self.kept = self._read()  # another kernel may have written
        given = self.given(name)
        live = Live(
            exercise.as_text(self.items[name]),
            item=self.items[name],
            answer=None,  # graded: what is best stays with the trainer
            response=given.response,
            first=given.first,
            confidence=given.confidence,
            language=self.language,
            seed=self._seed(),
        )
        self.shown.append(live)
        if name in self.told or self._notice:
            self._say(name, self.told.get(name) or self._notice)
        live.observe(lambda _: self._changed(live), ["response", "confidence"])
        live.observe(lambda change: self.speak(change.new), "language")
        return live

    def _seed(self) -> str:
        """Return what the order of choices depends on: the same for a participant at each visit, and no name."""
        try:
            user = getpass.getuser()
        except (OSError, KeyError):  # a container's user may have no entry
            user = ""
        return hashlib.sha256(f"{user}/{self.release['release']}".encode()).hexdigest()[:16]

    def _changed(self, live: Live) -> None:
        if self._showing:
            return
        name = str(live.item["id"])
        response = clean(live.response)
        self.apart.discard(name)
        try:
            responses.accept(self.items[name], response)
        except ResponseError:
            self.apart.add(name)
            if self.items[name]["kind"] != "branch":
                long = isinstance(response, str)
                self._say(name, ("status.long", {"n": f"{LONGEST:,}"}) if long else ("status.refused", {}))
                return
            response = None
        try:
            given = Given(response=response, confidence=live.confidence, day=date.today())
        except ValueError:
            self._say(name, ("status.refused", {}))
            return
        before = self.given(name)
        if (before.response, before.confidence) == (given.response, given.confidence) and name not in self.waiting:
            self._say(name, self._done(name))
            return
        self.waiting[name] = given
        self.save()

    def _done(self, name: str) -> Words | None:
        return ("status.unfinished", {}) if name in self.apart else None

    def save(self) -> None:
        """Keep all that is waiting; what cannot be kept waits for the next change, and says so."""
        for name, given in list(self.waiting.items()):
            try:
                said = self._keep(name, given)
            except OSError as fault:
                problem = words_of(fault)
            except ResponsesError as fault:
                problem = ("status.fault", {"reason": fault})
            else:
                # A change that came in between waits on.
                if self.waiting.get(name) is given:
                    del self.waiting[name]
                self._say(name, said)
                continue
            for waiting in self.waiting:
                self._say(waiting, problem)
            break
        self._mirror()

    def _keep(self, name: str, given: Given) -> Words | None:
        """Write what was *given*, past a damaged file as well; return what there is to say besides that it is kept."""
        try:
            self.kept = responses.keep(self.path, self.release, name, given, self.language)
            return self._done(name)
        except ResponsesError:
            said = _aside(damage.set_aside(self.path, self.release))
            self.kept = responses.keep(self.path, self.release, name, given, self.language)
            return said or self._done(name)

    def _say(self, name: str, words: Words | None) -> None:
        """Show *words* with the item *name*; None says that its answer is kept."""
        if words:
            self.told[name] = words
        else:
            self.told.pop(name, None)
        for live in self.lives(name):
            live.status = exercise.say(words[0], self.language, **words[1]) if words else "kept"

    def lives(self, name: str) -> Iterator[Live]:
        """Yield the places where the item *name* is shown."""
        return (live for live in self.shown if live.item["id"] == name)

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        """Change what is shown without taking it for a participant's change."""
        before, self._showing = self._showing, True
        try:
            yield
        finally:
            self._showing = before

    def _mirror(self) -> None:
        """Bring every item to what is kept: another tab or kernel may have answered it."""
        with self._quietly():
            for live in self.shown:
                name = str(live.item["id"])
                if name not in self.apart and name not in self.waiting:
                    given = self.given(name)
                    live.set_trait("response", given.response)
                    live.set_trait("confidence", given.confidence)
                    live.set_trait("first", given.first)
        for panel in self.panels:
            panel.refresh()

    def speak(self, language: str) -> None:
        """Show everything in *language* and remember it."""
        if self._showing or language == self.language:
            return
        self.language = language
        with self._quietly():
            for one in [*self.shown, *self.panels]:
                one.language = language
            for name, words in list(self.told.items()):
                self._say(name, words)
        with contextlib.suppress(OSError, ResponsesError):  # it is asked for again with the next answer
            responses.keep_language(self.path, self.release, language)
