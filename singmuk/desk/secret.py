"""The desk's secret, and what is derived from it: tokens against forged requests, participants' numbers, seeds."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from singmuk.desk.settings import Settings, SettingsError

FILE = "desk.secret"
LEAST = 32


class Secret:
    """Derives what must be the same on every process and known to nobody else."""

    def __init__(self, secret: str) -> None:
        self._key = secret.encode("utf-8")

    def mark(self, purpose: str, *parts: str) -> str:
        """Return 64 hexadecimal digits for a *purpose* and its *parts*."""
        # Lengths first, so that no two lists of parts give the same text.
        text = "\x1f".join(f"{len(part)}:{part}" for part in (purpose, *parts))
        return hmac.new(self._key, text.encode("utf-8"), hashlib.sha256).hexdigest()

    def xsrf(self, session: str, participant: str) -> str:
        """Return the token without which a change is refused."""
        return self.mark("xsrf", session, participant)

    def is_xsrf(self, token: str, session: str, participant: str) -> bool:
        """Return whether *token* is the one of this *session*."""
        given = token.encode("utf-8", "replace")
        return hmac.compare_digest(given, self.xsrf(session, participant).encode("ascii"))

    def seed(self, participant: str, assignment: str) -> str:
        """Return the seed of the order in which a participant sees choices, the same on every device."""
        return self.mark("seed", participant, assignment)[:16]

    def number(self, name: str) -> str:
        """Return the number under which the person whom a provider calls *name* is kept."""
        digest = bytes.fromhex(self.mark("participant", name))[:10]
        return f"p-{base64.b32encode(digest).decode('ascii').lower()}"

    def fernet_key(self) -> bytes:
        """Return a key for what stands in a cookie and is nobody's to read."""
        return base64.urlsafe_b64encode(bytes.fromhex(self.mark("cookie")))


def find(settings: Settings) -> Secret:
    """Return the secret of the *settings*, or the one in state/, made the first time; raise `SettingsError`."""
    if settings.secret:
        return Secret(settings.secret)
    path = settings.state / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _make(path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as fault:
        raise SettingsError(f"{path}: cannot be used: {fault}; mend that, or set SINGMUK_DESK_SECRET") from fault
    if len(text) < LEAST:
        raise SettingsError(f"{path}: is too short; delete it, and the next start makes another")
    return Secret(text)


def _make(path: Path) -> None:
    """Write a new secret to *path*, whole or not at all; raise `FileExistsError` where one is."""
    if path.exists():
        raise FileExistsError(path)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        os.link(fresh, path)  # unlike a rename, never over the one that another process has just made
    finally:
        fresh.unlink()
