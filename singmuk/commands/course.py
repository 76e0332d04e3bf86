"""The option that every command on a course has: where it is."""

from __future__ import annotations

from pathlib import Path

import click


class Course(click.ParamType[Path]):
    """The folder of a course."""

    name = "folder"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder; fail when no course is in it."""
        path = Path(value)
        if not (path / "scenarios").is_dir() or not (path / "_config.yml").is_file():
            self.fail(
                f"{path}: no course is here (no scenarios/, _config.yml); go to its folder or use --course",
                param,
                ctx,
            )
        return path


COURSE = click.option(
    "--course",
    "root",
    type=Course(),
    default=".",
    show_default="this folder",
    help="The course's folder.",
)
