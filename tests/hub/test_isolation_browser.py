"""A participant who attacks with a browser and a token of their own: each thing that is not theirs is refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from singmuk.serving import free_port
from tests.desk_processes import SECRET, program
from tests.desk_wire import lay
from tests.hub.intruders import CLOSED, SPRING, TOKEN, ask, attacker, elsewhere, page, site, token, victim
from tests.hub.visitors import ITEM, NAME, Visitor, choices, trusting

__all__ = ["ask", "attacker", "elsewhere", "page", "site", "token", "victim"]

# The hub's API -------------------------------------------------------------------------------------------------------


def test_one_may_ask_who_one_is(ask, attacker):
    """What follows would prove nothing if nothing were answered at all."""
    assert ask("GET", "user").json()["name"] == attacker.name
    assert ask("GET", f"users/{attacker.name}").status_code == 200
    told = {"last_activity": "2026-11-23T00:00:00Z"}
    assert ask("POST", f"users/{attacker.name}/activity", json=told).status_code == 200


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_the_hubs_api_refuses(ask, site, victim, method, path):
    body = {} if method in ("GET", "DELETE") else {"json": {"usernames": [victim.name], "last_activity": None}}
    filled = path.format(victim=victim.name, trainer=site.trainers[0])
    answer = ask(method, filled, **body)
    assert answer.status_code in (403, 404), (answer.status_code, answer.text)
    assert site.trainers[0] not in answer.text.replace(filled, "")


@pytest.mark.parametrize(
    "scopes",
    [
        None, ["inherit"], ["admin:users"], ["access:services!service=room"], ["access:services!service=desk-spring"],
        ["access:servers"], ["self"], ["tokens!user"],
    ],
)  # fmt: skip
def test_nobody_makes_themselves_a_token(ask, attacker, scopes):
    body = {"note": "mine", "expires_in": 60} | ({"scopes": scopes} if scopes else {})
    answer = ask("POST", f"users/{attacker.name}/tokens", json=body)
    assert answer.status_code in (403, 404) and "token" not in answer.json(), answer.text
    assert ask("GET", f"users/{attacker.name}/tokens").status_code in (403, 404)


def test_nobody_makes_themselves_an_administrator_or_a_trainer(ask, site, attacker):
    assert ask("PATCH", f"users/{attacker.name}", json={"admin": True}).status_code in (403, 404)
    answer = ask("POST", "groups/singmuk-trainers/users", json={"users": [attacker.name]})
    assert answer.status_code in (403, 404)
    told = site.ask("GET", f"users/{attacker.name}").json()
    assert told["admin"] is False and told["groups"] == ["singmuk-participants"]


def test_nobody_shares_their_seat(ask, attacker, victim):
    for path in (f"shares/{attacker.name}/", f"share-codes/{attacker.name}/"):
        assert ask("POST", path, json={"user": victim.name}).status_code in (403, 404)


@pytest.mark.parametrize(
    "page", ["admin", "metrics", "spawn/{victim}", "user/{victim}/lab", "user/{victim}/api/contents"]
)
def test_the_hubs_pages_refuse(attacker, victim, page):
    place = page.format(victim=victim.name)
    answer = attacker.get(f"{attacker.site.address}{'' if place.startswith('user') else 'hub/'}{place}")
    assert answer.status_code in (403, 404, 424), (answer.status_code, answer.url)


def test_a_change_by_cookies_alone_is_refused(attacker, site):
    """What another site's page could send: the cookies, and no mark of a page of ours."""
    for method, path in (("POST", f"users/{attacker.name}/server"), ("DELETE", f"users/{attacker.name}/server")):
        assert attacker.request(method, f"{attacker.api}{path}").status_code == 403
    assert site.ask("GET", f"users/{attacker.name}").json()["servers"] == {}


# The desk ------------------------------------------------------------------------------------------------------------


def test_others_answers_receipts_and_feedback_stay_theirs(attacker, victim, token):
    number, here = victim.receipt["number"], f"{attacker.site.desk}assignments/{NAME}/"
    headers = {"authorization": f"token {token}"}
    assert victim.get(f"{here}receipts/{number}").status_code == 200
    for more in ({}, {"headers": headers}):
        assert attacker.get(f"{here}receipts/{number}", **more).status_code == 404
        assert attacker.get(f"{here}receipts/../receipts/{number}", **more).status_code == 404
        kept = attacker.get(f"{attacker.site.desk}api/assignments/{NAME}/responses", **more).json()
        assert kept["given"] == {} and kept["receipts"] == []
        for wish in (f"participant={victim.name}", f"user={victim.name}", "participant=*"):
            kept = attacker.get(f"{attacker.site.desk}api/assignments/{NAME}/responses?{wish}", **more).json()
            assert kept["given"] == {}


@pytest.mark.parametrize(
    "header", ["x-forwarded-user", "x-remote-user", "remote-user", "x-jupyterhub-user", "x-auth-user"]
)
def test_a_header_makes_nobody_somebody_else(attacker, victim, header):
    address = f"{attacker.site.desk}api/assignments/{NAME}/responses"
    assert attacker.get(address, headers={header: victim.name}).json()["given"] == {}
    with httpx.Client(verify=trusting(attacker.site)) as nobody:
        assert nobody.get(address, headers={header: victim.name}).status_code == 401


def test_a_submission_in_a_colleagues_name_is_ones_own(attacker, victim, token):
    before = victim.given()
    data = attacker.exercise()
    other = choices(data)[1]
    assert attacker.save(other, data, **{"x-forwarded-user": victim.name}).status_code == 200
    assert attacker.given()["given"][ITEM]["response"] == other
    address = f"{attacker.site.desk}api/assignments/{NAME}/responses/{ITEM}"
    body = {"release": data["release"], "response": other, "confidence": None, "day": "2026-11-23"}
    for extra in ({"participant": victim.name}, {"user": victim.name}):
        answer = attacker.put(address, json=body | extra, headers={"authorization": f"token {token}"})
        assert answer.status_code in (200, 422)
    assert victim.given() == before
    # Undone, so that what others here look at stays true.
    attacker.put(address, json=body | {"response": None}, headers={"authorization": f"token {token}"})


def test_a_mark_of_another_page_or_person_changes_nothing(attacker, victim):
    theirs, mine = victim.exercise(), attacker.exercise()
    before = victim.given()
    assert attacker.save("x", mine, **{"x-xsrf-token": theirs["xsrf"]}).json() == {"error": "xsrf"}
    assert victim.save(victim.choice, theirs, **{"x-xsrf-token": mine["xsrf"]}).json() == {"error": "xsrf"}
    assert victim.save(victim.choice, theirs, **{"x-xsrf-token": ""}).json() == {"error": "xsrf"}
    assert victim.given() == before


def test_the_desks_figures_are_not_for_participants(attacker):
    for path in ("metrics", "api/office", "api/participants", "openapi.json"):
        answer = attacker.get(f"{attacker.site.desk}{path}")
        assert answer.status_code in (401, 403, 404) or path == "openapi.json", (path, answer.status_code)


# Other services ------------------------------------------------------------------------------------------------------


def test_the_room_and_the_grader_refuse_whoever_is_no_trainer(attacker, token):
    others = [part for part in attacker.site.hosted.ports if part != "desk"]
    for part in others:
        for more in ({}, {"headers": {"authorization": f"token {token}"}}):
            answer = attacker.get(attacker.site.part(part), **more)
            assert answer.status_code in (401, 403), (part, answer.status_code, answer.url)
    with Visitor(attacker.site, attacker.site.trainers[0]) as trainer:
        trainer.sign_in()
        assert [trainer.get(attacker.site.part(part)).status_code for part in others] == [200] * len(others)
    for name in ("room", "grader"):  # on the desk's own name nothing of theirs answers
        assert attacker.get(f"{attacker.site.desk.removesuffix('desk/')}{name}/").status_code in (403, 404)


def test_the_desk_of_another_campaign_refuses(attacker, token, tmp_path):
    lay(tmp_path)
    told = {
        "JUPYTERHUB_API_URL": attacker.site.site.api, "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_CLIENT_ID": "service-desk-spring", "JUPYTERHUB_SERVICE_NAME": "desk-spring",
        "JUPYTERHUB_SERVICE_PREFIX": SPRING.prefix("desk"), "SINGMUK_DESK_IDENTITY": "hub",
        "SINGMUK_DESK_SECRET": SECRET, "SINGMUK_DESK_PORT": str(free_port(0)),
    }  # fmt: skip
    with program(tmp_path, base=SPRING.prefix("desk"), **told) as desk:
        address = f"{desk.address}{SPRING.prefix('desk')}api/assignments/{NAME}/responses"
        answer = httpx.get(address, headers={"authorization": f"token {token}"})
        assert answer.status_code == 403, answer.text
        # The cookie of one campaign's desk is no cookie of another's, whatever it is called.
        held = [cookie.value for cookie in attacker.cookies.jar if cookie.name == "__Host-singmuk-hub"]
        assert held
        for name in ("singmuk-hub", "singmuk-hub-desk-spring", "__Host-singmuk-hub"):
            assert httpx.get(address, headers={"cookie": f"{name}={held[0]}"}).status_code == 401
    asked = {"client_id": "service-desk-spring", "response_type": "code", "state": "x"}
    answer = attacker.get(f"{attacker.api}oauth2/authorize", params=asked)
    assert answer.status_code == 403 and "code=" not in str(answer.url)


def test_a_sign_in_leads_its_code_to_no_other_place(attacker):
    for place in ("https://evil.example/", "https://desk--service.hub.test.evil.example/", "/user/evil/oauth_callback"):
        asked = {"client_id": "service-desk", "response_type": "code", "state": "x", "redirect_uri": place}
        answer = attacker.get(f"{attacker.api}oauth2/authorize", params=asked, follow_redirects=False)
        assert answer.status_code in (400, 403) and "location" not in answer.headers, answer.headers


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/hub/../../evil"])
def test_signing_in_leads_nowhere_else(site, after):
    with Visitor(site, site.participants[0]) as visitor:
        answer = visitor.get(f"{site.desk}login", params={"next": after}, follow_redirects=False)
        assert answer.headers["location"].startswith(f"{site.address}hub/")
        page = visitor.sign_in()
        answer = visitor.get(f"{site.address}hub/login", params={"next": after})
        assert "evil" not in answer.url.host and page.status_code == 200


def test_cookies_are_no_use_in_each_others_place(attacker, victim, site):
    """The hub's, the desk's and the sign-in's own: each is signed or sealed for its place."""
    held = {cookie.name: cookie.value for cookie in victim.cookies.jar}
    address = f"{site.desk}api/assignments/{NAME}/responses"
    with httpx.Client(verify=trusting(site)) as thief:
        for name, value in held.items():
            if name == "__Host-singmuk-hub":
                continue  # who has this one, is them: it is why no script can read it and no other host gets it
            assert thief.get(address, headers={"cookie": f"__Host-singmuk-hub={value}"}).status_code == 401, name
        hub = [name for name in held if "jupyterhub-hub-login" in name]
        assert hub
        for name in set(held) - set(hub):
            answer = thief.get(f"{site.address}hub/api/user", headers={"cookie": f"{hub[0]}={held[name]}"})
            assert answer.status_code in (401, 403), name


def test_every_cookie_that_says_who_somebody_is_is_out_of_reach_of_scripts_and_other_hosts(victim):
    sessions = [c for c in victim.cookies.jar if c.name in ("__Host-singmuk-hub",) or "hub-login" in c.name]
    assert len(sessions) >= 2
    for cookie in sessions:
        assert cookie.secure and cookie.has_nonstandard_attr("HttpOnly"), cookie
        assert cookie.name.startswith("__Host-") and not cookie.domain_specified, cookie


# Guessing ------------------------------------------------------------------------------------------------------------


def test_a_thousand_wrong_passwords_open_nothing(site, victim):
    """The hub counts no attempts: where people sign in by a password at all, the front must (hub/machine does)."""
    with Visitor(site, victim.name) as visitor:
        page = visitor.get(f"{site.address}hub/login")
        mark = re.search(r'name="_xsrf" value="([^"]+)"', page.text).group(1)

        def attempt(password):
            form = {"username": victim.name, "password": password, "_xsrf": mark}
            return visitor.post(f"{site.address}hub/login", data=form, follow_redirects=False).status_code

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(attempt, (f"guess-{number}" for number in range(1000))))
        assert set(answers) == {403}
        assert visitor.get(f"{site.desk}my").url.path == "/hub/login"
        assert attempt(site.password) == 302  # it was the password, and nobody is locked out by a stranger


@pytest.mark.parametrize(
    "name", ["", "root", "admin", "staff", "../{victim}", "{victim} ", "{victim}\0", "{victim}%00"]
)
def test_other_spellings_of_a_name_are_nobody(site, victim, name):
    with Visitor(site, name.replace("{victim}", victim.name)) as visitor:
        answer = visitor.sign_in()
        assert (
            answer.status_code in (400, 403) or visitor.get(f"{attacker_api(site)}user").json()["name"] == victim.name
        )


def attacker_api(site):
    return f"{site.address}hub/api/"


# In Chromium ---------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_page_elsewhere_can_neither_read_nor_change_nor_frame(page, site, victim, elsewhere):
    before = victim.given()
    api = f"{site.desk}api/assignments/{NAME}"
    page.goto(elsewhere)
    read = """async (url) => { try { const answer = await fetch(url, {credentials: 'include'});
        return await answer.text() } catch { return 'no' } }"""
    for url in (f"{api}/responses", f"{site.desk}my", f"{site.address}hub/api/user", f"{site.address}hub/home"):
        assert page.evaluate(read, url) == "no"
    send = """async ([url, method, body]) => { try { await fetch(url, {method, body, mode: 'no-cors',
        credentials: 'include', headers: {'Content-Type': 'text/plain'}}) } catch {} }"""
    page.evaluate(send, [f"{api}/hand-in", "POST", '{"release": "x", "token": "' + "1" * 32 + '"}'])
    page.evaluate(send, [f"{site.address}hub/api/users/{victim.name}/server", "POST", "{}"])
    page.evaluate(
        """([url]) => { const f = document.createElement('form'); f.method = 'post'; f.action = url;
        document.body.append(f); f.submit() }""", [f"{site.address}hub/spawn/{victim.name}"],
    )  # fmt: skip
    page.wait_for_load_state()
    assert victim.given() == before
    assert site.ask("GET", f"users/{victim.name}").json()["servers"] == {}
    page.goto(elsewhere)
    for url in (f"{site.desk}my", f"{site.address}hub/home"):
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            page.evaluate(
                "(url) => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }", url
            )
    assert not [frame for frame in page.frames if frame.get_by_role("heading", name="My course").count()]


@pytest.mark.browser
def test_a_neighbours_host_cannot_toss_a_cookie_to_the_desk(page, site, attacker, victim):
    """A script on another name below the hub's (a seat, say) writes cookies for all of them."""
    stolen = next(cookie.value for cookie in attacker.cookies.jar if cookie.name == "__Host-singmuk-hub")
    page.goto(f"{site.site.address}/hub/home")
    for name in ("__Host-singmuk-hub", "singmuk-hub", "singmuk-session", "__Host-singmuk-session", "_xsrf"):
        for tail in ("; path=/", "; path=/services/desk/"):
            page.evaluate("(text) => { document.cookie = text }", f"{name}={stolen}; domain=hub.test; secure{tail}")
    page.goto(f"{site.desk}assignments/{NAME}")
    data = page.evaluate("JSON.parse(document.getElementById('singmuk-release').textContent)")
    assert data["receipts"][0]["number"] == victim.receipt["number"]  # still who they were, and not the attacker
    assert [one for one in page.context.cookies() if one["value"] == stolen]  # some did arrive, and are not believed
    held = {cookie["name"]: cookie for cookie in page.context.cookies() if "desk--service" in cookie["domain"]}
    assert held["__Host-singmuk-hub"]["value"] != stolen
