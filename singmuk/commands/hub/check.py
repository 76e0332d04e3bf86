"""The command that reads a hub's finished configuration: `singmuk hub check`."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import click

#: What systemd gives the hub on a machine set up by hub/machine/install.sh.
ENVIRONMENT = Path("/etc/singmuk/hub.env")


@click.command()
@click.argument("config", type=click.Path(path_type=Path), default="jupyterhub_config.py")
@click.option(
    "--environment",
    type=click.Path(path_type=Path),
    help=f"The file of variables that the hub is started with; {ENVIRONMENT} where it is.",
)
@click.option("--seconds", type=click.FloatRange(1, 600), default=60, show_default=True, help="How long it may take.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules with their reasons.")
def check(config: Path, environment: Path | None, seconds: float, *, list_rules: bool) -> None:
    """Read a hub's finished configuration and name each setting that a careful deployer would not leave so.

    CONFIG is read by a program of its own, as the hub reads it: what it sets by code counts, whoever sets it.
    The hub is not started, and nothing is changed. Run it as the account that runs the hub, so that it sees
    the modes of files. With errors it ends with 1; warnings alone end with 0.

    \b
    Example:
        singmuk hub check /etc/singmuk/jupyterhub_config.py
        singmuk hub check --environment hub.env hub/machine/jupyterhub_config.py
        singmuk hub check --rules
    """
    from singmuk.hub import check as rules  # noqa: PLC0415  (the other commands need none of it)
    from singmuk.hub.check import reading  # noqa: PLC0415

    if list_rules:
        found = rules.rules()
        width = max(len(one.name) for one in found)
        click.echo("\n".join(f"{one.severity:<7}  {one.name:<{width}}  {one.why}" for one in found))
        return
    if find_spec("jupyterhub") is None:
        raise click.ClickException("JupyterHub is not installed here; run this with the Python of the hub")
    if environment is None and ENVIRONMENT.is_file():
        environment = ENVIRONMENT
    try:
        findings = rules.check(reading.read(config, environment, seconds))
    except reading.ReadError as fault:
        raise click.ClickException(str(fault)) from fault
    for one in findings:
        click.echo(str(one))
    errors = sum(one.severity == "error" for one in findings)
    if not findings:
        click.echo("All good.")
        return
    click.echo(f"\n{errors} errors, {len(findings) - errors} warnings.", err=True)
    sys.exit(errors > 0)
