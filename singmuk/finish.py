"""The end of an exercise: what is still open, handing in, and the receipts."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import anywidget
import traitlets

from singmuk import damage, handin, receipt, responses
from singmuk.face import exercise
from singmuk.responses import Responses, ResponsesError
from singmuk.sitting import Sitting, with_text


class Finish(anywidget.AnyWidget):
    """What is still open, a button that hands in, and every receipt so far."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    receipts: Any = traitlets.List().tag(sync=True)
    obstacle = traitlets.Unicode(None, allow_none=True).tag(
        sync=True
    )  # None: the exchange takes it, or nobody knows yet
    message = traitlets.Any(None, allow_none=True).tag(sync=True)
    language = traitlets.Enum(("en", "zh"), "en").tag(sync=True)

    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        super().__init__(
            _esm=exercise.module("finish"),
            _css=exercise.style(),
            language=sitting.language,
        )
        self.refresh()
        self.observe(lambda change: sitting.speak(change.new), "language")
        self.on_msg(lambda _, content, __: self._asked(content))
        # nbgrader takes seconds to be imported, in which answers still have to be kept.
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        """See whether the desk or an exchange takes the exercise."""
        self.obstacle = (
            None if handin.desk() else handin.obstacle(self._sitting.folder, self._sitting.release["assignment"])
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_text(super()._repr_mimebundle_(**kwargs), as_text(self._sitting))

    def refresh(self) -> None:
        """Show what is open now, and the receipts in the folder."""
        sitting = self._sitting
        self.rows = rows(sitting)
        self.receipts = [
            one.model_dump() | {"file": path.name}
            for path, one in receipt.listed(sitting.folder, sitting.release["assignment"])
        ]

    def _asked(self, content: Any) -> None:
        ways: dict[object, receipt.Way] = {"hand-in": "desk" if handin.desk() else "exchange", "download": "file"}
        way = ways.get(content.get("do")) if isinstance(content, dict) else None
        if way:
            try:
                self._hand_in(way)
            except Exception as fault:  # a participant reads a sentence, whatever happened
                self._tell("failed", reason=str(fault).strip() or type(fault).__name__)

    def _tell(self, name: str, *, good: bool = False, **values: object) -> None:
        # The same words twice are told twice: each has its moment.
        self.message = {"words": exercise.both(f"finish.{name}", **values), "good": good, "moment": time.time()}

    def _hand_in(self, way: receipt.Way) -> None:
        """Hand in what is kept, or give it as a file; write the receipt and show it."""
        sitting = self._sitting
        sitting.save()
        if sitting.waiting:
            self._tell("unsaved")
            return
        if way == "exchange":
            self.obstacle = handin.obstacle(sitting.folder, sitting.release["assignment"])
            if self.obstacle:
                self._tell("how" if self.obstacle == "none" else self.obstacle)
                return
        try:
            found = self._handed(way)
        except ResponsesError:
            aside = damage.set_aside(sitting.path, sitting.release)
            sitting.restore()
            self._tell("damaged", file=aside.name if aside else responses.NAME)
            self.refresh()
        except (handin.HandInError, OSError) as fault:
            self._tell("failed", reason=str(fault))
        else:
            if found:
                self._receipt(receipt.make(found, sitting.release, way, datetime.now(UTC)), found.text())
            else:
                self._tell("nothing")

    def _handed(self, way: receipt.Way) -> Responses | None:
        """Hand in under the lock and return exactly what was handed in; None when there is nothing."""
        sitting = self._sitting
        if not sitting.path.exists():
            return None
        with responses.locked(sitting.path):
            found = responses.read(sitting.path)
            if found is None or all(given.response is None for given in found.responses.values()):
                return None
            responses.check(found, sitting.release)
            responses.write(sitting.path, found)  # in the form whose fingerprint the receipt names
            if way == "exchange":
                handin.submit(sitting.folder, sitting.release["assignment"])
            elif way == "desk" and (address := handin.desk()):
                handin.submit_to_desk(address, sitting.release["assignment"], found.text())
            return found

    def _receipt(self, made: receipt.Receipt, text: str) -> None:
        """Write the receipt and show it; a file of answers goes to the participant."""
        try:
            receipt.write(self._sitting.folder, made)
        except OSError as fault:
            self._tell("unwritten", reason=fault.strerror or fault)
            self.receipts = [made.model_dump() | {"file": None}, *self.receipts]
        else:
            done = "downloaded" if made.way == "file" else "handed"
            self._tell(done, good=True, n=made.answered, m=made.of)
            self.refresh()
        if made.way == "file":
            self.send({"file": responses.NAME, "text": text})


def rows(sitting: Sitting) -> list[dict[str, Any]]:
    """Return what a panel shows of each item: its id, its title and how far its response has come."""
    return [
        {"id": name, "title": item["title"], "state": receipt.state(item, sitting.given(name).response)}
        for name, item in sitting.items.items()
    ]


def as_text(sitting: Sitting) -> str:
    """Return the end of the exercise as text in both languages, for where nothing live can be shown."""
    listing = rows(sitting)
    whole = sum(row["state"] == "whole" for row in listing)
    lines = []
    for language in ("en", "zh"):
        lines.append(exercise.say("finish.progress", language, n=whole, m=len(listing)))
        opened = [exercise.plain(row["title"][language]) for row in listing if row["state"] != "whole"]
        lines += [f"{exercise.say('finish.open', language)}:", *(f"- {title}" for title in opened)] if opened else []
    return "\n".join(lines)
