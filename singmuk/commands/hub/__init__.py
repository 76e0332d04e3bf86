"""The commands for hosting: `singmuk hub`."""

from __future__ import annotations

import click

from singmuk.commands.hub.check import check
from singmuk.commands.hub.keep import backup, erase, restore
from singmuk.commands.hub.laptop import laptop
from singmuk.commands.hub.lti import lti
from singmuk.commands.hub.plan import plan
from singmuk.commands.hub.roster import roster
from singmuk.commands.hub.values import values


@click.group()
def hub() -> None:
    """Host the course on a JupyterHub: on this laptop, on one machine, on Kubernetes.

    \\b
    Example:
        singmuk hub laptop
        singmuk hub plan --people 10000 --peak 0.25 --seats 0.05
        singmuk hub check /etc/singmuk/jupyterhub_config.py
    """


for _command in (laptop, plan, roster, check, lti, values, backup, restore, erase):
    hub.add_command(_command)
