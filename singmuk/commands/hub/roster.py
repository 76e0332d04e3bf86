"""The command on who takes part: `singmuk hub roster`."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from singmuk.desk.secret import Secret
    from singmuk.hub.roster import Roster

EXAMPLE = Path("hub", "roster.yml")
CAMPAIGN = click.option("--campaign", default="", help="The campaign's name; left out for the one without a name.")
FOLDER = click.option(
    "--course",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default="this folder",
    help="The folder of the campaign, with its state/ and desk.yml.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=EXAMPLE)
@click.option("--check", "only_check", is_flag=True, help="Name every fault; print a table where there is none.")
@click.option(
    "--numbers",
    type=click.Path(path_type=Path),
    help="Write who has which number at the desk to this new file: whoever reads it can name everybody.",
)
@CAMPAIGN
@FOLDER
def roster(file: Path, numbers: Path | None, campaign: str, root: Path, *, only_check: bool) -> None:
    """Print the hub's groups that roster.yml makes; FILE is hub/roster.yml when left out.

    The desk knows participants by numbers that its secret makes of their accounts. With --numbers this writes
    which number is whose: the organisation's register, for whoever may ask and nobody else.

    \\b
    Example:
        singmuk hub roster hub/roster.yml --check
        singmuk hub roster roster.yml --numbers /srv/register/spring.csv --campaign spring --course /srv/spring
    """
    from singmuk.hub import roster as rosters  # noqa: PLC0415  (the other commands need no roster)

    try:
        found = rosters.read(file)
    except rosters.RosterError as fault:
        click.echo(str(fault))
        click.echo(f"\n{len(fault.faults)} to mend.", err=True)
        sys.exit(1)
    if numbers is not None:
        _write_numbers(found, campaign, root, numbers)
    elif only_check:
        click.echo("\n".join(_table(found)))
    else:
        import yaml  # noqa: PLC0415

        click.echo(yaml.safe_dump(found.groups(), sort_keys=False, allow_unicode=True), nl=False)


def _table(found: Roster) -> list[str]:
    """Return the lines that say how many are what in each campaign, and where that is from."""
    from singmuk.hub.names import ROLES  # noqa: PLC0415

    rows = [("campaign", "role", "accounts", "from")]
    for one in found.campaigns:
        for role in ROLES:
            groups = ", ".join(one.oidc[role])
            origin = [one.origin[role]] if one.accounts[role] else []
            origin += [f"the sign-in's {groups}"] if groups else []
            rows.append((one.campaign.name or "(no name)", role, f"{len(one.accounts[role]):,}", "; ".join(origin)))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows]
    lines.append(f"Admins of the hub: {', '.join(found.admins) or 'none'}.")
    if found.by_sign_in:
        lines.append("Groups are set at each sign-in; who loses one at the organisation loses it here.")
    else:
        lines.append("The hub reads this when it starts: start it again after a change.")
    if any("@" in name for name in found.people()):
        lines.append(
            "Some accounts hold an @: good for the desk, and not for seats with an account of the machine each."
        )
    return lines


def _write_numbers(found: Roster, campaign: str, root: Path, target: Path) -> None:
    """Write the register of *campaign* to the new file *target*, which nobody else can read."""
    from singmuk.desk import settings as configuration  # noqa: PLC0415
    from singmuk.desk.secret import FILE, find  # noqa: PLC0415

    try:
        here = found.find(campaign)
        settings = configuration.read(root)
    except (LookupError, configuration.SettingsError) as fault:
        raise click.ClickException(str(fault.args[0])) from fault
    if not here.accounts["participants"]:
        raise click.ClickException(
            "the sign-in says who takes part, and no account is listed; list them to have their numbers"
        )
    if not settings.opaque:
        raise click.ClickException("desk.yml: opaque is false, so the desk keeps accounts and there are no numbers")
    if not settings.secret and not (settings.state / FILE).is_file():
        raise click.ClickException(
            f"{settings.state / FILE}: does not exist, and only the desk's secret makes the numbers; "
            "name the campaign's folder with --course, or set SINGMUK_DESK_SECRET"
        )
    try:
        _write(target, here.accounts["participants"], find(settings))
    except FileExistsError as fault:
        raise click.ClickException(f"{target}: exists already; name a new file, or remove that one first") from fault
    except OSError as fault:
        raise click.ClickException(f"{target}: {fault.strerror or fault}; mend that and try again") from fault
    except configuration.SettingsError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{target}: {len(here.accounts['participants']):,} numbers; only you can read it (mode 0600).")
    click.echo("It leads from numbers to people: keep it apart from what the trainers see, and erase it in the end.")


def _write(target: Path, people: tuple[str, ...], secret: Secret) -> None:
    """Write the numbers of *people* to the new file *target*, whole or not at all; raise `OSError`."""
    said = io.StringIO()
    lines = csv.writer(said, lineterminator="\n")
    lines.writerow(("account", "number"))
    lines.writerows((name, secret.number(name)) for name in people)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(said.getvalue())
    except OSError:
        target.unlink(missing_ok=True)
        raise
