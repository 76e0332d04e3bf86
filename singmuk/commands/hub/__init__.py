"""The commands for hosting: `singmuk hub`."""

from __future__ import annotations

import click

from singmuk.commands.hub.values import values


@click.group()
def hub() -> None:
    """Host the course on a JupyterHub: on this laptop, on one machine, on Kubernetes."""


hub.add_command(values)
