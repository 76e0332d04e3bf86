"""Wait until all that `apply` has started answers, or say what does not: `python -m singmuk.hub.machine.ready`."""

from __future__ import annotations

import asyncio
import sys
import time

import click
import httpx

from singmuk.hub.machine import settings
from singmuk.hub.machine.files import make_secrets
from singmuk.hub.machine.hub import site
from singmuk.hub.machine.places import Places, instance
from singmuk.hub.machine.settings import MachineError, Setup

#: Seconds that a program may take from its start to its first answer, on a busy machine; a variable changes them.
PATIENCE, VARIABLE = 120.0, "SINGMUK_PATIENCE"


def places(setup: Setup) -> dict[str, str]:
    """Return where each unit answers whoever asks whether it is well."""
    found = site(setup)
    # Through the proxy: when the hub answers there, both are well.
    answers = {"singmuk-hub.service": f"http://127.0.0.1:{found.port}/hub/health"}
    for hosted in found.campaigns:
        for part in hosted.ports:
            unit = f"singmuk-{part}@{instance(hosted.campaign)}.service"
            answers[unit] = f"{found.inside(hosted, part)}{hosted.campaign.prefix(part)}healthz"
    return answers


async def wait(answers: dict[str, str], patience: float) -> dict[str, str]:
    """Return what was last heard of each unit that did not answer well within *patience* seconds."""
    until = time.monotonic() + patience

    async def one(client: httpx.AsyncClient, address: str) -> str:
        while True:
            try:
                answer = await client.get(address)
                said = "" if answer.status_code < 400 else f"answers {answer.status_code}"
            except httpx.HTTPError as fault:
                said = f"{type(fault).__name__}: {fault}"
            if not said or time.monotonic() > until:
                return said
            await asyncio.sleep(0.5)

    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        heard = await asyncio.gather(*(one(client, address) for address in answers.values()))
    return {unit: said for unit, said in zip(answers, heard, strict=True) if said}


@click.command()
@click.option("--patience", type=click.FloatRange(1, 3600), default=PATIENCE, envvar=VARIABLE, show_default=True)
def main(patience: float) -> None:
    """Wait until hub, proxy, desks, rooms and formgraders answer."""
    found = Places.below()
    try:
        setup = settings.read(found.root, make_secrets(found))
    except MachineError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    answers = places(setup)
    click.echo(f"Waiting for {len(answers)} programs to answer ...")
    silent = asyncio.run(wait(answers, patience))
    for unit, said in silent.items():
        click.echo(f"{unit} ({answers[unit]}): {said}; see `journalctl -u {unit}`", err=True)
    if silent:
        sys.exit(1)
    click.echo(f"All answer. People come in at {setup.machine.address}")


if __name__ == "__main__":
    main()
