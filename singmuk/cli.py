"""The command line: a few lines over the floors below."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

import click

from singmuk import __version__, law, load, policy, schema, template
from singmuk.commands import collect, coverage, desk, feedback, grade, page, release, room, start, trainer
from singmuk.commands.course import COURSE
from singmuk.commands.hub import hub
from singmuk.kinds import kinds
from singmuk.lint import lint, rules


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="singmuk")
def main() -> None:
    """Make and run a course on using generative AI safely at work.

    \b
    Example:
        singmuk start                     # the course on this machine, to take and to run
        singmuk new choose voice-clone    # write a template, then fill it in
        singmuk preview voice-clone       # see it while you write
        singmuk check                     # what is wrong, and what to do
        singmuk book                      # build the book and open it
    """


def _say_faults(faults: list[str], what: str) -> None:
    """Print *faults*, a line each, and leave with 1; say *what* is good when there is none."""
    if faults:
        click.echo("\n".join(faults))
        click.echo(f"\n{len(faults)} to mend.", err=True)
        sys.exit(1)
    click.echo(what)


@main.command()
@COURSE
@click.argument("files", nargs=-1)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules of the lint with their reasons.")
def check(root: Path, files: tuple[str, ...], *, list_rules: bool) -> None:
    """Read every scenario, assignment, register and the policy, and list what is wrong: where, what, what to do.

    With FILES, list only what concerns them.

    \b
    Example:
        singmuk check
        singmuk check scenarios/voice-clone.yml
        singmuk check --rules
    """
    if list_rules:
        width = max(len(rule.name) for rule in rules())
        click.echo("\n".join(f"{rule.name:<{width}}  {rule.why}" for rule in rules()))
        return
    course = load.course(root)
    found = sorted([*course.faults, *law.faults(root, course.sources), *policy.faults(root), *lint(course)])
    wanted = {Path(name).name for name in files}
    unknown = (
        wanted
        - {path.name for path in (root / "scenarios").glob("*.yml")}
        - {path.name for path in (root / "assignments").glob("*.yml")}
        - {policy.NAME}
    )
    if unknown:
        raise click.UsageError(f"no such scenario or assignment: {', '.join(sorted(unknown))}; check the name")
    shown = [str(fault) for fault in found if not wanted or Path(fault.file).name in wanted]
    if not wanted:
        shown += [f"schema/{name}:1: file: is stale; run `singmuk schema`" for name in schema.stale(root)]
    counts = ", ".join(
        f"{len(found)} {what}"
        for what, found in (
            ("scenarios", course.scenarios),
            ("assignments", course.assignments),
            ("sources", course.sources),
        )
    )
    _say_faults(shown, f"All good: {counts}.")


@main.command("schema")
@COURSE
def schema_(root: Path) -> None:
    """Bring schema/ up to date: the files by which an editor completes and checks.

    \b
    Example:
        singmuk schema
    """
    changed = schema.write(root)
    click.echo("\n".join(f"schema/{name}: written" for name in changed) or "Nothing to change.")


@main.command()
@COURSE
@click.argument("kind", type=click.Choice(sorted(kinds())))
@click.argument("name")
def new(root: Path, kind: str, name: str) -> None:
    """Write a commented template of a scenario of KIND, in both languages, to scenarios/NAME.yml.

    \b
    Example:
        singmuk new choose voice-clone
    """
    try:
        path = template.write(root, kind, name)
    except template.TemplateError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{path}: written. Fill it in, look at it with `singmuk preview {name}`, then `singmuk check`.")


@main.command()
@COURSE
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="Where to listen.")
@click.option("--open/--no-open", "show", default=True, help="Open a browser.")
def preview(root: Path, name: str, port: int, *, show: bool) -> None:
    """Show scenarios/NAME.yml in the browser and reload it on every save; faults are shown as well.

    \b
    Example:
        singmuk preview voice-clone
    """
    from singmuk.preview import serve  # noqa: PLC0415  (its server is not needed by the other commands)

    if not (root / "scenarios" / f"{name}.yml").is_file():
        close = get_close_matches(name, [path.stem for path in (root / "scenarios").glob("*.yml")], n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"`singmuk new KIND {name}` writes it"
        raise click.UsageError(f"scenarios/{name}.yml does not exist; {hint}")
    serve(root, name, port=port, show=show)


@main.command()
@COURSE
@click.option("--port", type=click.IntRange(0, 65535), default=8600, show_default=True, help="Where to listen.")
@click.option("--open/--no-open", "show", default=True, help="Open a browser.")
@click.option("--serve/--no-serve", default=True, help="Serve the book after building it.")
def book(root: Path, port: int, *, show: bool, serve: bool) -> None:
    """Build the book in both languages with Jupyter Book, and serve it on 127.0.0.1.

    If the port is taken, the next free one is used and named.

    \b
    Example:
        singmuk book
        singmuk book --no-serve       # only build; the pages are in _build/html
    """
    from singmuk import publish, serving  # noqa: PLC0415  (Sphinx is not needed by the other commands)

    try:
        pages = publish.build(root)
    except publish.BuildError as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"The book is in {pages / 'index.html'}.")
    if serve:
        serving.folder(pages, port=port, show=show)


@main.command()
@COURSE
@click.option("--check", "only_check", is_flag=True, help="Change nothing; only say what is missing or stale.")
def translate(root: Path, *, only_check: bool) -> None:
    """Bring the Chinese pages' files (locale/) in step with the English pages, and list what to translate.

    \b
    Example:
        singmuk translate
        singmuk translate --check
    """
    from singmuk import publish, translations  # noqa: PLC0415  (Sphinx is not needed by the other commands)

    try:
        found = translations.faults(root) if only_check else translations.update(root)
    except publish.BuildError as fault:
        raise click.ClickException(str(fault)) from fault
    _say_faults([str(fault) for fault in found], "Every page is translated.")


@main.command()
@COURSE
@click.option("--check", "only_check", is_flag=True, help="Change nothing; name every file that is stale.")
def build(root: Path, *, only_check: bool) -> None:
    """Bring schema/, source/, exercises/ and solutions/ up to date, through nbgrader.

    Commit what it wrote together with the scenarios it was made from.

    \b
    Example:
        singmuk build
        singmuk build --check       # leaves with 1 when something is stale
    """
    from singmuk import build as building  # noqa: PLC0415  (nbgrader is not needed by the other commands)

    try:
        found = building.stale(root) if only_check else building.build(root)
    except (load.CourseError, building.BuildError) as fault:
        raise click.ClickException(str(fault)) from fault
    if only_check:
        _say_faults(found, "All is up to date.")
        return
    there = [f"{path}: {'written' if (root / path).exists() else 'removed'}" for path in found]
    click.echo("\n".join(there) or "Nothing to change.")


main.add_command(grade.grade)
main.add_command(grade.regrade)
main.add_command(collect.collect)
main.add_command(feedback.feedback)
main.add_command(release.release)
main.add_command(room.room)
main.add_command(start.start)
main.add_command(trainer.trainer)
main.add_command(desk.desk)
main.add_command(page.page)
main.add_command(coverage.coverage)
main.add_command(hub)
for _command in (main, *main.commands.values(), *hub.commands.values()):
    # Click keeps lines apart after a backspace, which these docstrings spell out.
    _command.help = (_command.help or "").replace(r"\b", "\b")
