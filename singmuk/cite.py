"""The bibliography: which sources there are, and how one is named beside a claim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pybtex.database import BibliographyData, BibliographyDataError, Entry, parse_string
from pybtex.exceptions import PybtexError


class BibliographyError(ValueError):
    """A bibliography that cannot be read; the message says where and why."""


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography."""

    key: str
    label: str  # "PCPD 2023", as it stands beside a claim
    title: str
    url: str
    dated: bool  # whether the entry tells when the source was published or read

    def link(self) -> dict[str, str]:
        """Return what a page shows of the source."""
        return {"label": self.label, "title": self.title, "url": self.url}


def _plain(value: str) -> str:
    return value.replace("{", "").replace("}", "").replace("\\&", "&").strip()


def _source(key: str, entry: Entry) -> Source:
    fields = entry.fields
    year = _plain(fields.get("year") or fields.get("date", ""))[:4]
    people = entry.persons.get("author", [])
    author = _plain(str(people[0])) if people else _plain(fields.get("publisher", key))
    return Source(
        key=key,
        # A law is cited as it stands, so its label has no year.
        label=author if "law" in fields.get("keywords", "") else f"{author} {year}".strip(),
        title=_plain(fields.get("title", key)),
        url=_plain(fields.get("url", "")),
        dated=bool(year or fields.get("urldate")),
    )


def read(path: Path) -> dict[str, Source]:
    """Return the sources of the BibTeX file *path* by key; raise `BibliographyError` if it cannot be read."""
    try:
        data: BibliographyData = parse_string(path.read_text(encoding="utf-8"), "bibtex")
    except OSError as fault:
        raise BibliographyError(f"{fault.strerror or fault}; create it or mend its permissions") from fault
    except (PybtexError, BibliographyDataError, UnicodeDecodeError) as fault:
        raise BibliographyError(f"is not valid BibTeX: {fault}") from fault
    return {key: _source(key, entry) for key, entry in data.entries.items()}
