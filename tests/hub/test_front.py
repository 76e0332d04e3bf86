"""The front before a real hub: TLS, wrong passwords by the thousand, bodies too large, websockets, names of others."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.sync.client import connect

from singmuk.serving import free_port
from tests.hub import machines
from tests.hub.fronts import HOST, front, require_nginx
from tests.hub.site import hosted

ATTACKER, COLLEAGUE, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    require_nginx()
    etc = machines.lay(tmp_path_factory.mktemp("machine"), address=f"https://{HOST}")
    port = free_port(0)
    told = f"c.JupyterHub.public_url = 'https://{HOST}:{port}/'\n"
    told += "from singmuk.hub.machine import hub\nhub.behind_front(c)\n"
    with hosted(people=2, config=told) as site, front(etc, site, port) as found:
        yield site, found


@pytest.fixture
def client(served):
    with served[1].client(THIRD) as found:
        yield found


def sign_in(client, site, name):
    """Sign in as *name*; return the answer."""
    assert client.get("/hub/login").status_code == 200
    return client.try_password(name, site.password)


def test_plain_http_leads_to_https_and_https_is_remembered(served, client):
    _, found = served
    with socket.create_connection(("127.0.0.1", found.plain), 10) as bare:
        bare.sendall(f"GET /hub/login HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        said = bare.makefile("rb").read().decode()
    assert said.startswith("HTTP/1.1 301") and f"Location: https://{HOST}/hub/login\r\n" in said
    page = client.get("/hub/login")
    assert page.headers.get_list("strict-transport-security") == ["max-age=31536000; includeSubDomains"]
    assert not re.search(r"\d", page.headers["server"])  # no version


def test_the_hub_knows_that_people_come_by_https_and_from_where(served):
    site, found = served
    with found.client("127.0.0.7") as client:
        lie = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "X-Forwarded-Proto": "http"}
        client.headers.update(lie | {"X-Scheme": "http", "Forwarded": "for=203.0.113.9;proto=http"})
        answer = sign_in(client, site, site.participants[0])
        assert answer.status_code == 302
        cookies = answer.headers.get_list("set-cookie")
        assert cookies and all("secure" in one.lower() for one in cookies), cookies
        client.try_password(site.participants[0], "wrong")
    assert "203.0.113.9" not in site.log("hub") and "127.0.0.7" in site.log("hub")


def test_a_thousand_wrong_passwords_end_at_the_front_and_others_sign_in(served):
    site, found = served
    name = site.participants[0]
    before = site.log("hub").count("POST /hub/login")
    with found.client(ATTACKER) as attacker:
        attacker.get("/hub/login")
        began = time.monotonic()
        with ThreadPoolExecutor(4) as threads:
            codes = list(threads.map(lambda one: attacker.try_password(name, f"wrong-{one}").status_code, range(1000)))
        took = time.monotonic() - began
        reached = site.log("hub").count("POST /hub/login") - before
        # Twenty at once and one a second, however long the thousand took; the rest ends before the hub.
        assert reached <= 20 + took + 2 and codes.count(429) == 1000 - reached, (reached, took)
        assert set(codes) == {403, 429} and codes.count(429) > 500
        # Other ways to write the same path are the same path, and the right password has to wait as well.
        for path in ("/hub//login", "/hub/%6Cogin", "/hub/./login", "/hub/x/../login", "/hub/login?next=%2Fhub%2F"):
            assert attacker.try_password(name, "wrong", path).status_code == 429, path
        assert attacker.try_password(name, site.password).status_code == 429
        # To read the page is no try.
        assert attacker.get("/hub/login").status_code == 200
    with found.client(COLLEAGUE) as colleague:
        assert sign_in(colleague, site, site.participants[1]).status_code == 302
        assert colleague.get("/hub/home").status_code == 200


def test_an_office_behind_one_address_signs_in(served):
    site, found = served
    codes = []
    for _ in range(15):
        with found.client("127.0.0.8") as client:
            codes.append(sign_in(client, site, site.participants[0]).status_code)
    assert codes == [302] * 15


@pytest.mark.parametrize("length", ["Content-Length: 67108864", "Transfer-Encoding: chunked"])
def test_a_body_of_64_megabytes_is_refused_before_it_is_there(served, length):
    _, found = served
    with found.connect() as bare:
        bare.sendall(f"POST /hub/home HTTP/1.1\r\nHost: {HOST}:{found.port}\r\n{length}\r\n\r\n".encode())
        sent, piece, said = 0, b"10000\r\n" + b"x" * 65536 + b"\r\n", ""
        while "chunked" in length and sent < 64 * 2**20 and not said:
            bare.settimeout(30)
            bare.sendall(piece)
            sent += 65536
            if sent > 11 * 2**20:  # beyond its limit the front has an answer; it is given a moment for it
                bare.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    said = bare.recv(65536).decode("latin-1")
        bare.settimeout(30)
        said = said or bare.recv(65536).decode("latin-1")
    assert said.startswith("HTTP/1.1 413 ") and "Strict-Transport-Security" in said
    assert sent < 64 * 2**20


def test_a_name_that_is_not_ours_and_figures_end_at_the_front(served, client):
    before = served[0].log("hub").count("GET /hub")
    assert client.get("/hub/login", headers={"host": "bank.example"}).status_code == 421
    assert client.get("/hub/metrics").status_code == 404
    assert client.get("/hub//metrics").status_code == 404
    assert served[0].log("hub").count("GET /hub") == before


def test_names_below_the_host_reach_the_hub(served, client):
    answer = client.get("/hub/login", headers={"host": f"kim.{HOST}:{served[1].port}"})
    assert answer.status_code in (200, 302)


def test_a_kernel_of_a_seat_answers_through_the_front_by_websocket(served, client):
    site, found = served
    name = site.participants[1]
    assert site.ask("POST", f"users/{name}/server").status_code in (201, 202)
    token = site.ask("POST", f"users/{name}/tokens", json={"note": "test"}).json()["token"]
    headers = {"authorization": f"token {token}"}
    until = time.monotonic() + 120
    while client.get(f"/user/{name}/api/status", headers=headers).status_code != 200:
        assert time.monotonic() < until, site.log("hub")[-3000:]
        time.sleep(0.5)
    kernel = client.post(f"/user/{name}/api/kernels", headers=headers, json={"name": "python3"}).json()["id"]
    address = f"wss://{HOST}:{found.port}/user/{name}/api/kernels/{kernel}/channels"
    bare = socket.create_connection(("127.0.0.1", found.port), 30)
    there = {"sock": bare, "ssl": found.trust, "server_hostname": HOST, "open_timeout": 90}
    with connect(address, additional_headers=headers, **there) as socket_:
        header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
        content = {"code": "print(6 * 7)", "silent": False}
        asked = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        socket_.send(json.dumps(asked))
        while True:
            said = json.loads(socket_.recv(timeout=60))
            if said["msg_type"] == "stream":
                assert said["content"]["text"] == "42\n"
                break
    assert site.ask("DELETE", f"users/{name}/server").status_code in (202, 204)
