"""The command that reads the settings of a sign-in from an LMS: `singmuk hub lti`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default="lti.yml")
@click.option("--check", "only_check", is_flag=True, help="Only say what is wrong in the file.")
def lti(file: Path, *, only_check: bool) -> None:
    """Read the settings of signing in from an LMS (LTI 1.3), name every fault, and say what to enter in the LMS.

    FILE is lti.yml where it is left out. The secret comes from SINGMUK_LTI_SECRET, as the hub will have it.

    \\b
    Example:
        singmuk hub lti --check /etc/singmuk/lti.yml
        singmuk hub lti /etc/singmuk/lti.yml
    """
    from singmuk.hub.lti.settings import LtiError, read  # noqa: PLC0415  (the other commands need no hub)
    from singmuk.hub.names import Campaign  # noqa: PLC0415

    try:
        found = read(file)
    except LtiError as fault:
        raise click.ClickException(str(fault)) from fault
    if only_check:
        click.echo("All good.")
        return
    click.echo("Enter in the LMS:")
    click.echo(f"  Initiate login URL   {found.origin}/hub/lti13/oauth_login")
    click.echo(f"  Redirection URI      {found.origin}/hub/lti13/oauth_callback")
    for name in sorted({place.campaign for place in found.campaigns}):
        of = f"   (campaign {name})" if name else ""
        click.echo(f"  Tool URL             {found.origin}{Campaign(name).prefix('desk')}my{of}")
    click.echo("  Public key           none: the desk signs nothing and sends no grades")
