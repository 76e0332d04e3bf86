"""Build the book in both languages: Jupyter Book twice, side by side, into one folder of pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import yaml
from babel.messages.pofile import read_po
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

#: The editions: Sphinx's name of the language, and where its pages stand below _build/html.
EDITIONS = {"en": ("en", ""), "zh": ("zh_TW", "zh/")}
_STEP = re.compile(r"^(reading sources|copying images|writing output)\.\.\. *\[ *(\d+)%\]")
#: Share of the whole at which a step of Sphinx begins, and how much of it the step takes.
_SHARE = {"reading sources": (0, 55), "copying images": (55, 5), "writing output": (60, 40)}


class BuildError(Exception):
    """A book that cannot be built; the message says why."""


def edition_config(root: Path, edition: str) -> dict[str, Any]:
    """Return the configuration of *edition*: the book's own, with its language and the other's place."""
    config: dict[str, Any] = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    sphinx = config.setdefault("sphinx", {}).setdefault("config", {})
    sphinx["language"] = EDITIONS[edition][0]
    sphinx["singmuk_editions"] = {"other": "../" if edition == "zh" else EDITIONS["zh"][1]}
    return config


def edition_toc(root: Path, edition: str) -> dict[str, Any]:
    """Return the table of contents of *edition*: Jupyter Book adds the captions of parts after translating."""
    toc: dict[str, Any] = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    texts = root / "locale" / EDITIONS[edition][0] / "LC_MESSAGES" / f"{toc['root']}.po"
    if texts.is_file():
        with texts.open("rb") as file:
            catalog = read_po(file)
        for part in toc.get("parts", []):
            message = catalog.get(part.get("caption", ""))
            part["caption"] = message.string if message and message.string else part.get("caption")
    return toc


def _command(root: Path, edition: str, work: Path) -> list[str]:
    config = work / f"_config.{edition}.yml"
    toc = work / f"_toc.{edition}.yml"
    for path, data in ((config, edition_config(root, edition)), (toc, edition_toc(root, edition))):
        path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return [
        *(sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(root)),
        *("--path-output", str(work / edition), "--config", str(config), "--toc", str(toc)),
        *("-W", "-n", "--keep-going"),
    ]


def _run(command: list[str], log: Path, progress: Progress, task: TaskID) -> int:
    """Run *command*, keep what it prints in *log*, move the bar of *task*; return its exit code."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    with log.open("w", encoding="utf-8") as kept:
        process = subprocess.Popen(  # the interpreter and module are our own
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True, encoding="utf-8",
            errors="replace",
        )  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            kept.write(line)
            if found := _STEP.match(re.sub(r"\x1b\[[0-9;]*m", "", line)):
                start, share = _SHARE[found.group(1)]
                progress.update(task, completed=start + share * int(found.group(2)) / 100)
        return process.wait()


def _complaints(log: Path) -> str:
    """Return the lines of *log* that say what is wrong."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in log.read_text(encoding="utf-8").splitlines()]
    telling = [line for line in lines if re.search(r"WARNING|ERROR|: error|^scenarios/|^course/|fault\(s\)", line)]
    return "\n".join(telling or lines[-20:])


def build(root: Path) -> Path:
    """Build the book of the course *root* and return the folder of its pages.

    Raises `BuildError` with what Sphinx said when a page has a warning or an edition fails; the pages of the
    last good build stay.
    """
    root = root.resolve()
    work = root / "_build"
    try:
        work.mkdir(exist_ok=True)
        commands = {edition: _command(root, edition, work) for edition in EDITIONS}
    except (OSError, yaml.YAMLError) as fault:
        raise BuildError(f"{fault}; mend _config.yml or make {work} writable") from fault
    codes: dict[str, int] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:

        def run(edition: str) -> None:
            task = progress.add_task(f"Building the book ({edition})", total=100)
            codes[edition] = _run(commands[edition], work / f"{edition}.log", progress, task)
            progress.update(task, completed=100)

        threads = [threading.Thread(target=run, args=(edition,)) for edition in EDITIONS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failed := [edition for edition, code in codes.items() if code != 0]:
        said = dict.fromkeys(_complaints(work / f"{edition}.log") for edition in failed)
        logs = ", ".join(str(work / f"{edition}.log") for edition in failed)
        raise BuildError("the book has warnings or faults:\n" + "\n".join(said) + f"\n(the whole in {logs})")
    return _assemble(work)


def _assemble(work: Path) -> Path:
    """Bring the editions together in a new folder and put it in the place of the old one."""
    fresh, pages, old = work / "html.new", work / "html", work / "html.old"
    shutil.rmtree(fresh, ignore_errors=True)
    for edition, (_, place) in EDITIONS.items():
        shutil.copytree(work / edition / "_build" / "html", fresh / place, dirs_exist_ok=True)
    shutil.rmtree(old, ignore_errors=True)
    if pages.exists():
        pages.rename(old)
    fresh.rename(pages)
    shutil.rmtree(old, ignore_errors=True)
    return pages
