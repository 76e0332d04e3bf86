"""Run a command with what a campaign's services know: `python -m singmuk.hub.machine.run INSTANCE COMMAND …`.

Whoever runs it reads hub.env: root. The command gets the databases' addresses and the desk's settings, no token.
"""

from __future__ import annotations

import os
import sys

from singmuk.hub.check import reading
from singmuk.hub.machine.places import Places
from singmuk.hub.machine.settings import DATABASE, ENVIRONMENT

#: What of a desk's environment is settings; its tokens stay where they are.
PREFIX = "SINGMUK_DESK_"


def environment(places: Places, instance: str) -> dict[str, str]:
    """Return the settings of the campaign called *instance*; raise `ReadError`."""
    hub = reading.environment(places.etc / ENVIRONMENT)
    desk = reading.environment(places.etc / "services" / f"desk-{instance}.env")
    found = {name: value for name, value in desk.items() if name.startswith(PREFIX)}
    return found | {DATABASE: hub.get(DATABASE) or f"sqlite:///{places.hub / 'hub.sqlite'}"}


def main(arguments: list[str]) -> int:
    """Become the command; return an exit code where that cannot be."""
    if len(arguments) < 2:
        print("name an instance and a command, such as: default singmuk collect", file=sys.stderr)
        return 2
    instance, *command = arguments
    try:
        os.environ.update(environment(Places.below(), instance))
        os.execvp(command[0], command)
    except reading.ReadError as fault:
        print(fault, file=sys.stderr)
    except OSError as fault:
        print(f"{command[0]}: {fault.strerror}; check the name", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
