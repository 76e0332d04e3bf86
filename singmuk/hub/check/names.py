"""Rules about names and values: what nobody reads, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

from singmuk.hub.check import Said, rule
from singmuk.hub.check.finished import Finished


@rule("unknown-name", "error")
def unknown_name(hub: Finished) -> Iterator[Said]:
    """A misspelt setting is ignored with no more than a line in the log, and what it should close stays open."""
    for section, name, meant in hub.unknown:
        if name:
            advice = f"did you mean {section}.{meant}?" if meant else "check the spelling, or remove it"
            yield f"{section}.{name}", "is no setting that anything reads", advice
        elif meant == "a seat":
            advice = "put it into the seats' jupyter_server_config.py, or into Spawner.args"
            yield section, "is read by the server in a seat, not by the hub", advice
        else:
            advice = f"did you mean {meant}?" if meant else "check the spelling, or name its class for the hub to use"
            yield section, "is no class that this hub uses", advice


@rule("refused-value", "error")
def refused_value(hub: Finished) -> Iterator[Said]:
    """The hub does not start, or no seat does, with a value of the wrong kind."""
    for setting, said in hub.refused:
        yield setting, f"is refused: {said.rstrip('.')}", "write a value of the kind named"
