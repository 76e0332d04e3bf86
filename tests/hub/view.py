"""What of this machine a hub and its seats see: the package, its environment, and no course with its keys."""

from __future__ import annotations

import pwd
import shlex
import sys
from pathlib import Path

from tests.conftest import ROOT

ENVIRONMENT = Path(sys.prefix).resolve()
#: The interpreter by its place in the environment, not by where a link leads.
PYTHON = str(ENVIRONMENT / "bin" / "python")


def command(arguments: list[str], stage: Path, name: str | None = None, *more: Path) -> list[str]:
    """Return what runs *arguments* as the account *name* (root when None), seeing little.

    Tests run as root, and other uids can neither enter root's home, where the interpreter may lie, nor a closed
    folder above this tree; a deployed machine has both in the open. So in a view of its own (a mount namespace,
    which ends with the program) each such folder is covered by an empty one, in which the environment, the
    package and *more* are put back at their places. The tree itself is covered in any case: its keys are nobody's.
    """
    wanted = [ENVIRONMENT, Path(sys.base_prefix).resolve(), ROOT / "singmuk", *more]
    covered = {_closed(path) for path in [*wanted, ROOT]} | {None}
    tops = sorted(path for path in covered if path) or []
    if not any(ROOT.is_relative_to(top) for top in tops):
        tops.append(ROOT)
    kept = [path for path in dict.fromkeys(wanted) if any(path.is_relative_to(top) for top in tops)]
    lines = ["set -e", f"mount -t tmpfs -o mode=0700 tmpfs {_quoted(stage)}"]
    for number, path in enumerate(kept):
        lines.append(f"mkdir {_quoted(stage / str(number))} && mount --bind {_quoted(path, stage / str(number))}")
    lines += [f"mount -t tmpfs -o mode=0755 tmpfs {_quoted(top)}" for top in tops]
    for number, path in enumerate(kept):
        lines.append(f"mkdir -p {_quoted(path)} && mount --bind {_quoted(stage / str(number), path)}")
    # Binds outlive the folder they came through.
    lines += [f"umount -l {_quoted(stage)}", 'exec "$@"']
    script = "\n".join(lines)
    as_whom = []
    if name:
        found = pwd.getpwnam(name)
        as_whom = ["setpriv", f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups"]
    return ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", *as_whom, *arguments]


def _closed(path: Path) -> Path | None:
    """Return the topmost folder above *path* that other uids cannot enter, None when they can enter all."""
    for one in reversed(path.parents):
        if not one.stat().st_mode & 0o001:
            return one
    return None


def _quoted(*paths: Path) -> str:
    return " ".join(shlex.quote(str(path)) for path in paths)
