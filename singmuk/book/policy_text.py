"""Put what a policy says into words, in one language: facts, tables and single phrases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from pathlib import Path

import yaml

from singmuk.lang import Record, Text, field_name
from singmuk.markdown import html
from singmuk.policy import FieldError, find
from singmuk.policy.record import Contact, Information, Link, Policy, Purpose, Tool

#: Parts of the page with their sections, in the order of the Checklist.
PARTS: dict[str, tuple[str, ...]] = {
    "about": ("about",),
    "scope": ("tools", "purposes", "scope"),
    "data": ("inputs", "outputs", "links"),
    "lawful": ("lawful", "verify", "bias", "labels"),
    "security": ("devices", "users", "credentials", "settings", "incident"),
    "breach": ("consequences",),
    "support": ("announce", "training", "support", "feedback", "contacts"),
}
_KINDS = ("public", "licensed", "in-house")
_UNITS = {"hours": "hours", "keep-days": "days", "chat-days": "days", "days": "days", "every-months": "months"}


@dataclass(frozen=True)
class Facts:
    """What is said about several things: names as plain text, values as HTML."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows that are alike: heads as plain text, cells as HTML."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("policy_words.yml").read_text("utf-8"))
    return read


def word(name: str, language: str, **filled: object) -> str:
    """Return the words called *name* in *language*, with *filled* put in."""
    return _words()[name][language].format(**filled)


def merged(bodies: Iterable[Facts | Table]) -> list[Facts | Table]:
    """Return *bodies* with facts that follow each other joined into one list."""
    found: list[Facts | Table] = []
    for body in bodies:
        if found and isinstance(body, Facts) and isinstance(found[-1], Facts):
            found[-1] = Facts((*found[-1].pairs, *body.pairs))
        else:
            found.append(body)
    return found


def phrase(policy: Policy, field: str, language: str) -> str:
    """Return the one thing that stands at *field*, as plain words: `1 hour`, `AI support`."""
    value = find(policy, field)
    match value:
        case Tool():
            value = value.name
        case Contact():
            value = value.role
        case Purpose():
            value = value.text
        case Link():
            value = value.title
        case Information():
            value = value.means
    if (isinstance(value, Record) and not isinstance(value, Text)) or isinstance(value, tuple):
        raise FieldError(f"{field!r} is a group; name one of its fields")
    if field == "incident.plan":
        value = find(policy, f"links.{value}.title")
    return _value(value, field.rsplit(".", 1)[-1], language)


def show(policy: Policy, field: str, language: str, today: date) -> Facts | Table:
    """Return what *policy* says at *field*: a section of it, an entry of a list, or one field."""
    if field in _TABLES:
        return _TABLES[field](policy, language, today)
    if field == "about":
        return _facts(policy, ("organisation", "version", "approved", "review-by", "owner"), language)
    if field == "lawful":
        return Facts(((word("lawful", language), escape(word("lawful-text", language))),))
    value = find(policy, field)
    if entry := _entry(value, field, language):
        return Facts((entry,))
    if isinstance(value, Record) and not isinstance(value, Text | Link):
        fields = [f"{field}.{field_name(name)}" for name in type(value).model_fields]
        return _facts(policy, [name for name in fields if name in _words()], language)
    return _facts(policy, (field,), language)


def _entry(value: object, field: str, language: str) -> tuple[str, str] | None:
    """Return the name and the value of one entry of a list or matrix; None for anything else."""
    match value:
        case Contact():
            named = field in _words()
            name = word(field, language) if named else _in(value.role, language)
            return name, _reach(value, language, named=named)
        case Information():
            return word(f"class-{field.split('.')[1]}", language), _answers(value, language)
        case Tool():
            return _in(value.name, language), _tool(value, language)
        case Purpose():
            return _in(value.text, language), escape(word(value.rule, language))
    return None


def _facts(policy: Policy, fields: Iterable[str], language: str) -> Facts:
    pairs = []
    for field in fields:
        value = find(policy, field)
        if value is None:
            continue
        name = word(field, language) if field in _words() else field
        if isinstance(value, Contact):
            pairs.append((name, _reach(value, language, named=True)))
        else:
            pairs.append((name, escape(phrase(policy, field, language))))
    return Facts(tuple(pairs))


def _value(value: object, name: str, language: str) -> str:
    if isinstance(value, Text):
        return _in(value, language)
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    if isinstance(value, int) and name in _UNITS:
        unit = _UNITS[name]
        return word(f"{unit}-1" if value == 1 else unit, language, n=value)
    if isinstance(value, str) and value in _words():
        return word(value, language)
    return word("none", language) if value is None else str(value)


def _in(text: Text, language: str) -> str:
    return str(getattr(text, language))


def _html(text: Text | None, language: str) -> str:
    return html(_in(text, language)) if text else ""


def _reach(contact: Contact, language: str, *, named: bool) -> str:
    """Return how to reach *contact*, with its role before where another name stands there."""
    role = f"<strong>{escape(_in(contact.role, language))}</strong>" if named else _html(contact.does, language)
    return f"{role}<br>{_html(contact.channel, language)}"


def _answers(row: Information, language: str) -> str:
    colon = word("colon", language)
    answers = [
        f"{word(f'kind-{kind}', language)}{colon}{word(getattr(row, kind.replace('-', '_')), language)}"
        for kind in _KINDS
    ]
    return f"{escape(word('comma', language).join(answers))}{_limits(row, language)}"


def _limits(row: Information, language: str) -> str:
    limits = [(name, getattr(row, name)) for name in ("amount", "waiver") if getattr(row, name)]
    return "".join(f"<br>{escape(word(name, language, text=_in(text, language)))}" for name, text in limits)


def _tool(tool: Tool, language: str) -> str:
    note = f"<br>{_html(tool.note, language)}" if tool.note else ""
    return f"{escape(word(f'kind-{tool.kind}', language))}{note}"


def _table(name: str, heads: Iterable[str], language: str, rows: Iterable[tuple[str, ...]]) -> Table:
    return Table(word(name, language), tuple(word(head, language) for head in heads), tuple(rows))


def _tools(policy: Policy, language: str, today: date) -> Facts | Table:
    if not policy.tools:
        return Facts(((word("tools", language), escape(word("no-tools", language))),))
    rows = []
    for tool in policy.tools:
        late = escape(word("late", language, date=tool.review_by))
        day = f'<span class="policy-late">{late}</span>' if tool.review_by < today else str(tool.review_by)
        learns = escape(word("yes" if tool.learns else "no", language))
        kind = escape(word(f"kind-{tool.kind}", language))
        note = f"<br><small>{_html(tool.note, language)}</small>" if tool.note else ""
        rows.append((f"{_html(tool.name, language)}{note}", kind, learns, str(tool.approved), day))
    return _table("tools", ("tool", "kind", "learns", "approved", "review-by"), language, rows)


def _purposes(policy: Policy, language: str, _: date) -> Table:
    rows = [(_html(one.text, language), _mark(one.rule, language)) for one in policy.purposes]
    return _table("purposes", ("purpose", "rule"), language, rows)


def _mark(rule: str, language: str) -> str:
    return f'<span class="policy-rule policy-{rule}">{escape(word(rule, language))}</span>'


def _inputs(policy: Policy, language: str, _: date) -> Table:
    rows = []
    for name in type(policy.inputs).model_fields:
        row: Information = getattr(policy.inputs, name)
        about = f"<br><small>{_html(row.means, language)}{_limits(row, language)}</small>"
        marks = (_mark(getattr(row, kind.replace("-", "_")), language) for kind in _KINDS)
        rows.append((f"{escape(word(f'class-{name}', language))}{about}", *marks))
    return _table("inputs", ("information", *(f"kind-{kind}" for kind in _KINDS)), language, rows)


def _links(policy: Policy, language: str, _: date) -> Table:
    rows = [tuple(_html(text, language) for text in (one.title, one.covers, one.where)) for one in policy.links]
    return _table("links", ("policy", "covers", "where"), language, rows)


def _verify(policy: Policy, language: str, _: date) -> Table:
    rows = [(_html(one.when, language), _html(one.how, language)) for one in policy.verify]
    return _table("verify", ("what", "how"), language, rows)


def _labels(policy: Policy, language: str, _: date) -> Table:
    rows = [
        (_html(one.what, language), escape(word(one.label, language)), _html(one.how, language) or "–")
        for one in policy.labels
    ]
    return _table("labels", ("what", "label", "how"), language, rows)


def _users(policy: Policy, language: str, _: date) -> Table:
    rows = [(_html(one.who, language), _mark(one.rule, language)) for one in policy.users]
    return _table("users", ("who", "rule"), language, rows)


def _consequences(policy: Policy, language: str, _: date) -> Table:
    rows = [(_html(one.case, language), _html(one.follows, language)) for one in policy.consequences]
    return _table("consequences", ("case", "follows"), language, rows)


def _contacts(policy: Policy, language: str, _: date) -> Table:
    rows = [tuple(_html(text, language) for text in (one.role, one.does, one.channel)) for one in policy.contacts]
    return _table("contacts", ("role", "does", "channel"), language, rows)


_TABLES: dict[str, Callable[[Policy, str, date], Facts | Table]] = {
    "tools": _tools,
    "purposes": _purposes,
    "inputs": _inputs,
    "links": _links,
    "verify": _verify,
    "labels": _labels,
    "users": _users,
    "consequences": _consequences,
    "contacts": _contacts,
}
