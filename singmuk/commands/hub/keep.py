"""The commands that keep a campaign, put it back and erase it: `singmuk hub backup`, `restore`, `erase`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from singmuk.commands.grade import Bar, progress_bar, told_of
from singmuk.commands.hub.roster import FOLDER
from singmuk.hub.names import Campaign

if TYPE_CHECKING:
    from singmuk.desk.settings import Settings
    from singmuk.hub.keep import Outside

FILE = click.Path(dir_okay=False, path_type=Path)
Command = Callable[..., Any]
NAMED = click.option("--campaign", help="The campaign's name, where desk.yml does not say it.")
_OUTSIDE = (
    click.option("--config", type=FILE, help="The desk's settings; desk.yml in the campaign's folder when left out."),
    click.option(
        "--hub-database",
        "hub",
        envvar="SINGMUK_HUB_DATABASE",
        help="The hub's database, sqlite:////… or postgresql://…; SINGMUK_HUB_DATABASE keeps a password out of sight.",
    ),
    click.option("--cookie-secret", "cookie", type=FILE, help="The hub's cookie secret."),
    click.option("--roster", type=FILE, help="The roster; tables beside it that it names go with it."),
)


def outside(command: Command) -> Command:
    """Give *command* the options that name what lies outside a campaign's folder."""
    for option in reversed(_OUTSIDE):
        command = option(command)
    return command


def told(stopped: str) -> AbstractContextManager[None]:
    """Turn what can go wrong into a message; *stopped* says how things stand after Ctrl-C."""
    from singmuk.hub.keep import KeepError  # noqa: PLC0415

    return told_of(KeepError, stopped)


def named(given: str | None, desk: Settings) -> Campaign:
    """Return the campaign that is *given*, or that the *desk* says it is; fail when they differ or it can be none."""
    if given is not None and desk.campaign is not None and given != desk.campaign:
        there = repr(desk.campaign) if desk.campaign else "the campaign without a name"
        raise click.UsageError(f"--campaign is {given!r}, and desk.yml says {there}; name the folder with --course")
    try:
        return Campaign(given or desk.campaign or "")
    except ValueError as fault:
        raise click.UsageError(f"--campaign: {fault}") from fault


def size(many: int) -> str:
    """Return *many* bytes as people read them."""
    return f"{many / 1e6:,.1f} MB" if many >= 100_000 else f"{many:,} bytes"


def _places(config: Path | None, hub: str | None, cookie: Path | None, roster: Path | None) -> Outside:
    from singmuk.hub.keep import Outside  # noqa: PLC0415

    return Outside(config, hub, cookie, roster)


@click.command()
@FOLDER
@NAMED
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder of archives."
)
@click.option("--keep", type=click.IntRange(0), default=0, help="Keep so many archives of this campaign; 0 keeps all.")
@outside
def backup(root: Path, campaign: str | None, folder: Path, *, keep: int, **places: Any) -> None:
    """Write one archive of a campaign while it runs: databases, hand-ins, feedback, gradebook, secret, settings.

    It is read again before it counts, and only then are older ones removed. Whoever reads an archive reads
    everything in it: it is readable by you alone (mode 0600); where it leaves this machine, encrypt it.

    \\b
    Example:
        singmuk hub backup --to /var/backups/singmuk --keep 14
        singmuk hub backup --to /var/backups/singmuk --hub-database sqlite:////srv/hub/hub.sqlite
    """
    from singmuk.hub.keep import backup as keeping  # noqa: PLC0415
    from singmuk.hub.keep import find  # noqa: PLC0415

    with told("No archive was written; the older ones are as they were."), progress_bar() as progress:
        held = find(root, _places(**places))
        which = named(campaign, held.desk)
        kept = keeping.backup(held, folder, which, keep=keep, advance=Bar(progress, "Keeping"))
    found = kept.manifest
    click.echo(f"{kept.path}: {size(kept.size)}, read again and found whole.")
    for one in found.databases:
        click.echo(f"  {one.name:<10} {sum(one.rows.values()):>9,} rows")
    click.echo(f"  {'files':<10} {len(found.files) - len(found.databases):>9,}")
    if kept.missing:
        click.echo(f"Not there, so not in it: {', '.join(kept.missing)}.")
    if "hub" not in held.databases:
        click.echo("The hub's own database is not in it; name it with --hub-database.")
    if held.desk.secret:
        click.echo("The desk's secret is set elsewhere (SINGMUK_DESK_SECRET or desk.yml): keep it as well.")
    if kept.passed:
        click.echo(f"Left out, because they are links or no files: {len(kept.passed):,}.")
    if kept.removed:
        click.echo(f"Removed {len(kept.removed):,} older: {', '.join(path.name for path in kept.removed)}.")


@click.command()
@click.argument("archive", type=FILE)
@FOLDER
@outside
@click.option("--without-hub", is_flag=True, help="Leave the hub's database, cookie secret and roster in the archive.")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; only read the whole archive.")
def restore(archive: Path, root: Path, *, without_hub: bool, only_check: bool, **places: Any) -> None:
    """Put ARCHIVE back into an empty place: all of it is checked first, and all of it or nothing is put back.

    The course itself (scenarios/, exercises/, nbgrader_config.py) must be there; what a campaign leaves must not.
    Nothing is ever written over.

    \\b
    Example:
        singmuk hub restore /var/backups/singmuk/singmuk-20261123T014500Z.tar.gz --check
        singmuk hub restore /var/backups/singmuk/singmuk-20261123T014500Z.tar.gz --without-hub
    """
    from singmuk.hub.keep import archive as archives  # noqa: PLC0415
    from singmuk.hub.keep import restore as restoring  # noqa: PLC0415
    from singmuk.hub.keep import versions  # noqa: PLC0415

    with told("Nothing was put back, or the next call ends it: run the command again."):
        if only_check:
            found = archives.read(archive)
            todo = tuple(versions.check(found))
        else:
            done = restoring.restore(archive, root, _places(**places), without_hub=without_hub, say=click.echo)
            found, todo = done.manifest, done.todo
    done_ = "whole, and this machine's programs can read it" if only_check else "put back"
    click.echo(f"{archive}: {done_}; made {found.made} by singmuk {found.singmuk}.")
    for one in found.databases:
        click.echo(f"  {one.name:<10} {sum(one.rows.values()):>9,} rows ({one.sort})")
    click.echo(f"  {'files':<10} {len(found.files) - len(found.databases):>9,}")
    click.echo("\n".join(todo) if todo else "", nl=bool(todo))


@click.command()
@FOLDER
@NAMED
@outside
@click.option("--users", is_flag=True, help="Also the people of this campaign in the hub's database (--hub-database).")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(root: Path, campaign: str | None, *, users: bool, yes: bool, **places: Any) -> None:
    """Erase what a campaign keeps of people, after asking: answers, receipts, submissions, feedback, points, secret.

    It says what is there before, and what stays after. Stop the desk and the hub first. It may be stopped at any
    time and run again: it goes on. With --users also the hub's people who are in this campaign and no other.

    \\b
    Example:
        singmuk hub erase --course /srv/spring --campaign spring
        singmuk hub erase --course /srv/spring --campaign spring --users --hub-database sqlite:////srv/hub/hub.sqlite
    """
    from singmuk.hub.keep import erase as erasing  # noqa: PLC0415
    from singmuk.hub.keep import find  # noqa: PLC0415
    from singmuk.hub.keep import users as hubs  # noqa: PLC0415

    there = _places(**places)
    if users and not there.hub:
        raise click.UsageError("--users needs the hub's database: name it with --hub-database")
    with told("What is left goes when you run the command again."):
        held = find(root, there)
        which = named(campaign, held.desk)
        pieces = erasing.found(held)
        go, leave = hubs.count(there.hub, which) if users and there.hub else (0, 0)
        if not pieces and not go and not leave:
            click.echo(f"{held.root}: nothing of people is left here.")
        else:
            _ask(root, [(one.where, one.what) for one in pieces], go, leave, yes=yes)
        erasing.erase(held, click.echo if pieces else lambda _: None)
        if users and there.hub:
            go, leave = hubs.remove(there.hub, which)
            click.echo(f"Out of the hub: {go:,} people; {leave:,} more only left this campaign's groups.")
    click.echo("\nNot erased, because it is not ours to find or not about people:")
    click.echo("\n".join(f"  {line}" for line in erasing.stays(held)))
    if users:
        click.echo("  The campaign in the roster: take it out, or the hub makes the accounts again when it starts.")


def _ask(root: Path, pieces: list[tuple[str, str]], go: int, leave: int, *, yes: bool) -> None:
    """Say what is to go, and leave with 1 unless somebody agrees."""
    click.echo(f"{root.resolve()} holds, of people:")
    for where, what in pieces:
        click.echo(f"  {where}{f': {what}' if what else ''}")
    if go or leave:
        click.echo(f"  the hub: {go:,} people who are in no other campaign; {leave:,} more leave this one's groups")
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException("not erased: nobody can be asked here; use --yes")
    if not click.confirm("Erase all of it for good?"):
        click.echo("Not erased.")
        sys.exit(1)
