"""A thousand people through a real hub and proxy to the desk, hub and desk killed in the middle; a storm on seats.

Times are reported and not asserted: they are the machine's. What is asserted is that nothing is lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from benchmarks.desk import responses
from benchmarks.hub_seats import own
from singmuk.desk import secret
from singmuk.desk import settings as configuration
from singmuk.desk.store import open_office
from singmuk.hub.site import Limits
from tests import aside
from tests.conftest import ROOT
from tests.hub.crowd import Crowd
from tests.hub.site import hosted
from tests.hub.storm import sign_in, start, storm

NAME = "pdpo-basics"
#: What each run took, one line each.
REPORT = ROOT / "_build" / "load.txt"
PEOPLE, TOGETHER, ITEMS = 1_000, 150, 4
#: Seconds after an answer, at most: so some are in the middle of theirs whenever a program is killed.
THINKING = 3.0
#: Seconds for which people bear with a hub or a desk that is away; for seats, as long as they are told to wait.
PATIENCE, SEAT = 300.0, 300.0
SEATS = 6


def roster(names):
    """Return the configuration that has *names* on the roster; who needs no seat needs no account of the machine."""
    return f"""
PEOPLE = {names!r}
c.JupyterHub.load_groups["singmuk-participants"]["users"] += PEOPLE
c.Authenticator.allowed_users |= set(PEOPLE)
"""


def crowd(site, answers, patience=0.0):
    """Return a crowd for *site* that gives *answers*."""
    release = json.loads((site.course / "exercises" / NAME / "items.json").read_text(encoding="utf-8"))
    return Crowd(
        site.address.rstrip("/"), site.hosted.campaign.prefix("desk"), release, answers, site.password, patience
    )


@contextmanager
def kept(site):
    """Open the desk's store, and give it with what makes numbers of names."""
    settings = configuration.read(site.course, {})
    with closing(open_office(settings.url)) as store:
        yield store, secret.find(settings)


def report(capsys, title, **figures):
    """Print *figures* under a *title*, and keep them in _build/: with several workers a print is lost."""
    told = f"{title}: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M} load {os.getloadavg()[0]:.1f}: {told}\n")
    with capsys.disabled():
        print(f"\n{told}")


def seconds(took, share):
    """Return the seconds within which the *share* was answered, as one says it."""
    return f"{took.at(share) / 1000:.2f} s"


def test_a_thousand_sign_in_and_answer_while_hub_and_desk_are_killed(capsys):
    names = [f"crowd-{number}" for number in range(PEOPLE)]
    answers = dict(list(responses().items())[:ITEMS])
    done, away = [], {}
    with hosted(people=1, trainers=0, auditors=0, config=roster(names)) as site:
        found = crowd(site, answers, PATIENCE)
        found.cold = False  # the benchmark fetches every page's files; here two cores are shared with other tests

        async def work(name, turn):
            # Kept after the turn: somebody who began before a program was killed goes on after it.
            async with turn, found.browser(name) as person:
                await person.sign_in()
                for item in answers:
                    await person.save(item)
                    await asyncio.sleep(random.Random(f"{name}{item}").uniform(0, THINKING))
                await person.hand_in()
                done.append(person)

        async def kill(name, after):
            while len(done) < after:
                await asyncio.sleep(0.05)
            began = time.monotonic()
            site.stop(name, signal.SIGKILL)
            await asyncio.sleep(1)
            site.start(name)
            await asyncio.to_thread(site.ready, name)
            away[name] = f"{time.monotonic() - began:.1f} s"

        async def go():
            turn = asyncio.Semaphore(TOGETHER)
            killed = [kill("hub", PEOPLE // 4), kill("desk", PEOPLE // 2)]
            await asyncio.gather(*(work(name, turn) for name in names), *killed)

        began = time.monotonic()
        aside.run(go())
        whole = time.monotonic() - began
        assert len(done) == PEOPLE and set(away) == {"hub", "desk"}
        assert all(set(person.confirmed) == set(answers) and len(person.receipts) == 1 for person in done)
        with kept(site) as (store, marks):
            handed = {one.participant: one for one in store.handins(NAME)}
        lost = []
        for person in done:
            one = handed.get(marks.number(person.name))
            there = json.loads(one.text)["responses"] if one else {}
            lost += [
                (person.name, item)
                for item, response in person.confirmed.items()
                if (given := there.get(item, {}).get("response")) != response and given != sorted_(response)
            ]
            assert one and one.sha256 in person.receipts, person.name
        assert lost == [] and len(handed) == PEOPLE
        # It was no calm: some were signing in and some answering when a program was killed, and came through.
        assert {"sign-in", "save"} <= set(found.tries)
    report(
        capsys, f"{PEOPLE} people, {TOGETHER} at a time, {ITEMS} answers each", all_in=f"{whole:.0f} s",
        sign_in_p50=seconds(found.signed_in, 0.5), sign_in_p99=seconds(found.signed_in, 0.99),
        save_p50=seconds(found.saved, 0.5), save_p99=seconds(found.saved, 0.99),
        hub_away=away["hub"], desk_away=away["desk"], tried_again=dict(found.tries),
    )  # fmt: skip


def sorted_(response):
    """Return what the desk keeps of a *response* whose order does not matter."""
    return sorted(response) if isinstance(response, list) else response


def test_seats_asked_for_at_once_all_come_and_the_first_within_seconds(capsys):
    with hosted(people=SEATS, trainers=0, auditors=0, limits=Limits()) as site:
        limit = site.site.limits.starting
        assert limit < SEATS  # else nobody is told to come again
        found = aside.run(storm(crowd(site, {}), site.participants, SEAT))
        assert {one.name for one in found} == set(site.participants)
        told = sum(one.told_later for one in found)
        assert told, "the limit never held"
        assert found[0].told_later == 0 and found[0].seconds < site.site.limits.start
        active = {one["name"] for one in site.ask("GET", "users?state=ready").json()}
        assert active == set(site.participants)
        seat_lives_on(site)
    report(
        capsys, f"{SEATS} seats at once, {limit} may start", first=f"{found[0].seconds:.1f} s",
        half=f"{statistics.median(one.seconds for one in found):.1f} s", all=f"{found[-1].seconds:.1f} s",
        told_to_come_again=told,
    )  # fmt: skip


def seat_lives_on(site):
    """Kill the hub: the seats stay, and their owners find them again."""
    name = site.participants[0]
    before = own(name)[0].pid
    site.stop("hub", signal.SIGKILL)
    site.start("hub")
    site.ready("hub")

    async def again():
        async with crowd(site, {}).browser(name) as person:
            await sign_in(person)
            return await start(person, SEAT)

    assert aside.run(again()).told_later == 0
    assert own(name)[0].pid == before


@pytest.mark.browser
def test_the_page_of_whoever_is_told_to_wait_asks_again_by_itself(chromium):
    with hosted(people=2, trainers=0, auditors=0, limits=Limits(starting=1, again=(2, 4))) as site:
        first, second = site.participants
        with chromium(site) as open_page, ThreadPoolExecutor(1) as aside:
            page = open_page().page
            page.goto(f"{site.address}hub/spawn")
            asked = aside.submit(site.ask, "POST", f"users/{first}/server")
            while not site.ask("GET", f"users/{first}").json()["servers"].get("", {}).get("pending"):
                assert not asked.done() or asked.result().status_code < 400
            page.locator("#username_input").fill(second)
            page.locator("#password_input").fill(site.password)
            page.locator("#login_submit").click()
            page.locator("#again").wait_for()
            assert 2 <= int(page.locator("#again").get_attribute("data-seconds")) <= 4
            assert page.locator("#again p:visible").count() == 2
            # Nobody touches it from here on.
            page.locator(".jp-RenderedMarkdown h1", has_text="Exercises").first.wait_for(timeout=SEAT * 1000)
        assert asked.result().status_code < 400
