"""An archive that is damaged, cut short or made by hand is refused, and nothing is put anywhere."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from hashlib import sha256

import pytest

from singmuk.hub.keep import KeepError, archive
from singmuk.hub.keep import restore as restoring
from tests.hub import campaign
from tests.hub.campaign import command, fresh, kept, ran, untouched

__all__ = ["fresh", "kept", "ran"]


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_byte_that_changed_is_found(kept, fresh, tmp_path, place):
    path, _ = kept
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 0xFF
    broken = tmp_path / path.name
    broken.write_bytes(content)
    with contextlib.suppress(KeepError):  # a gzip's header has bytes that mean nothing
        if archive.read(broken) == archive.read(path):
            return
    code, said = command("restore", broken, *fresh.options)
    assert code == 1 and "use another" in said, said
    untouched(fresh)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.9999, 1 - 1e-9])
def test_an_archive_that_is_cut_short_is_refused(kept, fresh, tmp_path, share):
    path, _ = kept
    broken = tmp_path / path.name
    broken.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    for more in (["--check"], fresh.options):
        code, said = command("restore", broken, *more)
        assert code == 1 and "use another one" in said, said
    untouched(fresh)


def remade(path, target, change):
    """Write the archive *path* to *target* with its parts and its list as *change* makes them."""
    with tarfile.open(path) as tar:
        parts = [(info, tar.extractfile(info).read()) for info in tar]
    listed = json.loads(parts.pop()[1])
    change(parts, listed)
    parts.append((named(archive.LIST), json.dumps(listed).encode()))
    with gzip.open(target, "wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in parts:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))
    return target


def named(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def both(name):
    """Return a change that adds a file called *name* which the list knows, as whoever forges an archive would."""
    entry = {"path": name, "size": 1, "sha256": sha256(b"x").hexdigest(), "mode": 0o644}

    def change(parts, listed):
        parts.append((named(name), b"x"))
        listed["files"].append(entry)

    return change


def part(*given):
    """Return a change that adds something to the parts alone."""
    return lambda parts, _: parts.append((named(*given), b"x" if len(given) == 1 else b""))


def list_says(**changes):
    """Return a change of the list alone."""
    return lambda _, listed: listed.update(changes)


def base_says(name, **changes):
    """Return a change of what the list says of the database *name*."""
    return lambda _, listed: next(one for one in listed["databases"] if one["name"] == name).update(changes)


UP = "course/state/../../../evil"
CHANGES = {
    "upwards": (both("../evil"), "leads elsewhere"),
    "absolute": (both("/tmp/evil"), "leads elsewhere"),
    "upwards in the middle": (both(UP), "leads elsewhere"),
    "upwards, quoted": (both(UP.replace(".", "%2e")), "leads elsewhere"),
    "elsewhere in the course": (both("course/scenarios/evil.yml"), "none of the course"),
    "beside state": (both("course/state-2/x"), "none of the course"),
    "link": (part("course/state/l", tarfile.SYMTYPE, "/etc"), "no plain file"),
    "hard link": (part("course/state/h", tarfile.LNKTYPE, "desk.yml"), "no plain file"),
    "device": (part("course/state/d", tarfile.CHRTYPE), "no plain file"),
    "twice": (lambda parts, _: parts.append(parts[-1]), "stands there twice"),
    "not listed": (part("course/state/more"), "is not what was kept"),
    "missing": (lambda parts, _: parts.pop(), "is not what was kept"),
    "folder upwards": (list_says(folders={"course/../../evil": 511}), "is not what was kept"),
    "another format": (list_says(format=2), "is damaged or no archive of ours"),
    "newer desk": (base_says("desk", revision="9999"), "does not know; install the version"),
    "newer gradebook": (base_says("gradebook", revision="9999"), "which this nbgrader does not know"),
    "newer hub": (base_says("hub", revision="9999"), "which this jupyterhub does not know"),
    "other sort": (base_says("desk", sort="postgresql"), "was kept from PostgreSQL"),
    "other secret": (list_says(secret="0" * 16), "SINGMUK_DESK_SECRET: is another one"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_archive_that_somebody_changed_is_refused(kept, fresh, tmp_path, what):
    change, said = CHANGES[what]
    code, told = command("restore", remade(kept[0], tmp_path / "changed.tar.gz", change), *fresh.options)
    assert code == 1 and said in told, told
    untouched(fresh)


def test_an_archive_that_was_only_packed_again_is_taken(kept, fresh, tmp_path):
    again = remade(kept[0], tmp_path / "again.tar.gz", lambda *_: None)
    restoring.restore(again, fresh.root, fresh.outside)
    assert campaign.everything(fresh) == kept[1]
