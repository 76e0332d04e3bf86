"""A participant who attacks from their own seat, with its uid and its token: what is not theirs is refused.

Each thing is tried by who may as well: nothing is refused here because it is not there.
"""

from __future__ import annotations

import json
import re
import stat

import pytest
import zmq

from singmuk.serving import free_port
from tests.hub import burglar, burgled
from tests.hub.burgled import REFUSED, SAID, attacker, forged, number_of, site, victim
from tests.hub.intruders import CLOSED
from tests.hub.seated import as_account, environment_of
from tests.hub.visitors import ITEM, NAME

__all__ = ["attacker", "site", "victim"]

# Files, processes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", burgled.OWN)
def test_nothing_of_a_colleagues_can_be_read(what, attacker, victim):
    path = burgled.OWN[what](victim)
    assert victim.do(burglar.read, path) == "open"
    assert attacker.do(burglar.read, path) in REFUSED


@pytest.mark.parametrize("path", burgled.COURSE)
def test_nothing_of_the_course_can_be_read(path, site, attacker, victim):
    assert as_account(site.staff, burglar.read, site.course / path) == "open"
    assert attacker.do(burglar.read, site.course / path) in REFUSED


@pytest.mark.parametrize("path", burgled.HUB)
def test_nothing_of_the_hubs_can_be_read(path, site, attacker):
    assert burglar.read(site.folder / path) == "open"
    assert attacker.do(burglar.read, site.folder / path) in REFUSED


def test_nothing_can_be_written_but_in_the_own_home(site, attacker, victim):
    """There is no exchange: a folder of the course that others may write to does not exist."""
    for folder in (site.course, site.course / "state" / "submitted", site.course / "state", site.course / "source"):
        assert as_account(site.staff, burglar.write, folder) == "open"
        assert attacker.do(burglar.write, folder) in REFUSED, folder
    assert victim.do(burglar.write, victim.home) == attacker.do(burglar.write, attacker.home) == "open"
    for folder in (victim.home, site.folder / "hub", site.folder / "homes", site.hosted.releases, site.folder):
        assert burglar.write(folder) == "open"
        assert attacker.do(burglar.write, folder) in REFUSED, folder
    assert attacker.do(burglar.read, site.hosted.releases) == "open"
    open_to_all = [
        path
        for path in [site.folder, *site.folder.rglob("*")]
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & stat.S_IWOTH
    ]
    assert open_to_all == []


def test_nobody_elses_process_can_be_struck(site, attacker, victim):
    kernel = victim.processes(victim.kernel)[0]
    for pid in (victim.pid, kernel):
        assert victim.do(burglar.strike, pid) == "open"
        assert attacker.do(burglar.strike, pid) == "EPERM"
        assert attacker.do(burglar.read, f"/proc/{pid}/mem") in REFUSED
    for name, process in site.processes.items():
        assert attacker.do(burglar.strike, process.pid) == "EPERM", name
        assert attacker.do(burglar.read, f"/proc/{process.pid}/environ") in REFUSED, name


def test_no_secret_stands_in_a_command_or_in_the_seats_environment(site, attacker, victim):
    """What the attacker does see: every command on the machine, and all that their own seat was given."""
    seen = attacker.do(burglar.commands)
    assert any(victim.kernel in one for one in seen) and any("configurable-http-proxy" in one for one in seen)
    own = environment_of(attacker.pid)
    assert own["JUPYTERHUB_API_TOKEN"] == attacker.token and own["SINGMUK_DESK"]
    for name, secret in burgled.secrets_of(site, victim).items():
        assert len(secret) > 10, name
        assert not [one for one in seen if secret in one], name
        assert secret not in json.dumps(own), name


# A kernel's ports ----------------------------------------------------------------------------------------------------


def test_a_kernels_output_is_heard_by_its_owner_alone(attacker, victim):
    keys = json.loads(victim.connection.read_text(encoding="utf-8"))
    port, own = keys["iopub_port"], json.loads(attacker.connection.read_text(encoding="utf-8"))
    burgled.listening(victim, port, (keys["curve_publickey"], (keys["curve_publickey"], keys["curve_secretkey"])))
    # Plainly, with a key of one's own making, and with those of one's own kernel.
    own_pair = (own["curve_publickey"], own["curve_secretkey"])
    burgled.listening(attacker, port, (), (zmq.curve_keypair()[0].decode(),), (own["curve_publickey"], own_pair))
    burgled.speak(victim)
    assert SAID in burgled.heard(victim)[0]
    assert burgled.heard(attacker) == ["", "", ""]


def test_without_encryption_a_kernels_output_would_be_heard(attacker, victim):
    """Else the test above would pass on a machine where nobody hears anything."""
    port = victim.run("""
        from jupyter_client.manager import KernelManager
        manager = KernelManager(transport_encryption="disabled")
        manager.start_kernel()
        client = manager.blocking_client(); client.start_channels(); client.wait_for_ready(60)
        answer = client.get_connection_info()["iopub_port"]
    """)
    try:
        burgled.listening(attacker, port, ())
        victim.run(f"client.execute({f'print({SAID!r})'!r}, reply=True, timeout=30)")
        assert SAID in burgled.heard(attacker)[0]
    finally:
        victim.run("client.stop_channels(); manager.shutdown_kernel(now=True)")


def test_a_kernel_takes_orders_from_its_owner_alone(attacker, victim):
    keys = json.loads(victim.connection.read_text(encoding="utf-8"))
    own = json.loads(attacker.connection.read_text(encoding="utf-8"))
    code, pair = "import os; os.environ['ORDERED'] = '1'", (keys["curve_publickey"], keys["curve_secretkey"])
    for guess in (("", ""), (own["key"], ""), (own["key"], own["curve_publickey"])):
        assert attacker.do(burglar.order, keys["shell_port"], code, 1, *guess) is None
    assert attacker.do(burglar.order, keys["control_port"], code, 1) is None
    assert victim.run("answer = os.environ.get('ORDERED')") is None
    # The kernel itself is busy while it asks; another process of its owner's is not.
    told = as_account(victim.name, burglar.order, keys["shell_port"], code, 60, keys["key"], pair[0], pair)
    assert told == "execute_reply" and victim.run("answer = os.environ['ORDERED']") == "1"


# The hub's API, the proxy's ------------------------------------------------------------------------------------------


def test_the_seats_token_is_known_to_the_hub_as_its_owners(site, attacker):
    status, text, _ = attacker.do(burglar.ask, "GET", f"{site.site.api}/user")
    known = json.loads(text)
    assert status == 200 and known["name"] == attacker.name and not known["admin"]
    # To be alive, to let its owner in, to hand in; of people, to read who its owner is.
    at = f"={attacker.name}"
    may = {one for one in known["scopes"] if not re.fullmatch(f"read:users:[a-z]+!user{at}", one)}
    assert may == {f"access:servers!server{at}/", f"users:activity!user{at}", "access:services!service=desk"}


@pytest.mark.parametrize(("method", "path"), [*CLOSED, *burgled.MINE], ids=lambda one: one)
def test_the_hubs_api_refuses_the_seats_token(method, path, site, attacker, victim):
    place = path.format(victim=victim.name, trainer=site.trainers[0], attacker=attacker.name)
    body = {"admin": True, "scopes": ["admin:users", "tokens"], "users": [attacker.name]} if method != "GET" else None
    status, _, _ = attacker.do(burglar.ask, method, f"{site.site.api}/{place}", {}, body)
    assert status in (403, 404, 405), status
    if method == "GET":
        assert site.ask("GET", place).status_code == 200, "nothing is there"


def test_what_the_hubs_api_refused_is_there_for_others_and_nothing_came_of_it(site, attacker, victim):
    people = {user["name"]: user for user in site.ask("GET", "users").json()}
    assert "evil" not in people and not any(user["admin"] for user in people.values())
    assert all(people[name]["servers"][""]["ready"] for name in (attacker.name, victim.name))
    groups = {group["name"]: group["users"] for group in site.ask("GET", "groups").json()}
    assert "evil" not in groups and groups["singmuk-trainers"] == site.trainers
    for method, path, body in burgled.CHANGES:
        assert site.ask(method, path, json=body).status_code in (200, 201, 204), (method, path)


def test_the_proxys_door_wants_a_token_that_no_seat_has(site, attacker):
    door = f"http://127.0.0.1:{site.site.proxy_port}/api/routes"
    route = {"target": "http://127.0.0.1:1"}
    for token in (False, True, "", "x" * 64, site.hosted.tokens["desk"]):
        for method, place, body in (("GET", "", None), ("POST", "/services/desk", route), ("DELETE", "/", None)):
            assert attacker.do(burglar.ask, method, f"{door}{place}", {}, body, token)[0] == 403, (token, method)
    status, text, _ = attacker.do(burglar.ask, "GET", door, {}, None, site.site.proxy_token)
    assert status == 200 and "/services/desk" in json.loads(text)


# Desk, room, formgrader, and a colleague's server --------------------------------------------------------------------


@pytest.mark.parametrize("part", ["room", "grader"])
def test_room_and_formgrader_refuse_the_seats_token(part, site, attacker):
    """At the port itself, where no proxy has touched what is said of whoever asks."""
    token = site.ask("POST", f"users/{site.trainers[0]}/tokens", json={}).json()["token"]
    for place in burgled.PAGES[part]:
        address = f"{site.site.inside(site.hosted, part)}/services/{part}/{place}"
        assert attacker.do(burglar.ask, "GET", address, forged(site)[0], None, token)[0] == 200, address
        for headers in forged(site):
            assert attacker.do(burglar.ask, "GET", address, headers)[0] in (403, 421), headers
            status, _, to = attacker.do(burglar.ask, "GET", address, headers, None, False)
            assert status in (401, 403, 421) or (status == 302 and re.search("login|oauth2/authorize", to)), headers
        assert attacker.do(burglar.ask, "POST", address, forged(site)[0], {})[0] in (403, 404, 405)


def test_the_desk_gives_a_token_its_owners_answers_whatever_else_is_said(site, attacker, victim):
    inside = site.site.inside(site.hosted, "desk")
    address = f"{inside}/services/desk/api/assignments/{NAME}/responses"
    number, text = number_of(site, victim), victim.do(burglar.ask, "GET", address)[1]
    assert ITEM in text and attacker.do(burglar.ask, "GET", address)[0] == 200
    for headers in [*forged(site, victim.name), *forged(site, number), *forged(site, site.trainers[0])]:
        status, told, _ = attacker.do(burglar.ask, "GET", address, headers)
        assert status in (200, 421) and ITEM not in told, headers
        status, told, _ = attacker.do(burglar.ask, "GET", address, headers, None, False)
        assert status in (401, 421) and ITEM not in told, headers
    for asked in (f"?participant={number}", f"?user={victim.name}", f"?token={attacker.token}&participant={number}"):
        assert ITEM not in attacker.do(burglar.ask, "GET", address + asked)[1]
    for name in ("singmuk-hub", "singmuk-session", "jupyterhub-session-id"):
        for value in (number, victim.name, attacker.token):
            told = attacker.do(burglar.ask, "GET", address, {}, None, False, {name: value})
            assert told[0] == 401, (name, value)


def test_a_colleagues_server_refuses_the_seats_token(site, attacker, victim):
    for base in (site.site.address, f"http://127.0.0.1:{victim.port}"):
        for place in (
            "api/contents", "api/kernels", f"api/contents/{NAME}/responses.json", "api/sessions", "api/terminals",
        ):  # fmt: skip
            address = f"{base}/user/{victim.name}/{place}"
            assert victim.do(burglar.ask, "GET", address)[0] == (404 if "terminals" in place else 200), address
            assert attacker.do(burglar.ask, "GET", address)[0] in (403, 404), address
            for headers in forged(site, victim.name):
                assert attacker.do(burglar.ask, "GET", address, headers, None, False)[0] in (302, 403, 404), address
        for method in ("POST", "DELETE"):
            address = f"{base}/user/{victim.name}/api/kernels/{victim.kernel if method == 'DELETE' else ''}"
            assert attacker.do(burglar.ask, method, address.rstrip("/"), {}, {})[0] in (403, 404)
    assert victim.run("answer = 1") == 1


def test_no_port_of_a_service_can_be_taken_beside_it(site, attacker, victim):
    ports = [*site.hosted.ports.values(), site.site.port, site.site.hub_port, site.site.proxy_port, victim.port]
    assert attacker.do(burglar.bind, "127.0.0.1", free_port(0)) == "open"
    for port in ports:
        for host in ("127.0.0.1", "0.0.0.0"):
            assert attacker.do(burglar.bind, host, port) == "EADDRINUSE", port


# A submission in a colleague's name ----------------------------------------------------------------------------------


def test_what_the_attacker_hands_in_is_the_attackers_whatever_they_say(site, attacker, victim):
    number = number_of(site, victim)
    before, folder = burgled.handed_in(site), site.course / "state" / "submitted" / number
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [one for one, *_ in before] == [number] and kept
    file = json.loads((victim.home / "singmuk" / NAME / "responses.json").read_text(encoding="utf-8"))
    other = json.loads((site.hosted.releases / NAME / "items.json").read_text(encoding="utf-8"))
    item = next(place["item"] for place in other["items"] if place["item"]["id"] == ITEM)
    file["responses"][ITEM]["response"] = file["responses"][ITEM]["first"] = item["choices"][1]["id"]
    desk = attacker.environment["SINGMUK_DESK"]
    address, own = f"{desk}api/assignments/{NAME}/file", {"x-singmuk": "notebook"}
    for field, value in (("participant", number), ("user", victim.name), ("student_id", number)):
        status, text, _ = attacker.do(burglar.ask, "POST", address, own, file | {field: value})
        assert status == 422 and field in text, text
    for asked in ("", f"?participant={number}", f"?user={victim.name}", f"?student={number}"):
        for headers in forged(site, victim.name) if not asked else [{}]:
            status, text, _ = attacker.do(burglar.ask, "POST", address + asked, headers | own, file)
            assert status in (200, 403, 421), text
            assert attacker.do(burglar.ask, "POST", address + asked, headers | own, file, False)[0] in (401, 403, 421)
    for place in (f"participants/{number}/assignments/{NAME}/file", f"assignments/{NAME}/file/{number}"):
        assert attacker.do(burglar.ask, "POST", f"{desk}api/{place}", own, file)[0] in (404, 405)
    after = burgled.handed_in(site)
    assert [one for one in after if one[0] == number] == before
    assert {one for one, *_ in after} == {number, number_of(site, attacker)}  # theirs was taken, as theirs
    site.run("collect", NAME)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept
    assert (site.course / "state" / "submitted" / number_of(site, attacker) / NAME).is_dir()


# The attacker's own server -------------------------------------------------------------------------------------------


def test_settings_in_the_home_are_not_read_and_open_nothing(site, attacker):
    """They lay there before the seat started. A plain Jupyter in the same home reads them, and has it all."""
    assert all((attacker.home / place).is_file() for place in burgled.PLACES)
    assert not (attacker.home / "read.txt").exists()
    for method, place in burgled.SWITCHED_OFF:
        assert attacker.ask(method, place).status_code == 404, place
    assert attacker.ask("GET", "api/status").status_code == 200
    keys = json.loads(attacker.connection.read_text(encoding="utf-8"))
    assert keys["curve_publickey"] and keys["curve_secretkey"]
    port = free_port(0)
    attacker.run(burgled.settings_server(port))
    try:
        read = (attacker.home / "read.txt").read_text(encoding="utf-8")
        assert ".jupyter/jupyter_server_config.py" in read
        for method, place in burgled.SWITCHED_OFF:
            status = attacker.do(burglar.ask, method, f"http://127.0.0.1:{port}/{place}", {}, None, "mine")[0]
            assert status != 404, place
        page = attacker.do(burglar.ask, "GET", f"http://127.0.0.1:{port}/lab", {}, None, "mine")[1]
        assert not set(burgled.disabled(page)) & burgled.LOCKED
    finally:
        attacker.run("plain.terminate(); plain.wait()")


def test_extensions_are_neither_installed_nor_switched_on(attacker):
    for command in ("install", "uninstall"):
        asked = {"cmd": command, "extension_name": "jupyterlab-git"}
        assert attacker.ask("POST", "lab/api/extensions", json=asked).status_code >= 400
    for name in burgled.LOCKED:
        attacker.ask("POST", "lab/api/plugins", json={"cmd": "enable", "plugin_name": name})
    assert set(burgled.disabled(attacker.ask("GET", "lab").text)) >= burgled.LOCKED
