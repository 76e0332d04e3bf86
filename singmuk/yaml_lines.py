"""Read YAML as plain data that remembers its lines, and refuse what YAML lets pass in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from singmuk.lang import Path

#: A scenario is a page of text; what is larger is a mistake.
LARGEST = 256 * 1024


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
        document.faults.append(
            (1, (), f"cannot be read: {fault.strerror or fault}; mend the path or permissions")
        )
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
        mark = fault.problem_mark or fault.context_mark
        problem = fault.problem or "cannot be understood"
        advice = "; check indentation, colons and quotes"
        document.faults.append((mark.line + 1 if mark else 1, (), f"is not valid YAML: {problem}{advice}"))
        return document
    except (yaml.YAMLError, RecursionError) as fault:
        what = "is nested too deeply" if isinstance(fault, RecursionError) else f"is not valid YAML: {fault}"
        document.faults.append((1, (), f"{what}; compare it with another scenario"))
        return document
    if node is None:
        document.faults.append((1, (), "is empty; `singmuk new KIND NAME` writes a template"))
        return document
    try:
        document.data = _build(node, (), document, set())
    except RecursionError:
        document.faults.append((1, (), "is nested too deeply; compare it with another scenario"))
    return document


def _build(node: yaml.Node, path: Path, document: Document, above: set[int]) -> Any:
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if id(node) in above:
        document.faults.append((line, path, "uses a YAML alias (*name); write the text out"))
        return None
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path, document)
    above.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), document, above) for index, item in enumerate(node.value)]
    data: dict[str, Any] = {}
    for key, value in node.value:
        # A key is taken as it is written: `no:` is the word no.
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        here = (*path, name)
        if name in data:
            first = document.lines[here]
            message = f"stands here twice (first in line {first}); remove one"
            document.faults.append((key.start_mark.line + 1, here, message))
            continue
        document.lines[here] = key.start_mark.line + 1
        data[name] = _build(value, here, document, above)
    return data


def _scalar(node: yaml.ScalarNode, path: Path, document: Document) -> Any:
    if node.tag.endswith(":timestamp"):
        return node.value  # a date is checked as one where a date is wanted, and is text elsewhere
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError, TypeError, KeyError):
        line = node.start_mark.line + 1
        document.faults.append((line, path, f"{node.value[:40]!r} cannot be read; put it in quotes"))
        return node.value
