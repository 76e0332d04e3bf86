"""A roster on a cluster: what its Secret holds decides who is who, in a hub that has its image's packages alone."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
import yaml
from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config

from singmuk.hub.kubernetes import people
from tests import aside
from tests.conftest import ROOT
from tests.hub.container import IMAGES, only
from tests.hub.kube import ROSTER, SPRING, VALUES
from tests.hub.kube_hub import MOUNTED, browser, hub, token
from tests.hub.test_kubernetes_desk import signed_in

LISTED = """\
admins: [hub-admin]
campaigns:
  - participants: {file: staff.csv, column: account}
    trainers: [Tara]
  - name: spring
    participants: [kim, ned]
    trainers: [uma]
    auditors: [ines]
"""
BY_GROUP = """\
campaigns:
  - participants: [lone]
    oidc: {participants: [all-staff], trainers: [training-team]}
  - name: spring
    trainers: [tara]
    oidc: {participants: [spring-staff]}
"""
NAMES = ("kim", "lee.s@example.com", "tara", "ned", "uma", "ines", "hub-admin")


def groups(api, name):
    """Return the groups of which the hub says that *name* is in them."""
    answer = httpx.get(f"{api}/user", headers={"authorization": f"token {token(name)}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["groups"])


def test_lists_and_tables_make_the_groups_and_whoever_is_struck_off_leaves_them(tmp_path):
    roster = tmp_path / "roster.yml"
    roster.write_text(LISTED, encoding="utf-8")
    (tmp_path / "staff.csv").write_bytes("姓名,account\n陳,Kim\n李,lee.s@example.com\n".encode("big5hkscs"))
    over = (ROSTER, SPRING / "values.yaml")
    with hub(tmp_path, *over, people={"roster": NAMES}, roster=roster) as api:
        assert {name: groups(api, name) for name in NAMES} == {
            "kim": ["singmuk-participants", "singmuk-spring-participants"],
            "lee.s@example.com": ["singmuk-participants"],
            "tara": ["singmuk-trainers"],
            "ned": ["singmuk-spring-participants"],
            "uma": ["singmuk-spring-trainers"],
            "ines": ["singmuk-spring-auditors"],
            "hub-admin": [],
        }
        with browser(api, "lee.s@example.com") as client:
            assert client.get("/hub/").headers["location"] == "https://desk--service.course.example/services/desk/my"
        with pytest.raises(AssertionError, match="Invalid username or password"), browser(api, "olaf"):
            pass
    said = (tmp_path / "hub.log").read_text(encoding="utf-8")
    assert "Roster: 7 people; memberships struck off: 0." in said
    assert "not recognized" not in said and "[E " not in said, said
    roster.write_text(LISTED.replace("[kim, ned]", "[ned]").replace("[uma]", "[tara]"), encoding="utf-8")
    left = tuple(name for name in NAMES if name != "uma")
    with hub(tmp_path, *over, people={"roster": left}, roster=roster) as api:
        assert "Roster: 6 people; memberships struck off: 2." in (tmp_path / "hub.log").read_text(encoding="utf-8")
        assert groups(api, "kim") == ["singmuk-participants"]
        assert groups(api, "tara") == ["singmuk-spring-trainers", "singmuk-trainers"]


def configured(tmp_path, text, claim="groups"):
    """Return the settings of the values, with a roster of *text* over them."""
    (tmp_path / "roster.yml").write_text(text, encoding="utf-8")
    config = Config(yaml.safe_load(VALUES.read_text(encoding="utf-8"))["hub"]["config"])
    config.JupyterHub.db_url = f"sqlite:///{tmp_path}/hub.sqlite"
    people.listed(config, str(tmp_path / "roster.yml"), claim)
    return config


@pytest.mark.parametrize(
    ("given", "ours", "enters"),
    [
        (["all-staff", "golf"], ["singmuk-participants"], True),
        (["spring-staff", "training-team"], ["singmuk-spring-participants", "singmuk-trainers"], True),
        (["singmuk-trainers"], [], False),
        ([], [], False),
    ],
)
def test_groups_of_the_sign_in_become_ours_where_the_roster_says_so(tmp_path, given, ours, enters):
    config = configured(tmp_path, BY_GROUP)
    assert "load_groups" not in config.JupyterHub
    sign_in = GenericOAuthenticator(config=config)
    state = sign_in.modify_auth_state_hook(sign_in, {"oauth_user": {"preferred_username": "mo", "groups": given}})
    assert state["singmuk_groups"] == ours
    assert aside.run(enters_with(sign_in, state)) == enters


async def enters_with(sign_in, state):
    """Return whether the sign-in lets in somebody of whom it says *state*."""
    model = {"name": "mo", "admin": None, "auth_state": state, "groups": await sign_in.get_user_groups(state)}
    return bool(await sign_in.check_allowed("mo", model))


def test_with_a_list_the_groups_of_the_sign_in_count_for_nothing(tmp_path):
    (tmp_path / "staff.csv").write_text("account\nkim\n", encoding="utf-8")
    config = configured(tmp_path, LISTED)
    sign_in = GenericOAuthenticator(config=config)
    assert not sign_in.manage_groups and not sign_in.allow_existing_users and not sign_in.allow_all
    _, enters = aside.run(signed_in(sign_in, "singmuk-trainers"))
    assert not enters, "mei-ling is not in the list, whatever the sign-in says of her"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "roster.yml:1: roster: does not exist"),
        (LISTED, "staff.csv:1: account: does not exist"),
        ("campaigns:\n  - participants: [kim lee]\n", "has a space"),
    ],
)
def test_a_hub_with_a_faulty_roster_says_so_and_does_not_start(tmp_path, text, said):
    if text is not None:
        (tmp_path / "roster.yml").write_text(text, encoding="utf-8")
    code = yaml.safe_load(ROSTER.read_text(encoding="utf-8"))["hub"]["extraConfig"]["roster"]
    config = f"c = get_config()\n{code.replace(MOUNTED, str(tmp_path / 'roster.yml'))}"
    (tmp_path / "hub.py").write_text(config, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "jupyterhub", "-f", tmp_path / "hub.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr and "`singmuk hub roster --check`" in done.stderr and "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_said_in_a_line(tmp_path):
    (tmp_path / "roster.yml").write_text(BY_GROUP.partition("    oidc")[0] + "    trainers: [tara]\n", encoding="utf-8")
    config = Config()
    config.JupyterHub.db_url = "postgresql+psycopg://hub@127.0.0.1:9/hub"
    with pytest.raises(SystemExit, match=r"^hub\.db: who left cannot be taken out .*; see to the database, then"):
        people.listed(config, str(tmp_path / "roster.yml"))


def test_the_mount_is_where_the_code_looks():
    hub_of = yaml.safe_load(ROSTER.read_text(encoding="utf-8"))["hub"]
    (mount,) = hub_of["extraVolumeMounts"]
    assert mount["readOnly"] and MOUNTED.startswith(f"{mount['mountPath']}/")
    assert [one["name"] for one in hub_of["extraVolumes"]] == [mount["name"]]


def test_the_image_tries_at_its_build_what_the_hub_will_load():
    text = (IMAGES / "hub.Dockerfile").read_text(encoding="utf-8")
    wanted = "import singmuk.hub.kubernetes.campaigns, singmuk.hub.kubernetes.people"
    assert f'-c "{wanted}"' in text
    absent = "import sys; sys.exit(any(name in sys.modules for name in ('nbgrader', 'markdown_it', 'click', 'rich')))"
    command = only("hub", f"{wanted}; {absent}")
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # The wall stands: what the image has not cannot be loaded.
    done = subprocess.run(only("hub", "import nbgrader"), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "No module named 'nbgrader'" in done.stderr
