"""The Chinese pages: keep the translation files in step with the English pages, and say what is missing."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from singmuk.faults import Fault
from singmuk.publish import EDITIONS, BuildError

LOCALE = EDITIONS["zh"][0]


def templates(root: Path) -> Path:
    """Return the folder of message templates extracted from the pages of the course *root*.

    Raises `BuildError` with what Sphinx said when the pages cannot be read.
    """
    work = (root / "_build" / "messages").resolve()
    shutil.rmtree(work, ignore_errors=True)
    command = [
        *(sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(root)),
        *("--path-output", str(work), "--builder", "custom", "--custom-builder", "gettext", "-W"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", errors="replace")
    found = work / "_build" / "gettext"
    if done.returncode != 0 or not found.is_dir():
        raise BuildError(f"the pages cannot be read for translation:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return found


def _catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _catalogs(found: Path, root: Path) -> list[tuple[Path, Path]]:
    """Return each page's template with the file of its translation."""
    folder = root / "locale" / LOCALE / "LC_MESSAGES"
    pots = sorted(path for path in found.rglob("*.pot") if path.parent != found or path.stem != "sphinx")
    return [(pot, folder / pot.relative_to(found).with_suffix(".po")) for pot in pots]


def faults(root: Path, found: Path | None = None) -> list[Fault]:
    """Return every message of the pages without a Chinese text, and every text whose message is gone."""
    found = found or templates(root)
    wrong: list[Fault] = []
    pairs = _catalogs(found, root)
    for pot, po in pairs:
        name = po.relative_to(root).as_posix() if po.is_relative_to(root) else str(po)
        if not po.is_file():
            wrong.append(Fault(name, 1, "file", "is missing; run `singmuk translate`, then fill it in"))
            continue
        wanted, given = _catalog(pot), _catalog(po)
        for message in wanted:
            if not message.id:
                continue
            text = given.get(message.id)
            line = text.lineno or 1 if text else 1
            if text is None:
                wrong.append(Fault(name, line, "msgid", f"{_short(message.id)} is new; run `singmuk translate`"))
            elif not text.string:
                wrong.append(Fault(name, line, "msgstr", f"{_short(message.id)} has no Chinese text; write it"))
            elif text.fuzzy:
                wrong.append(Fault(name, line, "msgstr", f"{_short(message.id)} has changed; read the text again"))
        wrong += [
            Fault(
                name,
                text.lineno or 1,
                "msgid",
                f"{_short(text.id)} is on no page now; run `singmuk translate`",
            )
            for text in given
            if text.id and text.id not in wanted
        ]
    known = {po for _, po in pairs}
    wrong += [
        Fault(path.relative_to(root).as_posix(), 1, "file", "belongs to no page; remove it")
        for path in sorted((root / "locale").rglob("*.po"))
        if path not in known and path.name != "sphinx.po"  # the theme's own words
    ]
    return sorted(wrong)


def _short(text: object) -> str:
    words = " ".join(str(text).split())
    return repr(words if len(words) <= 50 else words[:49] + "…")


def update(root: Path) -> list[Fault]:
    """Bring the translation files in step with the pages; return what is left to translate."""
    from sphinx_intl.basic import update as sphinx_intl_update  # noqa: PLC0415  (needed by authors alone)

    found = templates(root)
    with contextlib.redirect_stdout(io.StringIO()):
        sphinx_intl_update(str(root / "locale"), str(found), (LOCALE,), line_width=-1)
    for _, po in _catalogs(found, root):
        text = po.read_text(encoding="utf-8")
        # Dates of extraction would change every file at every run; texts of pages that went are in git.
        lines = [line for line in text.splitlines() if not line.startswith(('"POT-Creation', '"PO-Revision', "#~"))]
        po.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")
    return faults(root, found)
