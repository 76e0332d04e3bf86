"""The command that publishes an exercise where there is no Jupyter: `singmuk page`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from singmuk.commands.course import COURSE


@click.command()
@COURSE
@click.argument("assignment")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.  [_build/exercises/]")
def page(root: Path, assignment: str, out: Path | None) -> None:
    """Publish exercises/ASSIGNMENT as one page that needs no server and asks nobody for anything.

    Put the file on the intranet, or send it. Answers stay in the participant's browser; the page's button
    gives them as responses.json, which `singmuk collect` takes in.

    \b
    Example:
        singmuk page pdpo-basics
        singmuk page pdpo-basics --out /srv/intranet/pdpo.html
    """
    from singmuk import page as publishing  # noqa: PLC0415  (the face is not needed by the other commands)
    from singmuk.sitting import ReleaseError, read_release  # noqa: PLC0415

    folder = root / "exercises" / assignment
    if not folder.is_dir():
        known = sorted(path.stem for path in (root / "assignments").glob("*.yml"))
        close = get_close_matches(assignment, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "`singmuk build` makes it from assignments/"
        if assignment in known:
            hint = "run `singmuk build` first"
        raise click.UsageError(f"exercises/{assignment} does not exist; {hint}")
    target = out or root / "_build" / "exercises" / f"{assignment}.html"
    try:
        publishing.write(read_release(folder), target)
    except ReleaseError as fault:
        raise click.ClickException(f"{folder}: items.json is missing or broken; run `singmuk build`") from fault
    except OSError as fault:
        message = f"{target}: cannot be written ({fault.strerror or fault}); choose another place with --out"
        raise click.ClickException(message) from fault
    click.echo(f"{target}: written. It opens without a server; send it or put it on the intranet.")
