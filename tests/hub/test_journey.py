"""The whole way on a real hub: on the desk's page, in a seat of JupyterLab, through the trainer's hands, and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.desk_databases import postgres
from tests.hub import journey
from tests.hub.people import require_root
from tests.hub.site import hosted
from tests.hub.versions import jupyterhub_6

__all__ = ["postgres"]
pytestmark = pytest.mark.browser


def quiet(view, site):
    """Return when the page asked nobody but the site and complained of nothing."""
    hosts = rf"https?://([a-z0-9-]+\.)?hub\.test:{site.site.port}/" if site.certificate else re.escape(site.address)
    assert [url for url in view.requests if not re.match(rf"({hosts}|wss?://|data:|blob:)", url)] == []
    assert view.faults == []


def test_two_participants_and_a_trainer_go_the_whole_way(chromium, course):
    item = course.scenarios[journey.ITEM]
    right, wrong = item.best(), next(one.id for one in item.choices if one.id != item.best())
    with hosted() as site, chromium(site) as open_page:
        first, second = site.participants
        desk, seat = open_page(), open_page()
        receipt = journey.answer_on_page(desk.page, site, first, wrong)
        assert re.search(r"[0-9a-f]{64}", receipt), receipt
        journey.open_seat(seat.page, site, second)
        # Neither the formgrader's menu nor a terminal nor the extension manager.
        assert seat.page.get_by_role("menuitem", name="Nbgrader").count() == 0
        assert seat.page.locator('[data-id="extensionmanager.main-view"]').count() == 0
        journey.answer_in_seat(seat.page, right)
        room = open_page()
        journey.sign_in(room.page, site, site.trainers[0], site.part("room"))
        told = journey.do_in_room(room.page, "collect", "grade", "release")
        assert [said.splitlines()[-1] for said in told] == ["New: 2", "Graded: 2", "Released: 2"], told
        room.page.goto(site.part("grader"))
        expect(room.page.get_by_role("link", name=journey.NAME, exact=True).first).to_be_visible()
        assert "0 of 26 points" in journey.read_feedback(desk.page, site)
        assert "2 of 26 points" in journey.read_feedback(seat.page, site)
        for view in (desk, seat, room):
            quiet(view, site)


@pytest.fixture(params=["JupyterHub 6", "PostgreSQL", "TLS and a name for each"])
def other_site(request):
    """Give a hub that differs from the first in one thing."""
    require_root()
    if request.param == "JupyterHub 6":
        options = {"jupyterhub": jupyterhub_6(), "parts": ("desk",)}
    elif request.param == "PostgreSQL":
        server = request.getfixturevalue("postgres")
        options = {"hub_database": server.database("hub"), "desk_database": server.database("desk")}
        options["parts"] = ("desk",)
    else:
        options = {"tls": True}
    with hosted(people=1, auditors=0, **options) as site:
        yield site


def test_another_hub_takes_in_what_a_seat_hands_in(other_site, chromium, course):
    [name] = other_site.participants
    with chromium(other_site) as open_page:
        view = open_page()
        journey.open_seat(view.page, other_site, name)
        journey.answer_in_seat(view.page, course.scenarios[journey.ITEM].best())
        # The desk knows whoever is signed in at the hub, without another question.
        view.page.goto(f"{other_site.desk}my")
        expect(view.page.locator('article[data-state="handed-in"]')).to_have_count(1)
        quiet(view, other_site)
        if "room" in other_site.hosted.ports:
            trainer = open_page()
            journey.sign_in(trainer.page, other_site, other_site.trainers[0], other_site.part("room"))
            expect(trainer.page.locator(f"#{journey.NAME}-collect-button")).to_be_visible()
            quiet(trainer, other_site)
    assert "not recognized" not in other_site.log("hub")
    assert "1 new" in other_site.run("collect", journey.NAME)
