"""What an account may be called: as the hub writes it, and nothing that could be taken for another."""

from __future__ import annotations

import re
import unicodedata

from singmuk.faults import shown

#: For `c.Authenticator.username_pattern`: the hub then takes whom the roster takes, e-mail addresses among them.
PATTERN = r"^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?\Z"
MOST = 64
RULE = "a-z, 0-9, . _ @ and -, beginning and ending with a letter or digit"
_WHOLE = re.compile(PATTERN)
#: What stands between words and cannot stand in an account, as people call it.
_CALLED = {" ": "a space", "+": "a +, which folders of hand-ins take for a separator", "/": "a slash", "\t": "a tab"}


def normal(name: str) -> str:
    """Return *name* as the hub keeps it: in lower case."""
    # A letter that only looks like one of ours would become ours (K, the sign for kelvin): it stays, and is refused.
    return name.lower() if name.isascii() else name


def fault(name: str) -> str:
    """Return why *name*, already normal, can be no account, and what to do; empty when it can."""
    if _WHOLE.match(name):
        return ""
    if not name:
        return "is empty; write an account or remove the line"
    if len(name) > MOST:
        return f"{shown(name, 30)!r} is longer than {MOST} characters; use a shorter account"
    for letter in name:
        if letter in _CALLED:
            return f"{shown(name)!r} has {_CALLED[letter]}; use {RULE}"
        if not letter.isascii():
            called = unicodedata.name(letter, f"U+{ord(letter):04X}")
            return f"{shown(name)!r} has {called}, which may look like another letter; type it again with {RULE}"
    return f"{shown(name)!r} is no account; use {RULE}"
