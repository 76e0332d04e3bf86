"""The book as the desk serves it: each page with the policy that its own scripts need, and with the desk's address."""

from __future__ import annotations

import json
import mimetypes
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response

from singmuk.desk import policy
from singmuk.desk.assets import asset
from singmuk.desk.words import say
from singmuk.face import inline_json

#: What a book is made of; anything else in its folder is not served.
SERVED = {".html", ".css", ".js", ".svg", ".png", ".ico", ".woff2", ".woff", ".ttf", ".json", ".txt", ".map", ".jpg"}
CONTENTS = "singmuk.json"
#: The style sheet that the theme's icon script puts into each page; a test sees when the theme changes it.
ICONS = (
    "'sha256-7oERheaqPgauHfP5d4xw0v6p4MUYc+/Quwioe/4rjOI='",
    "'sha256-2Iqu4MW0P4n79bqVmTDfLWhO8TS7MxwRJn7HVNDr7EQ='",
)


_ASSIGNMENT = re.compile(
    r'(<section class="singmuk-assignment"[^>]* data-assignment="([a-z0-9-]+)"(?:(?!</section>).)*?)'
    r'<p class="singmuk-static">(?:(?!</p>).)*</p></section>',
    re.DOTALL,
)


@dataclass(frozen=True)
class Page:
    """A page of the book, ready to be sent."""

    stamp: tuple[int, int]
    content: bytes
    policy: str


class Book:
    """The pages in a folder; they are read again when they are built anew."""

    def __init__(self, folder: Path, base: str) -> None:
        self._folder, self._base = folder, base
        self._pages: dict[Path, Page] = {}

    def there(self) -> bool:
        """Return whether the book is built."""
        return (self._folder / "index.html").is_file()

    def contents(self, language: str) -> dict[str, Any]:
        """Return the book's parts with their pages and scenarios, as the build wrote them; empty when it did not."""
        path = self._folder / ("" if language == "en" else language) / CONTENTS
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def answer(self, path: str) -> Response | None:
        """Return the file at *path* below the book, None when there is none."""
        file = self._find(path)
        if file is None:
            return None
        if file.suffix != ".html":
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            return FileResponse(file, media_type=kind, headers={"Cache-Control": "no-cache"})
        page = self._page(file)
        headers = {"Content-Security-Policy": page.policy, "Cache-Control": "no-cache"}
        return Response(page.content, media_type="text/html", headers=headers)

    def _find(self, path: str) -> Path | None:
        parts = [part for part in path.split("/") if part]
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        file = self._folder.joinpath(*parts)
        try:
            if not path or path.endswith("/"):
                file /= "index.html"
            root = self._folder.resolve()
            real = file.resolve()
            if not real.is_relative_to(root) or not real.is_file() or real.suffix not in SERVED:
                return None
        except OSError:
            return None
        return real

    def _page(self, file: Path) -> Page:
        found = file.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        known = self._pages.get(file)
        if known and known.stamp == stamp:
            return known
        html = file.read_text(encoding="utf-8")
        html = self._noting(file, self._linked(html))
        page = Page(stamp, html.encode("utf-8"), policy.of_page(html, ICONS))
        self._pages[file] = page
        return page

    def _noting(self, file: Path, html: str) -> str:
        """Return a page of a part with what notes in the browser that it was read; one with scenarios has that."""
        if 'id="singmuk-page"' in html:
            return html
        language = _language(html)
        place = file.relative_to(self._folder.resolve()).as_posix().removeprefix("zh/" if language == "zh" else "")
        contents = self.contents(language)
        pages = [page for part in contents.get("parts", []) for page in part["pages"] if page["href"] == place]
        if not pages:
            return html
        data = {"course": contents["course"], "version": contents["version"], "doc": pages[0]["doc"]}
        before, end, after = html.rpartition("</body>")
        return (
            f'{before}<script type="application/json" id="singmuk-page">{inline_json(data)}</script>'
            f'<script src="{escape(asset(self._base, "reading.js"))}"></script>{end}{after}'
        )

    def _linked(self, html: str) -> str:
        """Return a page with the way to *my course*, and from a module's end to its assignment."""
        language = _language(html)
        base = escape(self._base)

        def words(name: str) -> str:
            return escape(say(f"book.{name}", language))

        def link(found: re.Match[str]) -> str:
            way = f'<p><a class="singmuk-open" href="{base}assignments/{found.group(2)}">{words("open")}</a></p>'
            return found.group(1) + way + "</section>"

        html = _ASSIGNMENT.sub(link, html)
        mine = f'<a class="singmuk-my btn btn-sm" href="{base}my">{words("my")}</a>'
        html = html.replace('<a class="language-switch', f'{mine}<a class="language-switch', 1)
        # Where the header is too narrow for it, it stands above the page; the style sheet shows one of the two.
        above = f'<p class="singmuk-my-narrow"><a href="{base}my">{words("my")}</a></p>'
        return re.sub(r'(<article class="bd-article"[^>]*>)', lambda found: found.group(1) + above, html, count=1)


def _language(html: str) -> str:
    return "zh" if re.search(r'<html[^>]*\slang="zh', html) else "en"
