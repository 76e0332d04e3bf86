"""What a page may do: a Content-Security-Policy without `unsafe-inline`, with a hash for what stands in the page."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser

#: For the desk's own pages: everything comes from the desk, pictures may stand in the page.
OWN = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
#: Sent with every answer.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
DATA_BLOCKS = ("application/json", "application/ld+json")


def text(parts: dict[str, str]) -> str:
    """Return *parts* as the header's value."""
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def sha(content: str) -> str:
    """Return the source expression that allows *content*."""
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


class _Inline(HTMLParser):
    """Collects what stands in a page: scripts, style sheets, style attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: dict[str, None] = {}
        self.styles: dict[str, None] = {}
        self.attributes: dict[str, None] = {}
        self._in = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if style := given.get("style"):
            self.attributes[sha(style)] = None
        if tag == "script":
            data = "src" in given or (given.get("type") or "") in DATA_BLOCKS
            self._in, self._text = ("" if data else tag), []
        elif tag == "style":
            self._in, self._text = tag, []

    def handle_data(self, data: str) -> None:
        if self._in:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._in == tag:
            (self.scripts if tag == "script" else self.styles)[sha("".join(self._text))] = None
            self._in = ""


def of_page(html: str, more_styles: tuple[str, ...] = ()) -> str:
    """Return the policy for the page *html*: its own scripts and styles by their hashes, and nothing else of the sort.

    *more_styles* are the hashes of style sheets that the page's scripts put in.
    """
    found = _Inline()
    found.feed(html)
    found.close()
    parts = dict(OWN)
    parts["script-src"] = " ".join(["'self'", *found.scripts])
    parts["style-src-elem"] = " ".join(["'self'", *found.styles, *more_styles])
    parts["style-src-attr"] = " ".join(["'unsafe-hashes'", *found.attributes]) if found.attributes else "'none'"
    return text(parts)
