"""Whoever forges, replays or bends a launch from the LMS is refused in words, and nobody is signed in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from singmuk.hub.lti.launch import CLAIM, account
from singmuk.hub.lti.settings import MEMBERSHIP
from singmuk.hub.lti.tokens import LARGEST
from singmuk.serving import free_port
from tests.desk_campus import Campus
from tests.hub.lms import Lms, pair, running
from tests.hub.lti_campus import LTI, LTI_SECRET, Visitor, hub, said, write


@pytest.fixture(scope="module")
def campus(tmp_path_factory):
    """Run a hub and an LMS; no desk is needed to be refused."""
    found = Campus(tmp_path_factory.mktemp("lti"), free_port(0))
    lms = Lms(f"http://127.0.0.1:{found.port}")
    found.lms = lms
    write(found.folder, lms, found.port, blocked=account(lms.address, "66", LTI_SECRET))
    with running(lms), hub(found):
        yield found


@pytest.fixture
def lms(campus):
    return campus.lms


@pytest.fixture
def visitor(campus, lms):
    with Visitor(campus, lms) as found:
        yield found
        # Whatever was tried, nobody is signed in: the hub's own page sends this browser to the door.
        page = found.follow(found.get(campus.at("/hub/home")))
        assert page.status_code == 403 and "choose the link" in page.text
        assert not [cookie.name for cookie in found.cookies.jar if cookie.name == "jupyterhub-hub-login"]


def refused(answer, code, status):
    assert (said(answer), answer.status_code) == (code, status), answer.text[:1500]
    assert "no-store" in answer.headers["cache-control"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_wrong_signature(visitor, lms):
    asked = visitor.begin()
    key, _ = pair()
    mine = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    refused(visitor.answer(lms.sign(lms.claims("8", asked["nonce"]), mine), asked["state"]), "signature", 400)


def test_a_changed_claim_under_the_platforms_signature(visitor, lms):
    asked = visitor.begin()
    head, _, signature = lms.sign(lms.claims("4", asked["nonce"])).split(".")
    body = lms.sign(lms.claims("8", asked["nonce"])).split(".")[1]
    refused(visitor.answer(f"{head}.{body}.{signature}", asked["state"]), "signature", 400)


def test_no_signature(visitor, lms):
    asked = visitor.begin()
    token = jwt.encode(lms.claims("8", asked["nonce"]), None, "none", headers={"kid": lms.kid})
    refused(visitor.answer(token, asked["state"]), "signature", 400)


def test_the_public_key_as_a_shared_secret(visitor, lms):
    asked = visitor.begin()

    # PyJWT will not sign so; an attacker does it by hand.
    def part(data):
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=")

    text = part({"alg": "HS256", "kid": lms.kid, "typ": "JWT"}) + b"." + part(lms.claims("8", asked["nonce"]))
    mark = base64.urlsafe_b64encode(hmac.new(lms.public.encode(), text, hashlib.sha256).digest()).rstrip(b"=")
    refused(visitor.answer((text + b"." + mark).decode(), asked["state"]), "signature", 400)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"kid": "unknown"}, id="a key that the platform does not show"),
        pytest.param({"kid": "../keys"}, id="a path for a key"),
        pytest.param({"kid": "first", "jku": "http://127.0.0.1:9/keys", "alg": "RS384"}, id="keys from elsewhere"),
    ],
)
def test_another_header(visitor, lms, header):
    asked = visitor.begin()
    algorithm = header.pop("alg", "RS256")
    token = lms.sign(lms.claims("8", asked["nonce"]), algorithm=algorithm, **header)
    refused(visitor.answer(token, asked["state"]), "signature", 400)


NOW = time.time


@pytest.mark.parametrize(
    ("claims", "code", "status"),
    [
        pytest.param({"iss": "https://other.example"}, "issuer", 403, id="another issuer"),
        pytest.param({"aud": "another-tool"}, "client", 403, id="another audience"),
        pytest.param({"aud": ["singmuk-client", "b"]}, "form", 400, id="two audiences and no authorised party"),
        pytest.param({"aud": ["singmuk-client", "b"], "azp": "b"}, "client", 403, id="another authorised party"),
        pytest.param({"azp": "b"}, "client", 403, id="another authorised party of one audience"),
        pytest.param({"exp": lambda: NOW() - 10}, "time", 400, id="expired"),
        pytest.param({"iat": lambda: NOW() + 60}, "time", 400, id="issued tomorrow"),
        pytest.param({"nbf": lambda: NOW() + 60}, "time", 400, id="not yet valid"),
        pytest.param(
            {"iat": lambda: NOW() - 700, "exp": lambda: NOW() + 86400}, "time", 400, id="good for days, and old"
        ),
        pytest.param({"exp": None}, "form", 400, id="good for ever"),
        pytest.param({"nonce": None}, "form", 400, id="no nonce"),
        pytest.param({"nonce": "0" * 64}, "state", 400, id="another nonce"),
        pytest.param({f"{CLAIM}version": "2.0"}, "form", 400, id="another version"),
        pytest.param({f"{CLAIM}message_type": "LtiDeepLinkingRequest"}, "message", 400, id="choosing content"),
        pytest.param({f"{CLAIM}message_type": "LtiSubmissionReviewRequest"}, "message", 400, id="reviewing"),
        pytest.param({f"{CLAIM}message_type": None}, "message", 400, id="no message"),
        pytest.param({f"{CLAIM}deployment_id": "666"}, "place", 403, id="an unknown deployment"),
        pytest.param({f"{CLAIM}deployment_id": "2", f"{CLAIM}context": {"id": "18"}}, "place", 403, id="its other"),
        pytest.param({f"{CLAIM}deployment_id": "2", f"{CLAIM}context": None}, "place", 403, id="no course"),
        pytest.param({"sub": None}, "nobody", 403, id="nobody"),
        pytest.param({"sub": "66"}, "blocked", 403, id="somebody whom the hub has shut out"),
        pytest.param({f"{CLAIM}roles": []}, "role", 403, id="no role"),
        pytest.param({f"{CLAIM}roles": [f"{MEMBERSHIP}Mentor"]}, "role", 403, id="a role not named"),
        pytest.param(
            {f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"]}, "role", 403,
            id="a teacher of another course",
        ),
        pytest.param(
            {f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"]}, "role", 403,
            id="the platform's administrator, not in the course",
        ),
        pytest.param({f"{CLAIM}roles": ["https://evil.example/membership#Instructor"]}, "role", 403, id="made up"),
        pytest.param({f"{CLAIM}roles": "Instructor"}, "form", 400, id="roles that are no list"),
        pytest.param({f"{CLAIM}context": "17"}, "form", 400, id="a course that is no group"),
        pytest.param({f"{CLAIM}resource_link": []}, "form", 400, id="a link that is no group"),
        pytest.param({f"{CLAIM}custom": {"assignment": "../../hub/admin"}}, "target", 403, id="a path"),
        pytest.param({f"{CLAIM}custom": {"assignment": ["a"]}}, "target", 403, id="a list for an assignment"),
    ],
)  # fmt: skip
def test_a_signed_launch_that_is_not_for_us(visitor, claims, code, status):
    given = {name: int(value()) if callable(value) else value for name, value in claims.items()}
    refused(visitor.launch("8", **given), code, status)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/services/desk/my", "//evil.example/", "javascript:alert(1)", "http://127.0.0.1@evil.example/",
        "{here}/services/desk/../../hub/admin", "{here}/services/desk/%2e%2e/%2e%2e/hub/admin", "{here}/hub/logout",
        "{here}/hub/admin", "{here}/user/somebody/lab", "{here}/services/desk-spring/my", "{here}/services/deskx/my",
        "{here}/services/desk/my?next=//evil.example", "{here}/services/desk/my#x", "{here}/services/desk/logout",
        "{here}/services/desk/book/../../hub/x.html", "{here}\\@evil.example/services/desk/my", "http://[::1/services/desk/my",
    ],
)  # fmt: skip
def test_a_link_that_leads_elsewhere(visitor, lms, target):
    refused(visitor.launch("4", target.replace("{here}", lms.tool)), "target", 403)


def test_a_campaign_that_the_hub_does_not_serve(visitor, lms):
    target = f"{lms.tool}/services/desk-autumn/my"
    refused(visitor.launch("4", target, **{f"{CLAIM}context": {"id": "43"}}), "campaign", 404)


def test_a_token_counts_once(campus, lms):
    with Visitor(campus, lms) as visitor:
        asked = visitor.begin("4")
        held = dict(visitor.cookies)
        token = lms.sign(lms.claims("4", asked["nonce"]))
        assert visitor.answer(token, asked["state"]).status_code == 302
        # The browser has dropped its marks; so who plays it back, even with a copy of them, gets nowhere.
        refused(visitor.answer(token, asked["state"]), "state", 400)
    with Visitor(campus, lms) as thief:
        for name in ("lti13authenticator-state", "lti13authenticator-nonce-state"):
            thief.cookies.set(name, held[name], domain="127.0.0.1")
        refused(thief.answer(token, asked["state"]), "used", 400)


def test_the_state_of_another_browser(campus, visitor, lms):
    with Visitor(campus, lms) as other:
        theirs = other.begin("8")
    mine = visitor.begin("4")
    token = lms.sign(lms.claims("8", theirs["nonce"]))
    refused(visitor.answer(token, theirs["state"]), "state", 400)
    mine = visitor.begin("4")
    refused(visitor.answer(token, mine["state"]), "state", 400)  # somebody else's token under my own state
    refused(visitor.answer(token, ""), "state", 400)


def test_no_beginning_in_this_browser(visitor, lms):
    refused(visitor.answer(lms.sign(lms.claims("4", "0" * 64)), "x" * 43), "state", 400)


def test_marks_that_somebody_else_made(campus, visitor, lms):
    for name in ("lti13authenticator-state", "lti13authenticator-nonce-state"):
        visitor.cookies.set(name, "2|1:0|10:1700000000|4:mine|4:bWlu|" + "0" * 64, domain="127.0.0.1")
    refused(visitor.answer(lms.sign(lms.claims("4", "0" * 64)), "mine"), "state", 400)


@pytest.mark.parametrize("size", [LARGEST + 1, 5_000_000], ids=["a little", "five megabytes"])
def test_an_oversized_token_is_not_looked_into(visitor, lms, size):
    asked = visitor.begin()
    before = lms.asked
    started = time.monotonic()
    token = lms.sign(lms.claims("4", asked["nonce"]) | {"padding": "x" * size})
    refused(visitor.answer(token, asked["state"]), "large", 413)
    assert lms.asked == before and time.monotonic() - started < 5


def test_a_parameter_that_stands_twice_or_is_oversized(campus, visitor, lms):
    asked = visitor.begin()
    body = {"id_token": [lms.sign(lms.claims("4", asked["nonce"])), "x"], "state": asked["state"]}
    refused(visitor.post(campus.at(f"{LTI}oauth_callback"), data=body), "large", 413)
    refused(visitor.get(campus.at(f"{LTI}oauth_login"), params=lms.announce("4" * 5000)), "large", 413)


#: The last names a number for a key.
NONE = [
    "",
    "x",
    "a.b.c",
    "....",
    "eyJ.eyJ.",
    "é",
    "null.null.null",
    "e30.e30.e30",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6N30.e30.e30",
]


@pytest.mark.parametrize("token", NONE)
def test_what_is_no_token(visitor, lms, token):
    asked = visitor.begin()
    refused(visitor.answer(token, asked["state"]), *(("signature", 400) if token else ("denied", 403)))


def test_a_platform_that_says_no(campus, visitor):
    asked = visitor.begin()
    body = {"error": "login_required", "error_description": "<b>no</b>", "state": asked["state"]}
    answer = visitor.post(campus.at(f"{LTI}oauth_callback"), data=body)
    refused(answer, "denied", 403)
    assert "<b>no" not in answer.text


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        pytest.param({"iss": "https://other.example"}, "issuer", 403, id="another platform"),
        pytest.param({"client_id": "another-tool"}, "client", 403, id="another tool"),
        pytest.param({"login_hint": ""}, "form", 400, id="nobody"),
        pytest.param({"target_link_uri": ""}, "form", 400, id="nowhere"),
    ],
)
def test_an_announcement_that_is_not_ours(campus, visitor, lms, change, code, status):
    for send in (visitor.get, visitor.post):
        sent = lms.announce("4") | change
        answer = send(campus.at(f"{LTI}oauth_login"), **({"params": sent} if send == visitor.get else {"data": sent}))
        refused(answer, code, status)


def test_keys_are_fetched_once_for_many_launches_and_not_for_every_forgery(campus, lms):
    with Visitor(campus, lms) as visitor:
        assert visitor.launch("4").status_code == 302
        before = lms.asked
        for _ in range(5):
            assert visitor.launch("4").status_code == 302
        for number in range(20):
            asked = visitor.begin()
            token = lms.sign(lms.claims("4", asked["nonce"]), kid=f"guess-{number}")
            assert said(visitor.answer(token, asked["state"])) == "signature"
    assert lms.asked <= before + 1


def test_the_log_has_no_token_no_name_and_nobodys_number(campus, visitor, lms):
    asked = visitor.begin("7890123")
    token = lms.sign(lms.claims("7890123", asked["nonce"]) | {f"{CLAIM}roles": []})
    refused(visitor.answer(token, asked["state"]), "role", 403)
    log = (campus.folder / "hub.log").read_text(encoding="utf-8")
    assert "LTI: refused: role" in log
    for secret in (token.split(".")[1][:60], "Name-of", "@lms.example", "7890123", asked["nonce"], "cmid"):
        assert secret not in log
