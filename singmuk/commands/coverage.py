"""The command that shows what the bank of scenarios decides and what is missing: `singmuk coverage`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from singmuk import coverage as covering
from singmuk.commands.course import COURSE
from singmuk.load import CourseError

#: The matrix in two sides at a time, as a page can hold it: what stands in rows, and in columns.
VIEWS: tuple[tuple[covering.Side, covering.Side], ...] = (("code", "module"), ("module", "kind"), ("module", "role"))
#: A table is not broken where nobody said how wide the window is.
WIDTH = 120


@click.command()
@COURSE
@click.option(
    "--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write the whole matrix to a file as well."
)
def coverage(root: Path, out: Path | None) -> None:
    """Count the scenarios by module, code, kind and role, and list what course/coverage.yml demands and the bank lacks.

    Leaves with 1 when something is missing. A scenario with two codes counts for both.

    \b
    Example:
        singmuk coverage
        singmuk coverage --json coverage.json
    """
    try:
        bank = covering.read(root)
    except CourseError as fault:
        raise click.ClickException(str(fault)) from fault
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    for rows, columns in VIEWS:
        console.print(_table(bank, rows, columns), "")
    for code, reason in bank.demand.left_out.items() if bank.demand else ():
        console.print(f"Left out, {code}: {reason.en}", soft_wrap=True, markup=False)
    if out:
        try:
            out.write_text(json.dumps(bank.data(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        except OSError as fault:
            raise click.ClickException(f"{out}: cannot be written: {fault.strerror or fault}") from fault
    missing = list(covering.holes(bank))
    if missing:
        click.echo("\n".join(missing))
        click.echo(f"\n{len(missing)} to fill.", err=True)
        sys.exit(1)
    if bank.demand is None:
        click.echo(f"{len(bank.scenarios)} scenarios. Nothing is demanded: {covering.FILE} is not there.")
    else:
        click.echo(f"{len(bank.scenarios)} scenarios. All that is demanded is there.")


def _table(bank: covering.Bank, rows: covering.Side, columns: covering.Side) -> Table:
    """Return the number of scenarios at each place, nothing where there is none, and the sum of each row."""
    heads = bank.order(columns)
    there, sums = bank.count(rows, columns), bank.count(rows)
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(rows)
    for head in (*heads, "scenarios"):
        table.add_column(head, justify="right")
    for row in bank.order(rows):
        counts = [there[(row, head)] for head in heads]
        table.add_row(row, *[str(count or "") for count in counts], str(sums[(row,)]))
    return table
