"""Rules about starting seats: as whom, with how much, how many at once."""

from __future__ import annotations

from collections.abc import Iterator

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished

#: Processor seconds that a seat's start takes: measured, see the operations guide.
START = 3.4
#: Seconds that a seat needs to answer on a busy machine.
ANSWER = 30


@rule("shared-account", "error")
def shared(hub: Finished) -> Iterator[Said]:
    """Seats under one account read each other's work, the hub's database and its tokens: everybody is administrator."""
    if "SimpleLocalProcessSpawner" in hub.spawner.kinds:
        fact = "is SimpleLocalProcessSpawner: every seat runs under the hub's account"
        yield "JupyterHub.spawner_class", fact, "use systemd: an account for each seat"


@rule("no-limits", "warning")
def unlimited(hub: Finished) -> Iterator[Said]:
    """Where nothing holds a seat to its memory, one notebook takes the machine from everybody."""
    if not hub.limiting:
        fact = f"is {hub.spawner.name}, which holds no seat to its limits"
        yield "JupyterHub.spawner_class", fact, "use systemd, which does"


@rule("no-memory-limit", "error")
def memory(hub: Finished) -> Iterator[Said]:
    """A single notebook with a long list would take the machine's memory from everybody."""
    if hub.limiting and not hub.spawner["mem_limit"]:
        yield hub.spawner.at("mem_limit"), "is not set", "set it, such as 768M: a seat in use takes 210 MB"


@rule("no-processor-limit", "warning")
def processors(hub: Finished) -> Iterator[Said]:
    """A notebook that counts for ever slows down everybody else."""
    if hub.limiting and not hub.spawner["cpu_limit"]:
        yield hub.spawner.at("cpu_limit"), "is not set", "set it, such as 1"


@rule("open-tmp", "error")
def tmp(hub: Finished) -> Iterator[Said]:
    """What one seat leaves in /tmp, another reads, or has put there before."""
    if "SystemdSpawner" in hub.spawner.kinds and not hub.spawner["isolate_tmp"]:
        yield hub.spawner.at("isolate_tmp"), "is off: seats share /tmp", "set it to True"


@rule("open-devices", "warning")
def devices(hub: Finished) -> Iterator[Said]:
    """A seat needs no disk, no terminal and no graphics card of the machine."""
    if "SystemdSpawner" in hub.spawner.kinds and not hub.spawner["isolate_devices"]:
        yield hub.spawner.at("isolate_devices"), "is off: a seat sees the machine's devices", "set it to True"


@rule("seat-sudo", "error")
def sudo(hub: Finished) -> Iterator[Said]:
    """A seat that may gain privileges needs one fault in one program to be root."""
    if "SystemdSpawner" not in hub.spawner.kinds:
        return
    if not hub.spawner["disable_user_sudo"]:
        yield hub.spawner.at("disable_user_sudo"), "is off: a seat may become another account", "remove it"


@rule("open-homes", "error")
def homes(hub: Finished) -> Iterator[Said]:
    """One wrong mode on one home, and everybody reads it: what a seat cannot see it cannot read."""
    if "SystemdSpawner" not in hub.spawner.kinds:
        return
    found = hub.spawner["unit_extra_properties"] or {}
    if not hub.spawner["dynamic_users"] and found.get("ProtectHome") not in ("yes", "tmpfs", "true", True):
        advice = 'set {"ProtectHome": "tmpfs"} and bind the own home into it, as hub/machine does'
        yield hub.spawner.at("unit_extra_properties"), "hides nobody's home from a seat", advice


@rule("own-state-folder", "error")
def dynamic(hub: Finished) -> Iterator[Said]:
    """A dynamic account's home is /var/lib/NAME: somebody called postgresql would be given the database's folder."""
    if hub.spawner["dynamic_users"]:
        fact = "is on: a home is /var/lib/ and the name"
        yield hub.spawner.at("dynamic_users"), fact, "make accounts, as hub/machine does"


@rule("own-settings", "warning")
def own(hub: Finished) -> Iterator[Said]:
    """A seat that reads settings from its owner's home is no longer as the deployer left it."""
    if not hub.spawner["disable_user_config"]:
        fact = "is off: a file in the home changes how the seat's server is set"
        yield hub.spawner.at("disable_user_config"), fact, "set it to True"


@rule("named-servers", "warning")
def several(hub: Finished) -> Iterator[Said]:
    """Who may start as many seats as they like takes the seats of others."""
    if hub.hub["allow_named_servers"]:
        yield hub.hub.at("allow_named_servers"), "is on: one person may have many seats", "remove it"


@rule("starts-at-once", "warning")
def at_once(hub: Finished) -> Iterator[Said]:
    """All that start together wait for the last: with 40 at once on two cores, the first waited 85 seconds."""
    limit = hub.hub["concurrent_spawn_limit"]
    if not limit:
        yield hub.hub.at("concurrent_spawn_limit"), "is 0: any number start at once", "set twice the processors"
    elif hub.local and limit * START / hub.processors > (hub.spawner["start_timeout"] or 0):
        seconds = limit * START / hub.processors
        fact = f"is {limit}: so many together take {seconds:.0f} seconds on {hub.processors} processors, and each gets"
        advice = "set twice the processors"
        yield hub.hub.at("concurrent_spawn_limit"), f"{fact} {hub.spawner['start_timeout']}", advice


@rule("short-start", "warning")
def patience(hub: Finished) -> Iterator[Said]:
    """A start that takes longer than the hub waits is a start for nothing, and everybody tries again."""
    if (hub.spawner["start_timeout"] or 0) < 2 * ANSWER + 1:
        advice = "set 120 or more; 40 starts at once would all have failed with 60"
        yield hub.spawner.at("start_timeout"), f"is {hub.spawner['start_timeout']} seconds", advice
    if (hub.spawner["http_timeout"] or 0) < ANSWER:
        advice = f"set {ANSWER} or more"
        yield hub.spawner.at("http_timeout"), f"is {hub.spawner['http_timeout']} seconds for a seat to answer", advice


@rule("no-seat-limit", "warning")
def seats(hub: Finished) -> Iterator[Said]:
    """One seat too many slows or ends all that run; who comes then is better told to come back."""
    if not hub.hub["active_server_limit"]:
        advice = "set what the memory holds: `singmuk hub plan` calculates it"
        yield hub.hub.at("active_server_limit"), "is 0: any number of seats run", advice


@rule("hub-gives-up", "warning")
def failures(hub: Finished) -> Iterator[Said]:
    """A few seats that fail in a row, and the hub ends itself: a full disk in one home stops it for all."""
    if hub.spawner["consecutive_failure_limit"]:
        fact = f"is {hub.spawner['consecutive_failure_limit']}: after so many failed starts the hub ends"
        yield hub.spawner.at("consecutive_failure_limit"), fact, "set it to 0 and watch the log"
