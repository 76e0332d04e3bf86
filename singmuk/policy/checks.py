"""What must hold between the fields of a policy: nothing in it may contradict the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from typing import Any

from singmuk.lang import Path, Record, Text, field_name, walk
from singmuk.policy.record import Policy
from singmuk.scenario import listed, twice

Finding = tuple[Path, str]

#: Answers from the most open to the strictest.
STRICT = ("allow", "anonymise", "ask", "deny")
#: Fields of a class of information that answer for a kind of tool.
KINDS = ("public", "licensed", "in_house")
#: Pairs of classes of which the second is at least as delicate as the first.
_STEPS = (("public", "internal"), ("internal", "confidential"), ("personal", "sensitive"))
#: A form of address before or after a name.
_PERSON = {"en": re.compile(r"\b(Mr|Mrs|Ms|Miss|Dr)\b\.?\s+[A-Z]"), "zh": re.compile(r"先生|女士|小姐|太太")}


def checks() -> list[Callable[[Any], Iterable[Finding]]]:
    """Return the checks of a policy, each of which can run alone."""
    return [_ids, _reviews, *_INPUTS, _learning, _tools_and_purposes, _contacts, _plan, _rest]


def overdue(policy: Policy, today: date) -> Iterator[Finding]:
    """Yield each review that should have taken place before *today*."""
    if policy.review_by < today:
        yield ("review-by",), f"was due for review by {policy.review_by}; go through the policy, then set a new day"
    for index, tool in enumerate(policy.tools):
        if tool.review_by < today:
            message = f"{tool.id!r} is approved but was due for review by {tool.review_by}; review it or take it off"
            yield ("tools", index, "review-by"), message


def _ids(policy: Policy) -> Iterator[Finding]:
    for name in ("tools", "purposes", "links", "contacts"):
        yield from twice(getattr(policy, name, ()), name)


def _reviews(policy: Policy) -> Iterator[Finding]:
    for index, tool in enumerate(policy.tools):
        if tool.review_by < tool.approved:
            yield ("tools", index, "review-by"), f"lies before the approval ({tool.approved}); set a later day"
    if policy.review_by < policy.approved:
        yield ("review-by",), f"lies before the approval ({policy.approved}); set a later day"


def _looser(one: str, other: str) -> bool:
    return STRICT.index(one) < STRICT.index(other)


def _waivers(policy: Policy) -> Iterator[Finding]:
    for name in ("personal", "sensitive"):
        row = getattr(policy.inputs, name)
        if row.public == "allow" and row.waiver is None:
            message = f"{name} data may go into a public tool as it is; write a waiver that says why, or choose another"
            yield ("inputs", name, "public"), f"{message} answer"
    for name in type(policy.inputs).model_fields:
        row = getattr(policy.inputs, name)
        if row.waiver is not None and (name not in ("personal", "sensitive") or row.public != "allow"):
            yield ("inputs", name, "waiver"), "waives nothing; remove it"


def _steps(policy: Policy) -> Iterator[Finding]:
    for first, second in _STEPS:
        for kind in KINDS:
            before, after = getattr(getattr(policy.inputs, first), kind), getattr(getattr(policy.inputs, second), kind)
            if _looser(after, before):
                message = f"{after!r} is looser than {before!r} for {first} information; make it no looser"
                yield ("inputs", second, field_name(kind)), message


def _public_strictest(policy: Policy) -> Iterator[Finding]:
    for name in type(policy.inputs).model_fields:
        row = getattr(policy.inputs, name)
        if _looser(row.public, row.licensed):
            message = f"{row.public!r} is looser than {row.licensed!r} for licensed tools; make it no looser"
            yield ("inputs", name, "public"), message


_INPUTS: tuple[Callable[[Any], Iterable[Finding]], ...] = (_waivers, _steps, _public_strictest)


def _learning(policy: Policy) -> Iterator[Finding]:
    for index, tool in enumerate(policy.tools):
        where: Path = ("tools", index, "learns")
        if tool.learns and policy.settings.training == "deny":
            yield where, "is true though settings.training is 'deny'; switch it off in the tool or take the tool off"
        if tool.learns:
            for name in ("internal", "confidential", "personal", "sensitive"):
                if getattr(getattr(policy.inputs, name), tool.kind.replace("-", "_")) == "allow":
                    message = f"a provider that learns would learn {name} information, which inputs allow; change one"
                    yield where, message


def _tools_and_purposes(policy: Policy) -> Iterator[Finding]:
    if not policy.tools:
        return
    for name, rules, message in (
        ("purposes", [purpose.rule for purpose in policy.purposes], "no purpose is allowed"),
        ("users", [user.rule for user in policy.users], "nobody may use a tool"),
        ("devices", [policy.devices.company, policy.devices.own, policy.devices.shared], "no device is permitted"),
    ):
        if all(rule == "deny" for rule in rules):
            yield (name,), f"{message} though tools are approved; allow one, or take the tools off"


def _contacts(policy: Policy) -> Iterator[Finding]:
    known = [contact.id for contact in policy.contacts]
    for path, record in walk(policy):
        for field in ("contact", "otherwise", "owner"):
            name = getattr(record, field, None)
            if isinstance(name, str) and name not in known:
                close = get_close_matches(name, known, n=1, cutoff=0.7)
                hint = f"did you mean {close[0]!r}?" if close else f"describe it there or use one of {listed(known)}"
                yield (*path, field), f"{name!r} is named but not described in contacts; {hint}"
    for index, contact in enumerate(policy.contacts):
        yield from _nobody(contact, ("contacts", index))
    if policy.incident.otherwise == policy.incident.contact:
        yield ("incident", "otherwise"), "is the first contact again; name another or remove it"


def _nobody(contact: Record, where: Path) -> Iterator[Finding]:
    for name in ("role", "does", "channel"):
        text = getattr(contact, name, None)
        for language, pattern in _PERSON.items() if isinstance(text, Text) else ():
            if pattern.search(getattr(text, language)):
                message = "names a person; write the role or a shared channel, since people change"
                yield (*where, name, language), message


def _plan(policy: Policy) -> Iterator[Finding]:
    known = [link.id for link in policy.links]
    if policy.incident.plan not in known:
        message = f"{policy.incident.plan!r} is not in links; add it there or use one of {listed(known)}"
        yield ("incident", "plan"), message


def _rest(policy: Policy) -> Iterator[Finding]:
    if policy.outputs.chat_days > policy.outputs.keep_days:
        message = f"a chat holds the output too, which goes after {policy.outputs.keep_days} days; keep it no longer"
        yield ("outputs", "chat-days"), message
    for index, label in enumerate(policy.labels):
        if label.label == "required" and label.how is None:
            yield ("labels", index, "how"), "a label is required but nothing says how to add it; write the words"
    if policy.credentials.shared == "allow" and policy.credentials.second_factor == "required":
        yield ("credentials", "shared"), "a second factor belongs to one person; write 'deny', or do without the factor"
    if not policy.training.before_use and any(user.rule == "after-training" for user in policy.users):
        yield ("training", "before-use"), "is false though some users may start after training only; write true"
