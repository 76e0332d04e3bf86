"""The accounts in a CSV file, as spreadsheets in Hong Kong write it: UTF-8 or Big5, with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from singmuk.faults import shown

#: Fifty thousand people with twenty columns each fit in; what is larger is no list of accounts.
LARGEST = 32 * 1024 * 1024
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
ADVICE = "save it as “CSV UTF-8”"
_SEPARATORS = ",;\t"


@dataclass
class Column:
    """What stands in one column, with its lines, and what is wrong: line and message."""

    cells: list[tuple[int, str]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path, column: str) -> Column:
    """Return the cells of *column* in the CSV file *path*; what cannot be read becomes a fault, never an exception."""
    found = Column()
    try:
        if not path.is_file():
            raise ValueError("does not exist; put it beside the roster or mend its name")
        if path.stat().st_size > LARGEST:
            raise ValueError(f"is larger than {LARGEST // 1024 // 1024} MB; export the accounts alone")
        _fill(found, _text(path.read_bytes()), column)
    except OSError as fault:
        found.faults.append((1, f"cannot be read: {fault.strerror or fault}; mend the path or permissions"))
    except _BadTextError as fault:
        found.faults.append((fault.line, str(fault)))
    except ValueError as fault:
        found.faults.append((1, str(fault)))
    return found


class _BadTextError(ValueError):
    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def _text(content: bytes) -> str:
    """Return *content* as text; raise `ValueError` for what is neither UTF-8 nor Big5."""
    if content.startswith(UTF_16):
        raise ValueError(f"is UTF-16 text; {ADVICE}")
    if content.startswith(b"PK\x03\x04"):
        raise ValueError(f"is a workbook or an archive and no CSV; {ADVICE}")
    if b"\0" in content:
        raise _BadTextError(content.count(b"\n", 0, content.index(b"\0")) + 1, f"is not a text file; {ADVICE}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        first = content.count(b"\n", 0, fault.start) + 1
    try:
        # In Big5 no part of a character is a comma, a quote or the end of a line, and accounts are ASCII alone:
        # a text in a third encoding that passes here can spoil other columns, and no account.
        return content.decode("big5hkscs")
    except UnicodeDecodeError as fault:
        line = max(first, content.count(b"\n", 0, fault.start) + 1)
        raise _BadTextError(line, f"is neither UTF-8 nor Big5-HKSCS; {ADVICE}") from None


def _fill(found: Column, text: str, column: str) -> None:
    """Put the cells of *column* into *found*; raise `ValueError`."""
    first, _, _ = text.partition("\n")
    separator = max(_SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        head = [name.strip() for name in next(lines, [])]
        if not any(head):
            raise ValueError(f"is empty; write {column} as its first line and an account in each one below")
        if head.count(column) > 1:
            raise ValueError(f"has the column {shown(column)!r} twice; rename one")
        if column not in head:
            close = get_close_matches(column, head, n=1, cutoff=0.7)
            there = ", ".join(shown(name, 30) for name in head[:12])
            advice = f"did you mean {shown(close[0], 60)!r}?" if close else f"its columns are {there}"
            raise ValueError(f"has no column {shown(column)!r}; {advice}")
        found.cells += _cells(lines, head.index(column))
    except csv.Error as fault:
        raise _BadTextError(lines.line_num or 1, f"cannot be read as CSV ({fault}); look at the quotes there") from None
    if not found.cells:
        raise ValueError("has no account below its first line; add them or take the file out of the roster")


def _cells(lines: Iterator[list[str]], place: int) -> Iterator[tuple[int, str]]:
    for row in lines:
        if any(cell.strip() for cell in row):
            yield lines.line_num, row[place].strip() if place < len(row) else ""  # type: ignore[attr-defined]
