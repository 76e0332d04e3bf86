"""The commands for hosting: `singmuk hub`."""

from __future__ import annotations

import click

from singmuk.commands.hub.keep import backup, erase, restore
from singmuk.commands.hub.laptop import laptop
from singmuk.commands.hub.lti import lti
from singmuk.commands.hub.plan import plan
from singmuk.commands.hub.roster import roster
from singmuk.commands.hub.values import values
from singmuk.commands.hub.laptop import laptop
from singmuk.commands.hub.lti import lti
from singmuk.commands.hub.check import check
from singmuk.commands.hub.keep import backup, erase, restore
from singmuk.commands.hub.laptop import laptop
from singmuk.commands.hub.roster import roster


@click.group()
def hub() -> None:
    """Host the course on a JupyterHub: on this laptop, on one machine, on Kubernetes."""


hub.add_command(laptop)
hub.add_command(check)
hub.add_command(roster)
hub.add_command(laptop)
hub.add_command(backup)
hub.add_command(restore)
hub.add_command(erase)
hub.add_command(lti)
hub.add_command(plan)
hub.add_command(values)
for command in (laptop, lti):
    hub.add_command(command)
