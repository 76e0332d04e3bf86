"""The command that serves the desk alone: `singmuk desk`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from singmuk.serving import free_port, inherited


@click.command()
@click.option(
    "--course",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default="this folder",
    help="The folder with exercises/, and desk.yml where there is one; where others reach it, without scenarios/.",
)
@click.option("--config", type=click.Path(path_type=Path), help="The desk's settings; desk.yml where there is one.")
@click.option("--check", "only_check", is_flag=True, help="Start nothing; only say what is wrong in the settings.")
def desk(root: Path, config: Path | None, *, only_check: bool) -> None:
    """Serve the book and the assignments as pages: answers are kept, handed in, and receipts given.

    Settings are in desk.yml, and SINGMUK_DESK_NAME in the environment goes before the file. Without either it
    serves one person on this machine. It reads exercises/ and the built book, and no key.

    \\b
    Example:
        singmuk desk
        singmuk desk --config /etc/singmuk/desk.yml --check
        SINGMUK_DESK_DATABASE=postgresql+psycopg:///desk singmuk desk
    """
    from singmuk.desk import run, settings  # noqa: PLC0415  (the other commands need no web service)
    from singmuk.desk.store import StoreError  # noqa: PLC0415

    try:
        found = settings.read(root, file=config)
        if only_check:
            click.echo("All good.")
            return
        given = inherited()
        if found.identity == "local" and not given:
            found = found.model_copy(update={"port": free_port(found.port)})
            click.echo(f"Open http://{found.host}:{found.port}{found.base}  (Ctrl-C stops)")
        sys.exit(run.serve(found, config, given))
    except (settings.SettingsError, StoreError) as fault:
        raise click.ClickException(str(fault)) from fault
