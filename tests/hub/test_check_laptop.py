"""`singmuk hub check` on the hub for demonstration: it says what makes that one no hub for others."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import pytest

from singmuk.hub import stored
from singmuk.hub.check import check, child, reading
from singmuk.hub.laptop import HOMES, PASSWORD
from singmuk.hub.names import ROLES, Campaign
from singmuk.hub.site import Hosted, Site
from tests.conftest import ROOT

#: What a laptop is: one account, one password, no TLS, hub and seats ending together.
EXPECTED = {"shared-account", "no-limits", "password-guessing", "no-https-address", "one-origin", "restart-ends-all"}
#: What is in order there as everywhere, for it is the configuration that all hubs share.
NEVER = {
    *("admin-access", "allow-all", "unknown-name", "refused-value", "kernel-in-the-open", "formgrader-in-seats"),
    *("terminals", "wide-role", "giving-on", "seat-token", "open-grader", "culler-scopes", "open-figures", "no-tls"),
    *("database-mode", "hub-folder", "weak-token", "secret-in-seats", "named-servers", "long-cookies", "advisories"),
}


@pytest.fixture
def laptop(tmp_path, monkeypatch):
    state = tmp_path / "hub"
    state.mkdir(mode=0o700)
    campaign = Campaign()
    ports = {"desk": 8500, "room": 8510}
    tokens = {part: secrets.token_hex(32) for part in ports}
    hosted = Hosted(campaign, tmp_path / "course", tmp_path / "releases", ports, tokens)
    people = {campaign.group(role): (role[:-1],) for role in ROLES}
    stored.write(state / "site.json", Site((hosted,), state, secrets.token_hex(32), groups=people))
    for name in list(os.environ):
        if name.startswith(("SINGMUK", "JUPYTERHUB")):
            monkeypatch.delenv(name)
    monkeypatch.setenv(stored.VARIABLE, str(state / "site.json"))
    monkeypatch.setenv(PASSWORD, "open")
    monkeypatch.setenv(HOMES, str(tmp_path / "homes"))
    # Beside its file, for a check looks at the folder as well; here that is the repository's, whoever cloned it.
    return Path(shutil.copy(ROOT / "hub" / "laptop" / "jupyterhub_config.py", state))


def test_the_hub_for_demonstration_gives_the_findings_that_one_expects(laptop):
    found = check(reading.made(laptop, laptop.read_text(encoding="utf-8"), child.read(laptop)))
    named = {one.rule for one in found}
    assert named >= EXPECTED and not named & NEVER, [str(one) for one in found]
