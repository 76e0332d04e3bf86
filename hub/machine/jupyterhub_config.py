"""The hub of one machine. What is yours stands in machine.yml, roster.yml and hub.env beside this file.

What you add at the end goes before everything else; `singmuk hub check` tells what a change opens.
"""

from __future__ import annotations

import sys

from singmuk.hub.machine import hub, settings

c = get_config()  # noqa: F821  (the hub gives it)

try:
    hub.configure(c, settings.read())
except settings.MachineError as fault:
    # Every fault at once, and no traceback above them.
    sys.exit(f"The hub cannot start:\n{fault}")
