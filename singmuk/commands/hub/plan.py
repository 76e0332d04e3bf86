"""The command that says what a campaign takes: `singmuk hub plan`."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from singmuk.hub.plan import Plan
    from singmuk.hub.plan.asked import Ask
    from singmuk.hub.plan.measured import Measured
    from singmuk.hub.plan.runbook import Step

#: A table is not broken where nobody said how wide the window is.
WIDTH = 140


def _pairs(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """Return what NAME=VALUE says, for each."""
    found = {}
    for one in given:
        name, _, text = one.partition("=")
        try:
            found[name] = float(text)
        except ValueError:
            raise click.BadParameter(f"{one!r} is no NAME=VALUE with a number, such as pods=60") from None
    return found


def _list(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    from singmuk.hub.plan.asked import assumptions  # noqa: PLC0415

    if wanted:
        for name, one in assumptions().items():
            click.echo(f"{name}={one.value:g}: {one.why}")
        ctx.exit()


@click.command()
@click.option("--people", type=int, required=True, help="How many are invited.")
@click.option("--peak", type=float, default=0.25, show_default=True, help="The share of them who are there at once.")
@click.option("--seats", type=float, default=0.0, show_default=True, help="The share of those who work in JupyterLab.")
@click.option("--minutes", type=float, default=10, show_default=True, help="Minutes within which those at once come.")
@click.option("--stay", type=float, default=20, show_default=True, help="Minutes that somebody stays.")
@click.option("--items", type=int, default=10, show_default=True, help="Items of the assignment.")
@click.option("--answers-per-person", "answers", type=float, help="Answers somebody saves; one for each item.")
@click.option("--node-cpu", type=float, default=16, show_default=True, help="Processors of a node.")
@click.option("--node-gb", type=float, default=64, show_default=True, help="Memory of a node.")
@click.option("--margin", type=float, default=1.5, show_default=True, help="How many times what was measured.")
@click.option(
    "--assume", multiple=True, metavar="NAME=VALUE", callback=_pairs, help="What is taken for granted otherwise."
)
@click.option(
    "--assumptions", is_flag=True, is_eager=True, expose_value=False, callback=_list,
    help="List what is taken for granted, and leave.",
)  # fmt: skip
@click.option(
    "--results", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with hub.json and desk.json that `make benchmark` wrote on your machine.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For machines: the plan and the runbook.")
@click.option("--markdown", "as_markdown", is_flag=True, help="For a page: the plan and the runbook.")
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw processors and memory to a file, .svg or .png.",
)
def plan(
    *, results: Path | None, as_json: bool, as_markdown: bool, figure: Path | None,
    assume: dict[str, float], **given: Any,
) -> None:  # fmt: skip
    """Calculate what a campaign takes, and write the runbook of its first hour.

    Desk, seats, nodes, hub, proxy, databases and volumes, each line with the measured figures and the formula it
    comes from. `--seats` is the share of those there at once who work in JupyterLab; the others use the desk's pages.

    \\b
    Example:
        singmuk hub plan --people 10000 --peak 0.25 --seats 0.05
        singmuk hub plan --people 300 --seats 1 --node-cpu 8 --node-gb 32
        singmuk hub plan --people 10000 --markdown > plan.md
    """
    from singmuk.hub.plan import asked, measured, runbook, told  # noqa: PLC0415  (the other commands need none of it)
    from singmuk.hub.plan import plan as calculate  # noqa: PLC0415

    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown are two forms of the same; choose one")
    try:
        ask = asked.Ask(**given, assume=assume)
        found = measured.read(results)
        made = calculate(ask, found)
    except (asked.AskedError, measured.MeasuredError) as fault:
        raise click.ClickException(str(fault)) from fault
    steps = runbook.runbook(made)
    if figure:
        _draw(ask, found, figure)
    if as_json:
        data = made.data() | {"runbook": [step.data() for step in steps]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True))
    elif as_markdown:
        click.echo(told.markdown(made, steps), nl=False)
    else:
        _show(made, steps, told.opening(ask))


def _draw(ask: Ask, found: Measured, path: Path) -> None:
    """Draw the picture to *path*; raise `click.ClickException`."""
    from matplotlib import rc_context  # noqa: PLC0415  (slow to load, and seldom asked for)

    from singmuk.book.figure import SETTINGS  # noqa: PLC0415
    from singmuk.hub.plan.figure import figure as draw  # noqa: PLC0415

    if path.suffix not in (".svg", ".png"):
        raise click.ClickException(f"{path}: is neither .svg nor .png; name the file so")
    try:
        with rc_context(SETTINGS):
            draw(ask, found).savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    except OSError as fault:
        raise click.ClickException(f"{path}: cannot be written: {fault.strerror or fault}") from fault


def _show(made: Plan, steps: list[Step], opening: str) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    console.print(opening, markup=False)
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    for name, right in (("", False), ("what", False), ("it takes", True), ("how", False)):
        table.add_column(name, justify="right" if right else "left", ratio=None, no_wrap=name != "how")
    for part, lines in groupby(made.lines, key=lambda line: line.part):
        for number, line in enumerate(lines):
            table.add_row("" if number else escape(part), escape(line.text), line.shown, escape(line.how))
    console.print("", table, "", "[bold]Beware[/bold]")
    for warning in made.warnings:
        console.print(f"- {warning}", markup=False)
    for when, some in groupby(steps, key=lambda step: step.when):
        console.print("", f"[bold]{escape(when)}[/bold]")
        for step in some:
            console.print(f"- {step.do}", markup=False)
            for head, text in (("why", step.why), ("look", step.look), ("act", step.act)):
                if text:
                    console.print(f"    {head}: {text}", markup=False)
    console.print("", "[bold]Where the figures are from[/bold]")
    for remark in made.remarks:
        console.print(f"- {remark}", markup=False)
