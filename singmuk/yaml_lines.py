"""Read YAML as plain data that remembers its lines, and refuse what YAML lets pass in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from singmuk.lang import Path

#: A scenario is a page of text; what is larger is a mistake.
LARGEST = 256 * 1024

#: Levels in each other; a cell of an exhibit's table, the deepest place there is, has six.
DEEPEST = 12

#: What PyYAML says of the commonest slips, in words that tell what to do.
_SAID = {
    "mapping values are not allowed here": "a text with a colon needs quotes around it",
    "found character '\\t' that cannot start any token": "a tab stands where only spaces may; replace it",
    "found unexpected end of stream": "the quote that begins here is never closed; close it",
    "but found another document": "a second document begins; keep one, without ---",
}

_PLAIN_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]{0,14})(\.[0-9]*)?|\.[0-9]+|\.(inf|nan))", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Document:
    """A YAML file as data, with the line of every place in it and what is wrong with its form."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[tuple[int, Path, str]] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of *path*, or of what stands nearest around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(path: FilePath) -> Document:
    """Return the document in the file *path*; what cannot be read becomes a fault, never an exception."""
    document = Document()
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"is larger than {LARGEST // 1024} KB; split it")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        document.faults.append((1, (), f"is not UTF-8 text (byte {fault.start}); save it as UTF-8"))
        return document
    except OSError as fault:
        document.faults.append((1, (), f"cannot be read: {fault.strerror or fault}; mend the path or permissions"))
        return document
    except ValueError as fault:
        document.faults.append((1, (), str(fault)))
        return document
    return parse(text)


def parse(text: str) -> Document:
    """Return the document that *text* is."""
    document = Document()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as fault:
        mark, problem = fault.problem_mark or fault.context_mark, fault.problem or "cannot be understood"
        if problem == "found unexpected end of stream":
            mark = fault.context_mark or mark
        said = _SAID.get(problem, f"{problem}; check indentation, colons and quotes")
        document.faults.append((mark.line + 1 if mark else 1, (), f"is not valid YAML: {said}"))
        return document
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        problem = f"has a character that no text has (U+{ord(text[fault.position]):04X}); remove it"
        document.faults.append((line, (), problem))
        return document
    except RecursionError:
        document.faults.append((1, (), "is nested too deeply; compare it with another scenario"))
        return document
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
        document.faults.append((1, (), "is empty; fill it in or delete it"))
        return document
    document.data = _build(node, (), document, set())
    return document


def _build(node: yaml.Node, path: Path, document: Document, seen: set[int]) -> Any:
    if id(node) in seen:
        # The node is the one that the alias repeats, and its line is there.
        document.faults.append((document.line(path), path, "uses a YAML alias (*name); write the text out"))
        return None
    seen.add(id(node))
    line = document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        value, fault = _scalar(node)
        if fault:
            document.faults.append((node.start_mark.line + 1, path, fault))
        return value
    if len(path) >= DEEPEST:
        document.faults.append((line, path, "is nested too deeply; compare it with another scenario"))
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), document, seen) for index, item in enumerate(node.value)]
    data: dict[str, Any] = {}
    for key, value in node.value:
        # A key is taken as it is written: `no:` is the word no.
        name = _SURROGATE.sub("?", key.value) if isinstance(key, yaml.ScalarNode) else "?"
        here = (*path, name)
        if name in data:
            first = document.lines[here]
            message = f"stands here twice (first in line {first}); remove one"
            document.faults.append((key.start_mark.line + 1, here, message))
            continue
        document.lines[here] = key.start_mark.line + 1
        data[name] = _build(value, here, document, seen)
    return data


def _scalar(node: yaml.ScalarNode) -> tuple[Any, str | None]:
    """Return the value of *node* and None, or None and why it cannot be read."""
    if half := _SURROGATE.search(node.value):
        return None, f"has half a character (\\u{ord(half.group()):04x}); write the whole one"
    if node.tag.endswith(":timestamp"):
        return node.value, None  # a date is checked as one where a date is wanted, and is text elsewhere
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError, TypeError, LookupError):
        value = b""
    if isinstance(value, bool | str | None):
        return value, None
    if isinstance(value, int | float):
        if _PLAIN_NUMBER.fullmatch(node.value):
            return value, None
        # YAML reads 1:30 as 90 and 010 as 8, which nobody means.
        return None, f"{node.value[:40]!r} cannot be read; write a figure in plain digits, a text in quotes"
    return None, f"{node.value[:40]!r} cannot be read; put it in quotes"
