"""An exercise as one page: everything in it, nothing asked of anybody, answers downloaded as responses.json."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Any

from singmuk.face import exercise, inline_json
from singmuk.kinds.write import LONGEST
from singmuk.responses import LARGEST

#: What the page may do: run and wear what stands in it, show pictures that stand in it, and nothing else.
POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
)
#: Of the mark a page shows how high it is, and whether it is only to compare with.
MARK = ("points", "compare")
PAGE = """<!doctype html>
<html lang="en-HK">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="sx-body">
<noscript><div class="sx-none"><p lang="en-HK">{script_en}</p><p lang="zh-Hant-HK">{script_zh}</p></div></noscript>
<script type="application/json" id="singmuk-release">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def page(release: dict[str, Any]) -> str:
    """Return the page of a *release* (the content of its items.json): fields are listed, never removed."""
    shown = {
        "assignment": release["assignment"],
        "release": release["release"],
        "title": release["title"],
        "introduction": release["introduction"],
        "points": release["points"],
        "pass_mark": {name: release["pass_mark"][name] for name in MARK if name in release["pass_mark"]},
        "items": [{"points": place["points"], "item": place["item"]} for place in release["items"]],
        "largest": LARGEST,
        "longest": LONGEST,
    }
    style, script = f"\n{exercise.style()}", f"\n{exercise.page_script()}"
    words = exercise.both("page.script")
    return PAGE.format(
        policy=escape(POLICY.format(style=_hash(style), script=_hash(script)), quote=False),
        title=escape(exercise.plain(release["title"]["en"])),
        style=style,
        data=inline_json(shown),
        script=script,
        script_en=escape(words["en"]),
        script_zh=escape(words["zh"]),
    )


def write(release: dict[str, Any], target: Path) -> None:
    """Write the page of *release* to the file *target*; raise `OSError` when that does not work."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_text(page(release), encoding="utf-8")
    fresh.replace(target)
