"""Build what is generated: schema/, and through nbgrader source/, exercises/ and solutions/."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.converters import BaseConverter, GenerateAssignment, GenerateSolution, NbGraderException
from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from traitlets.config import Config

from singmuk import exercise, load, schema
from singmuk.assignment import Assignment

#: The folders whose files are generated, committed and never edited.
FOLDERS = ("source", "exercises", "solutions")
#: Files a notebook server leaves beside what it opened; nbgrader ignores them too.
_IGNORED = {".ipynb_checkpoints", "__pycache__"}
#: The content of each generated file by its path in the course.
Files = dict[str, bytes]


class BuildError(Exception):
    """Folders that cannot be built; the message says where, what and what to do."""


def _config(work: Path) -> Config:
    config = Config()
    config.CourseDirectory.root = str(work)
    # A gradebook of its own: building must not touch anybody's points.
    config.CourseDirectory.db_url = f"sqlite:///{work / 'gradebook.db'}"
    config.CourseDirectory.release_directory = "exercises"
    config.CourseDirectory.solution_directory = "solutions"
    # The same bytes each time: neither times nor the random ids of widgets.
    config.Execute.record_timing = False
    config.Execute.store_widget_state = False
    config.Execute.timeout = 120
    # Two kernels at once cannot take each other's port; a relative place would be sought where the notebook is.
    config.KernelManager.transport = "ipc"
    config.KernelManager.ip = str(work / "kernel")
    config.Application.log_level = logging.ERROR
    return config


@contextmanager
def _environment(root: Path, work: Path) -> Iterator[None]:
    """Tell a solution's kernel what it is and where the course is, and nbgrader where its tools are."""
    # To make a gradebook nbgrader runs `alembic`, which is beside our interpreter but maybe not on the path.
    tools = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    ours = {"SINGMUK_SOLUTION": "1", "SINGMUK_COURSE": str(root.resolve()), "PATH": tools}
    ours["IPYTHONDIR"] = str(work / "ipython")  # what somebody has IPython do at its start is not in a solution
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _convert(kind: type[BaseConverter], work: Path, name: str) -> None:
    """Run nbgrader's converter *kind* on the assignment *name* of the course *work*; raise `BuildError`."""
    config = _config(work)
    log = logging.getLogger("singmuk.build.nbgrader")
    log.propagate = False
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    handler.setLevel(logging.ERROR)
    log.handlers = [handler]
    coursedir = CourseDirectory(config=config, log=log)
    coursedir.assignment_id = name
    converter: Any = kind(coursedir=coursedir, config=config)
    converter.log = log
    try:
        converter.start()
    except (NbGraderException, OSError, SystemExit) as fault:
        raise BuildError(f"source/{name}: nbgrader cannot convert it: {'; '.join(said) or fault}") from fault


def _solved(path: Path, name: str) -> bytes:
    """Return the solution in the file *path* without what depends on the machine; raise `BuildError` for an error."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    # The version of the interpreter that made it is nobody's business, and changes the bytes.
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error" or output.get("name") == "stderr":
                told = output.get("evalue") or "".join(output.get("text", []))
                cell_name = cell["metadata"].get("nbgrader", {}).get("grade_id", cell["id"])
                raise BuildError(f"solutions/{name}: the cell {cell_name} fails: {told.strip()[:300]}")
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _build(course: load.Course, assignment: Assignment, work: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file that *assignment* generates with its content, made in the temporary course *work*."""
    name = assignment.id
    content = exercise.release(assignment, course.scenarios, course.root / "scenarios" / "pictures")
    source = work / "source" / name / f"{name}.ipynb"
    source.parent.mkdir(parents=True)
    try:
        text = exercise.notebook_text(exercise.source_notebook(assignment, course.scenarios, content["release"]))
    except ValueError as fault:
        raise BuildError(f"assignments/{name}.yml: {fault}") from fault
    source.write_text(text, encoding="utf-8")
    yield f"source/{name}/{name}.ipynb", source.read_bytes()
    _convert(GenerateAssignment, work, name)
    yield f"exercises/{name}/{name}.ipynb", (work / "exercises" / name / f"{name}.ipynb").read_bytes()
    yield f"exercises/{name}/items.json", exercise.release_text(content).encode("utf-8")
    _convert(GenerateSolution, work, name)
    yield f"solutions/{name}/{name}.ipynb", _solved(work / "solutions" / name / f"{name}.ipynb", name)


def wanted(course: load.Course) -> Files:
    """Return the content of every generated file of *course* by its path; nothing in the course changes.

    Raises `BuildError`. A progress bar shows on a terminal.
    """
    files: Files = {f"schema/{name}": text.encode("utf-8") for name, text in schema.schemas().items()}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        tempfile.TemporaryDirectory(prefix="singmuk-build-") as folder,
        _environment(course.root, Path(folder)),
    ):
        task = progress.add_task("Building", total=4 * len(course.assignments))
        for name, assignment in course.assignments.items():
            progress.update(task, description=f"Building {name}")
            for path, content in _build(course, assignment, Path(folder).resolve()):
                files[path] = content
                progress.advance(task)
    return files


def _present(root: Path) -> set[str]:
    """Return the path of every file that lies where generated files do."""
    found = {f"schema/{path.name}" for path in (root / "schema").glob("*.json")}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if (path.is_file() or path.is_symlink()) and not _IGNORED & set(path.relative_to(root).parts):
                found.add(path.relative_to(root).as_posix())
    return found


def _generated(path: str) -> bool:
    """Return whether a file called *path* can only have been generated, so that it may be removed."""
    parts = Path(path).parts
    return parts[0] == "schema" or (len(parts) == 3 and parts[2] in (f"{parts[1]}.ipynb", "items.json"))


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == content


def _compare(root: Path, files: Files) -> tuple[list[str], list[str], list[str]]:
    """Return which of *files* are not so in *root*, which have no use any more, and which are foreign there."""
    unlike = sorted(path for path, content in files.items() if not _same(root / path, content))
    over = sorted(_present(root) - set(files))
    return unlike, [path for path in over if _generated(path)], [path for path in over if not _generated(path)]


def _foreign(paths: list[str]) -> list[str]:
    return [f"{path}: is not generated; move it away, it would be handed to every participant" for path in paths]


def stale(root: Path) -> list[str]:
    """Return what `singmuk build` would change in the course *root*, a sentence for each file.

    Raises `load.CourseError` and `BuildError`.
    """
    unlike, over, foreign = _compare(root, wanted(load.sound_course(root)))
    return [
        *(f"{path}: is {'stale' if (root / path).exists() else 'missing'}; run `singmuk build`" for path in unlike),
        *(f"{path}: has no use any more; run `singmuk build`" for path in over),
        *_foreign(foreign),
    ]


def build(root: Path) -> list[str]:
    """Bring the generated folders of the course *root* up to date; return the paths of the files that changed.

    All is made elsewhere and written beside its place first: when anything fails, what was there stays.
    Raises `load.CourseError` and `BuildError`.
    """
    files = wanted(load.sound_course(root))
    unlike, over, foreign = _compare(root, files)
    if foreign:
        raise BuildError("\n".join(_foreign(foreign)))
    try:
        _swap(root, {path: files[path] for path in unlike}, over)
    except OSError as fault:
        raise BuildError(f"{fault.filename or root}: {fault.strerror or fault}; mend that and build again") from fault
    return [*unlike, *over]


def _swap(root: Path, files: Files, over: list[str]) -> None:
    """Put *files* in their places in *root* and take away those that are *over*."""
    if not files and not over:
        return
    (root / "_build").mkdir(exist_ok=True)
    # On the same disk, so that a full one is met before anything is replaced.
    with tempfile.TemporaryDirectory(prefix="build-", dir=root / "_build") as folder:
        staged = {path: Path(folder) / str(number) for number, path in enumerate(files)}
        for path, content in files.items():
            staged[path].write_bytes(content)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        for path, place in staged.items():
            place.replace(root / path)
    for path in over:
        (root / path).unlink()
        parent = (root / path).parent
        if path.split("/")[0] in FOLDERS and not _left(parent):
            shutil.rmtree(parent)


def _left(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name not in _IGNORED]
