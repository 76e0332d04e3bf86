"""Make the pages that the benchmark of the face opens: one item, made in each way, in one small book."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from singmuk.kinds.choose import Choose
from singmuk.load import Course, sound_course
from singmuk.markdown import html
from singmuk.scenario import Message

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = "paste-the-complaint"
#: The widget manager of the installed ipywidgets; its `embed.js` needs no RequireJS and is half of `embed-amd.js`.
WIDGET_MANAGER = ("@jupyter-widgets/html-manager", "1.0.15")
HEAD = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n\n"
PACKED = {".html", ".js", ".css", ".svg", ".json"}


class BenchmarkError(Exception):
    """A benchmark that cannot run; the message says what is missing and how to get it."""


@dataclass
class Pages:
    """The pages that were made, and what they are made with."""

    folder: Path
    plain_book: Path
    versions: dict[str, str]
    best: str
    rationale: str
    left_out: dict[str, str] = field(default_factory=dict)


def _installed(*names: str) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _notes(item: Choose, course: Course) -> list[str]:
    """Return for each choice what the face says of it, as HTML: rationale, what tempts, sources."""
    notes = []
    for choice in item.choices:
        links = [course.sources[key].link() for key in choice.cite]
        cited = "; ".join(f'<a href="{link["url"]}">{link["label"]}</a>' for link in links)
        tempting = html(choice.tempting.en) if choice.tempting else ""
        notes.append(f"<p>{html(choice.rationale.en)}</p><p>{tempting}</p><p>{cited}</p>")
    return notes


def _exhibit(item: Choose) -> str:
    """Return the scenario's message as Markdown."""
    message = item.exhibits[0]
    assert isinstance(message, Message) and message.subject
    lines = [f"**{message.channel.en}: {message.subject.en}**", "", *message.body.en.splitlines()]
    return "\n".join(f"> {line}" for line in lines)


def _cell(code: str) -> str:
    return f'```{{code-cell}} ipython3\n:tags: ["remove-input"]\n\n{code}\n```\n'


def _sources(item: Choose, course: Course) -> dict[str, str]:
    """Return the text of each page by name; every one shows the same stem, message and choices."""
    title, exhibit, stem = f"# {item.title.en}\n\n", _exhibit(item) + "\n\n", html(item.stem.en)
    choices, notes = [html(choice.text.en) for choice in item.choices], _notes(item, course)
    answers = [
        {"answer": text, "correct": choice.id == item.key, "feedback": note}
        for text, choice, note in zip(choices, item.choices, notes, strict=True)
    ]
    question = {"question": stem, "type": "multiple_choice", "answers": answers}
    quiz = f"from jupyterquiz import display_quiz\n\ndisplay_quiz({[question]!r})"
    # `jslink` runs in the browser; `on_click` of a button would need a kernel, which a page does not have.
    widgets = f"""\
import ipywidgets as w

radio = w.RadioButtons(options={choices!r}, value=None, layout=w.Layout(width="auto"))
notes = w.Stack([w.HTML(note) for note in {notes!r}], selected_index=None)
w.jslink((radio, "index"), (notes, "selected_index"))
w.VBox([w.HTML({stem!r}), radio, notes])"""
    static = "\n".join(f"- {text}" for text in choices)
    return {
        "singmuk": f"{title}```{{scenario}} {item.id}\n```\n",
        "jupyterquiz": HEAD + title + exhibit + _cell(quiz),
        "ipywidgets": HEAD + title + exhibit + _cell(widgets),
        "none": f"{title}{exhibit}{item.stem.en}\n\n{static}\n",
    }


def _write(root: Path, config: dict[str, Any], texts: dict[str, str]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in texts]}
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    (root / "_config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    (root / "index.md").write_text("# A small book\n", encoding="utf-8")
    for name, text in texts.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8")


def _build(root: Path) -> Path:
    """Build the book in *root* and return the folder of its pages."""
    start = "from jupyter_book.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", start, "build", str(root)],
        env=os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or "Executing notebook failed" in done.stderr:
        raise BenchmarkError(f"a book cannot be built:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return root / "_build" / "html"


def _widget_manager(folder: Path) -> str | None:
    """Put the widget manager's script into *folder*; return why that is not possible, or None."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed (Debian: apt-get install npm), so its script cannot be had"
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), "@".join(WIDGET_MANAGER)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        return f"npm could not fetch {WIDGET_MANAGER[0]}: {done.stderr.strip()[-200:]}"
    shutil.unpack_archive(archives[0], folder)
    (folder / "static").mkdir()
    (folder / "package" / "dist" / "embed.js").rename(folder / "static" / "embed.js")
    return None


def make(work: Path) -> Pages:
    """Make both books below *work*: ours with every page local, and one as Jupyter Book makes it by default."""
    course = sound_course(ROOT)
    item = course.scenarios[SCENARIO]
    assert isinstance(item, Choose)
    texts, left_out = _sources(item, course), {}
    best = next(choice for choice in item.choices if choice.id == item.key)
    if not _installed("jupyterquiz"):
        left_out["jupyterquiz"] = "jupyterquiz is not installed; run `make install`"
    if reason := _widget_manager(work / "npm"):
        left_out["ipywidgets"] = reason
    texts = {name: text for name, text in texts.items() if name not in left_out}
    book = work / "book"
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["execute_notebooks"] = "force"
    own = {"nb_ipywidgets_js": {"embed.js": {}}, "html_static_path": ["_static", str(work / "npm" / "static")]}
    config["sphinx"]["config"] |= own if "ipywidgets" in texts else {}
    _write(book, config, texts)
    for name in (f"scenarios/{SCENARIO}.yml", "course/references.bib", "course/law.yml", "course/glossary.yml"):
        (book / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, book / name)
    rest = {name: text for name, text in texts.items() if name != "singmuk"}
    default = {"title": "A small book", "execute": {"execute_notebooks": "force"}}
    _write(work / "plain", default, rest)
    versions = _installed("singmuk", "jupyter-book", "sphinx-book-theme", "jupyterquiz", "ipywidgets")
    if "ipywidgets" in texts:
        versions[WIDGET_MANAGER[0]] = WIDGET_MANAGER[1]
    snippet = best.rationale.en.split(".")[0]
    return Pages(_build(book), _build(work / "plain"), versions, best.text.en, snippet, left_out)


@lru_cache(maxsize=1024)
def _packed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6)


class _Handler(SimpleHTTPRequestHandler):
    """Serve files the way a usual web server does: kept connections, text compressed."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> Any:
        """Send the head of an answer and return its body; compressed for text."""
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.suffix not in PACKED:
            return super().send_head()
        body = _packed(str(path))
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def log_message(self, *_: object) -> None:
        """Print nothing for a request."""


class _Server(ThreadingHTTPServer):
    """A server that takes every connection a browser opens at once."""

    request_queue_size = 128
    daemon_threads = True


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve *folder* on this machine while the block runs; yield the address."""

    def handler(*given: Any) -> _Handler:
        return _Handler(*given, directory=str(folder))

    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
