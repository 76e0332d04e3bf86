"""The desk's settings: what is wrong is told at once, in words, and nothing starts on it."""

from __future__ import annotations

import os
import stat
import sys
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from singmuk.cli import main
from singmuk.desk import secret
from singmuk.desk.identity.hub import Hub
from singmuk.desk.secret import Secret
from singmuk.desk.settings import SettingsError, read
from tests.desks import lay

SECRET = "0123456789abcdef" * 4
PROGRAM = [sys.executable, "-c", "from singmuk.cli import main; main()", "desk", "--course"]


def told(root, text="", environment=None):
    """Return the lines that tell what is wrong in a desk.yml with *text*, and in the *environment*."""
    if text:
        (root / "desk.yml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as fault:
        read(root, environment or {})
    return str(fault.value).splitlines()


def test_without_a_file_it_is_right_for_one_person_on_a_laptop(tmp_path):
    found = read(tmp_path, {})
    assert (found.identity, found.host, found.base, found.processes) == ("local", "127.0.0.1", "/", 1)
    assert found.url == f"sqlite:///{tmp_path.resolve()}/state/desk.db"
    assert not found.secure


def test_every_fault_comes_at_once_with_its_line(tmp_path):
    text = """\
databse: sqlite:///a.db
base: /desk
origin: https://course.example/desk
port: "8500"
identity: ldap
secret: much-too-short
metrics-token: 12345
saves-per-minute: 0
closes:
  pdpo-basics: 2026-12-01
contact: Ask Mei
groups:
  trainer: people
root: /
"""
    assert told(tmp_path, text.replace("root: /\n", "")) == [
        "desk.yml:1: databse: is not a field we know; did you mean 'database'?",
        "desk.yml:2: base: must begin and end with a slash, such as /services/desk/",
        "desk.yml:3: origin: must be https:// and a host and no more, such as https://course.example",
        "desk.yml:4: port: must be a whole number, got '8500'; write digits without quotes",
        "desk.yml:5: identity: 'ldap' is not known; use one of local, hub",
        "desk.yml:6: secret: must be a text of at least 32 characters; `openssl rand -hex 32` makes one",
        "desk.yml:7: metrics-token: must be a text of at least 16 characters; `openssl rand -hex 16` makes one",
        "desk.yml:8: saves-per-minute: must be at least 1, got 0; change it",
        "desk.yml:10: closes.pdpo-basics: must be a moment with its zone, such as 2026-12-01T18:00:00+08:00",
        "desk.yml:11: contact: must be a text in each language, got 'Ask Mei'; write en: and zh: below it",
        "desk.yml:13: groups.trainer: is not a field we know; did you mean 'trainers'?",
    ]
    assert told(tmp_path, text)[0].startswith("desk.yml:14: root: is not to be set")


def test_what_is_wrong_between_fields_is_told_as_well(tmp_path):
    text = "host: 0.0.0.0\norigin: http://course.example\nprocesses: 3\n"
    assert told(tmp_path, text) == [
        "desk.yml:1: host: 0.0.0.0 lets others in, and `local` knows one person; use 127.0.0.1, or identity: hub",
        "desk.yml:1: secret: is missing; several processes share one: set SINGMUK_DESK_SECRET",
        "desk.yml:2: origin: is not https; cookies would travel in the open; put TLS in front and write https://…",
        "desk.yml:3: processes: one person needs one process; set it to 1",
        "desk.yml:3: processes: several processes need PostgreSQL; set database, or processes to 1",
    ]


def test_an_assignment_that_closes_and_is_not_there_is_told_with_the_rest(tmp_path):
    lay(tmp_path)
    moment = "2026-12-01T18:00:00+08:00"
    text = f"pot: 1\ncloses:\n  pdpo-basic: {moment}\n  pdpo-basics: {moment}\n  zzz: {moment}\n"
    told_ = [
        "desk.yml:1: pot: is not a field we know; did you mean 'port'?",
        "desk.yml:3: closes.pdpo-basic: is no assignment in exercises/; did you mean 'pdpo-basics'?",
        "desk.yml:5: closes.zzz: is no assignment in exercises/; use one of nine-kinds, pdpo-basics",
    ]
    assert told(tmp_path, text) == told_
    result = CliRunner().invoke(main, ["desk", "--course", str(tmp_path), "--check"], env=dict.fromkeys(os.environ))
    assert result.exit_code == 1 and all(line in result.output for line in told_)
    assert (
        "SINGMUK_DESK_CLOSES:1: closes.zz: is no assignment in exercises/; use one of nine-kinds, pdpo-basics"
        in told(tmp_path, environment={"SINGMUK_DESK_CLOSES": f"{{zz: '{moment}'}}"})
    )
    (tmp_path / "desk.yml").write_text(f"releases: elsewhere\ncloses:\n  pdpo-basic: {moment}\n", encoding="utf-8")
    assert list(read(tmp_path, {}).closes) == ["pdpo-basic"]  # no folder of releases, nothing to compare with


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param("mysql://a/b", "is neither SQLite nor PostgreSQL", id="another"),
        pytest.param("postgresql://a/b", "is neither SQLite nor PostgreSQL", id="a driver that is not there"),
        pytest.param("postgresql+psycopg://a:b/c", "is no address", id="a port that is none"),
        pytest.param("desk.db", "is no address", id="a file's name"),
        pytest.param("sqlite://", "names no file", id="nothing"),
        pytest.param("sqlite:///:memory:", "names no file", id="memory"),
    ],
)
def test_a_database_that_cannot_be_is_told(tmp_path, address, said):
    assert told(tmp_path, f"database: '{address}'\n")[0].startswith(f"desk.yml:1: database: {said}")


@pytest.mark.parametrize("base", ["desk/", "/desk", "//evil/", "/a b/", "/a//b/", "", "/a/?x=/", '/"/', "/<b>/"])
def test_a_base_without_its_slashes_is_told(tmp_path, base):
    assert told(tmp_path, f"base: '{base}'\n")[0].startswith("desk.yml:1: base: ")


@pytest.mark.parametrize("origin", ["https://", "https://[", "https://a/", "ftp://a", "course.example", "https://a b"])
def test_an_origin_is_a_scheme_and_a_host(tmp_path, origin):
    assert told(tmp_path, f"origin: '{origin}'\n")[0].startswith("desk.yml:1: origin: must be https://")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("- a\n", "desk.yml:1: settings: must be a group of fields", id="a list"),
        pytest.param("a: [\n", "desk.yml:2: settings: is not valid YAML", id="no YAML"),
        pytest.param("port: 1\nport: 2\n", "desk.yml:2: port: ", id="a name twice"),
        pytest.param("port: .nan\n", "desk.yml:1: port: ", id="no number"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path, text, said):
    assert told(tmp_path, text)[0].startswith(said)


def test_the_environment_goes_before_the_file_and_is_named_where_it_is_wrong(tmp_path):
    (tmp_path / "desk.yml").write_text("port: 1\nbase: /a/\n", encoding="utf-8")
    given = {
        "SINGMUK_DESK_PORT": "9000",
        "SINGMUK_DESK_CLOSES": "{pdpo-basics: 2026-12-01T18:00:00+08:00}",
        "SINGMUK_DESK_SECRET": "1" * 40,
        "SINGMUK_DESK_OPAQUE": "false",
        "SINGMUK_DESK_SAVES_PER_MINUTE": "30",
        "SINGMUK_DESK_CONTACT": "{en: Mei, zh: 阿美}",
        "JUPYTERHUB_SERVICE_PREFIX": "/services/desk/",
    }
    found = read(tmp_path, given)
    assert (found.port, found.base, found.secret, found.opaque) == (9000, "/a/", "1" * 40, False)
    assert found.closes["pdpo-basics"] == datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert found.saves_per_minute == 30 and found.contact and found.contact.zh == "阿美"
    (tmp_path / "desk.yml").unlink()
    assert read(tmp_path, given).base == "/services/desk/"
    wrong = {"SINGMUK_DESK_PORT": "abc", "SINGMUK_DESK_DATABSE": "x", "SINGMUK_DESK_CLOSES": "{a: 1"}
    assert told(tmp_path, "", wrong) == [
        "SINGMUK_DESK_CLOSES:1: closes: must be a group of fields, got '{a: 1'; write them below it, indented",
        "SINGMUK_DESK_DATABSE:1: databse: is not a field we know; did you mean 'database'?",
        "SINGMUK_DESK_PORT:1: port: must be a whole number, got 'abc'; write digits without quotes",
    ]


def test_what_others_put_into_the_environment_is_no_setting(tmp_path):
    others = (
        "SERVICE_HOST",
        "SERVICE_PORT",
        "PORT_8500_TCP",
        "PORT_8500_TCP_ADDR",
        "PORT_8500_TCP_PROTO",
        "LOG",
        "FILE",
    )
    assert read(tmp_path, {f"SINGMUK_DESK_{name}": "10.0.0.1" for name in others}).port == 8500


def test_a_message_shows_no_secret(tmp_path):
    text = "secret: hunter2\nmetrics-token: [hunter2]\ndatabase: {password: hunter2}\n"
    lines = told(tmp_path, text, {"SINGMUK_DESK_SECRET": "hunter2"})
    assert len(lines) == 3 and "hunter2" not in str(lines)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param("port: 9000\n", 0, "All good.", id="right"),
        pytest.param("origin: https://course.example\nidentity: hub\n", 0, "All good.", id="a hub's"),
        pytest.param("pot: 1\n", 1, "desk.yml:1: pot: is not a field we know; did you mean 'port'?", id="misspelt"),
        pytest.param("a: [\n", 1, "desk.yml:2: settings: is not valid YAML", id="no YAML"),
    ],
)
def test_check_says_what_is_wrong_and_ends_with_it(tmp_path, text, code, said):
    (tmp_path / "desk.yml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["desk", "--course", str(tmp_path), "--check"], env=dict.fromkeys(os.environ))
    assert (result.exit_code, said in result.output) == (code, True), result.output
    assert "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["desk.yml"]  # nothing was started


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.yml: does not exist; name the file"):
        read(tmp_path, {}, tmp_path / "none.yml")


@pytest.fixture
def refusal(tmp_path, monkeypatch):
    """Give a function that runs `singmuk desk` where it cannot start, and returns what it says."""
    lay(tmp_path)
    monkeypatch.setattr("singmuk.desk.run.quiet", lambda: None)

    def asked(**environment):
        clean = {name: None for name in os.environ if name.startswith(("SINGMUK", "JUPYTERHUB"))}
        result = CliRunner().invoke(main, ["desk", "--course", str(tmp_path)], env=clean | environment)
        assert result.exit_code == 1 and isinstance(result.exception, SystemExit), result.output
        return result.output

    return asked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(None, "releases: is no folder; run `singmuk build`, or set `releases`", id="no folder"),
        pytest.param(lambda text: text[:-100], "release: cannot be read", id="truncated"),
        pytest.param(
            lambda text: text.replace('"pdpo-basics"', '"another"'), "release: cannot be read", id="of another"
        ),
        pytest.param(lambda _: "[]", "release: cannot be read", id="no release"),
    ],
)
def test_a_desk_without_its_releases_says_why(tmp_path, refusal, change, said):
    if change:
        path = tmp_path / "exercises" / "pdpo-basics" / "items.json"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert said in refusal(SINGMUK_DESK_RELEASES="exercises" if change else "nowhere")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SINGMUK_DESK_DATABASE": "sqlite:////proc/none/desk.db"}, "start again"),
        ({"SINGMUK_DESK_DATABASE": "postgresql+psycopg://mei:hunter2@127.0.0.1:9/x"}, "and the database running?"),
        ({"SINGMUK_DESK_IDENTITY": "hub"}, "JUPYTERHUB_API_TOKEN: is missing"),
    ],
)
def test_a_desk_without_its_database_or_hub_says_why_and_tells_no_password(refusal, environment, said):
    output = refusal(**environment)
    assert said in output and "hunter2" not in output


def test_the_hub_is_asked_for_all_that_it_must_tell_a_service(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("JUPYTERHUB")]:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as fault:
        Hub(read(tmp_path, {}), Secret(SECRET))
    named = [line.partition(":")[0] for line in str(fault.value).splitlines()]
    assert named == ["JUPYTERHUB_API_TOKEN", "JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_SERVICE_NAME"]


def test_the_secret_is_made_once_and_is_for_its_owner_alone(tmp_path):
    settings = read(tmp_path, {})
    first = secret.find(settings).mark("x")
    assert secret.find(settings).mark("x") == first
    path = tmp_path / "state" / "desk.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["desk.secret"]
    path.write_text("short\n", encoding="ascii")
    with pytest.raises(SettingsError, match="is too short; delete it"):
        secret.find(settings)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match="cannot be used"):
        secret.find(settings)


def test_what_is_derived_from_the_secret_differs_by_purpose_and_by_every_part():
    key, other = Secret(SECRET), Secret(SECRET[::-1])
    made = [key.mark("a", "b"), key.mark("ab"), key.mark("a", "b", ""), key.mark("", "a", "b"), other.mark("a", "b")]
    assert len(set(made)) == len(made)
    assert not key.is_xsrf(key.xsrf("s", "p1"), "s", "p2") and not key.is_xsrf("\udc80", "s", "p1")
    assert len({key.number(f"person{number}") for number in range(1000)}) == 1000
