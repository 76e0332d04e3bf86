"""Notebooks that attack whoever runs or shows them; their responses are honest, and nothing more may count."""
# ruff: noqa: ARG005  (every builder is given the kit, whether or not it needs it)

from __future__ import annotations

import copy
import json
from typing import Any

from tests.hostile.cases import HONEST_POINTS, NAME, Hostile, Kit
from tests.hostile.in_texts import MARK

SCRIPT = f'<script>{MARK}</script><img src=x onerror="{MARK}">'

#: Code for a cell; RAN stands for the file by which it would show that it ran.
CODE = {
    "leaves-a-mark": "open(RAN, 'w').write('ran')",
    "patches-the-shell": (
        "open(RAN, 'w')\n"
        "shell = get_ipython()\n"
        "shell.run_cell = lambda *a, **k: None\n"
        "type(shell).run_cell = lambda *a, **k: None"
    ),
    "full-points-by-display": "import builtins\nbuiltins.grade = lambda *a, **k: 2.0\nopen(RAN, 'w')",
    "patches-singmuk": "import singmuk.scoring as s\ns.grade = s.worth = lambda *a, **k: 2.0\nopen(RAN, 'w')",
    "reads-the-master": "key = open('../../../source/master.ipynb').read()\nopen(RAN, 'w').write(key)",
    "writes-the-gradebook": (
        "import sqlite3\nsqlite3.connect('../../../gradebook.db').execute('update grade set auto_score=6')\n"
        "open(RAN, 'w')"
    ),
    "writes-responses": "open('responses.json', 'w').write('{}')\nopen(RAN, 'w')",
    "forks": "import os\nopen(RAN, 'w')\nwhile True: os.fork()",
    "daemon": "import subprocess\nsubprocess.Popen(['sh', '-c', 'sleep 1; touch ' + RAN], start_new_session=True)",
    "sleeps": "import time\nopen(RAN, 'w')\ntime.sleep(10**6)",
    "prints-a-gigabyte": "open(RAN, 'w')\nfor _ in range(2**20): print('x' * 1024)",
    "eats-memory": "open(RAN, 'w')\nx = bytearray(2**40)",
    "exits": "import os\nopen(RAN, 'w')\nos._exit(0)",
    "shell-magic": "!touch $RAN\n%%bash\ntouch canary",
    "reads-the-environment": "import os\nopen(RAN, 'w').write(str(dict(os.environ)))",
    "warns-for-zero": "import warnings\nwarnings.warn('x')\nopen(RAN, 'w')",
}


def _case(identity: str, change) -> Hostile:
    """Return a case in which *change* makes of the released notebook and the kit what is handed in."""

    def make(kit: Kit, student: str) -> None:
        path = kit.course / "exercises" / NAME / f"{NAME}.ipynb"
        changed = change(copy.deepcopy(json.loads(path.read_text(encoding="utf-8"))), kit)
        content = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        kit.hand_in(student, **{f"{NAME}__ipynb": content})

    return Hostile(f"notebook-{identity}", make, points=HONEST_POINTS)


def _code(source: str):
    def change(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
        source_here = f"RAN = {str(kit.canary / 'ran')!r}\n{source}"
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = source_here
        return notebook

    return change


def _everywhere(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
    for cell in notebook["cells"]:
        cell["source"] = SCRIPT
        cell["metadata"]["tags"] = [SCRIPT]
    return notebook


def _outputs(data: dict[str, str]):
    def change(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
        return notebook

    return change


def _results(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
    result = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "100.0"}}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [result]
    return notebook


def _metadata(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
    notebook["metadata"] |= {
        "title": SCRIPT,
        "authors": [{"name": SCRIPT}],
        "kernelspec": {"name": "../../evil", "display_name": SCRIPT, "language": SCRIPT},
        "language_info": {"name": SCRIPT, "pygments_lexer": SCRIPT, "codemirror_mode": SCRIPT},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"model_module": SCRIPT}}}},
    }
    return notebook


def _points(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
    for cell in notebook["cells"]:
        cell["metadata"].get("nbgrader", {}).update(points=100, max_score=100, locked=False, solution=True)
    return notebook


def _twice(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
    notebook["cells"] = notebook["cells"] * 2
    return notebook


def _attachments(notebook: dict[str, Any], kit: Kit) -> dict[str, Any]:
    notebook["cells"][0] |= {
        "source": "![x](attachment:x.svg)",
        "attachments": {"x.svg": {"image/svg+xml": f'<svg onload="{MARK}"/>'}},
    }
    return notebook


CASES = [
    *(_case(f"{what}", _code(code)) for what, code in CODE.items()),
    _case("html-in-every-cell", _everywhere),
    _case("html-output", _outputs({"text/html": SCRIPT, "text/plain": "x"})),
    _case("javascript-output", _outputs({"application/javascript": MARK, "text/plain": "x"})),
    _case("svg-output", _outputs({"image/svg+xml": f'<svg onload="{MARK}"/>'})),
    _case("widget-output", _outputs({"application/vnd.jupyter.widget-view+json": '{"model_id": "<script>"}'})),
    _case("points-in-outputs", _results),
    _case("script-in-metadata", _metadata),
    _case("more-points-in-metadata", _points),
    _case("cells-twice", _twice),
    _case("attachment", _attachments),
    _case("no-cells", lambda notebook, kit: notebook | {"cells": []}),
    _case("old-format", lambda notebook, kit: {"nbformat": 2, "nbformat_minor": 0, "worksheets": [], "metadata": {}}),
    _case("no-notebook", lambda notebook, kit: b"\x00\xff" * 1000),
    _case("empty", lambda notebook, kit: b""),
    _case("fifty-megabytes", lambda notebook, kit: b"x" * 50_000_000),
    _case("nested", lambda notebook, kit: b'{"cells":' + b"[" * 100_000),
]
