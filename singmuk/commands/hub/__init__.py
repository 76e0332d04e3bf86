"""The commands for hosting: `singmuk hub`."""

from __future__ import annotations

import click

from singmuk.commands.hub.laptop import laptop
from singmuk.commands.hub.lti import lti


@click.group()
def hub() -> None:
    """Host the course on a JupyterHub: on this laptop, on one machine, on Kubernetes."""


for command in (laptop, lti):
    hub.add_command(command)
