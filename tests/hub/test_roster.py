"""The roster: who takes part, read whole or refused with every fault, and never a traceback."""

from __future__ import annotations

import csv
import stat
import time

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from singmuk.cli import main
from singmuk.desk.secret import Secret
from singmuk.hub.names import PARTS, ROLES, Campaign
from singmuk.hub.roster import RosterError, accounts, faults, read
from tests.conftest import ROOT

LONE = "campaigns:\n- participants: {file: staff.csv, column: account}\n  trainers: [tara]\n"


def told(folder, text, **files):
    """Return the faults of a roster that is *text*, with tables beside it, without their folder."""
    for name, content in files.items():
        (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    (folder / "roster.yml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return [str(fault).removeprefix(f"{folder}/") for fault in faults(folder / "roster.yml")]


def people(folder, **files):
    """Return who takes part by the table staff.csv that is among *files*."""
    assert told(folder, LONE, **files) == []
    return read(folder / "roster.yml").find().accounts["participants"]


def run(*arguments):
    """Return the exit code of `singmuk hub roster` with *arguments* and what it printed; nothing may be raised."""
    done = CliRunner().invoke(main, ["hub", "roster", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_the_example_makes_the_groups_of_the_hub():
    assert faults(ROOT / "hub" / "roster.yml") == []
    roster = read(ROOT / "hub" / "roster.yml")
    assert roster.groups()["singmuk-participants"] == ["participant-01", "participant-02", "participant-03"]
    assert roster.groups()["singmuk-spring-trainers"] == ["trainer-02"]
    assert roster.groups()["singmuk-spring-auditors"] == []
    assert {"participant-05", "auditor-01", "hub-admin-01"} <= roster.people()
    assert roster.role_of("Trainer-01") == {"trainers"} and roster.role_of("trainer-01", "spring") == set()
    with pytest.raises(LookupError, match="autumn: is not in the roster; there: the one without a name, spring"):
        roster.role_of("trainer-01", "autumn")


def test_what_is_commented_out_in_the_example_reads_as_well(tmp_path):
    text = (ROOT / "hub" / "roster.yml").read_text(encoding="utf-8")
    wanted = ("participants: {file", "oidc:", "  participants: [all", "  trainers: [tr", "  auditors: [in")
    for line in wanted:
        assert f"  #   {line}" in text
        text = text.replace(f"  #   {line}", f"    {line}")
    text = text.replace("    participants: [participant-04, participant-05]\n", "")
    assert told(tmp_path, text, staff="account\nparticipant-04\n") == []
    assert read(tmp_path / "roster.yml").by_sign_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("participants: [kim, Kim]", "as 'kim', and the hub makes no difference", id="twice, other case"),
        pytest.param("participants: [kim, kim]", "'kim' stands in line 2 already; remove one", id="twice"),
        pytest.param("participants: [a b]", "'a b' has a space; use a-z, 0-9", id="space"),
        pytest.param("participants: [a+b]", "has a +, which folders of hand-ins take", id="plus"),
        pytest.param("participants: [a/b]", "has a slash", id="slash"),
        pytest.param("participants: [каt]", "has CYRILLIC SMALL LETTER KA, which may look like", id="look-alike"),
        pytest.param("participants: ['\u212aim']", "has KELVIN SIGN", id="becomes another letter in lower case"),
        pytest.param(f"participants: [{'a' * 65}]", "is longer than 64 characters", id="long"),
        pytest.param("participants: ['']", "is empty; write an account", id="empty"),
        pytest.param("participants: [..]", "'..' is no account", id="dots"),
        pytest.param("participants: [-a]", "'-a' is no account", id="hyphen"),
        pytest.param("participants: [12]", "must be text, got 12; put it in quotes", id="number"),
        pytest.param("participants: [desk]", "'desk' is the name of one of the hub's services", id="service"),
        pytest.param("participants: [Culler]", "'culler' is the name of one of the hub's services", id="the culler"),
        pytest.param("participants: []", "nobody takes part; list accounts", id="nobody"),
        pytest.param("participants: kim", "must be a list, got 'kim'", id="no list"),
        pytest.param("participant: [kim]", "is not a field we know; did you mean 'participants'?", id="unknown role"),
        pytest.param("participants: [kim]\n  auditors: [tara]", "is a trainer of this campaign too", id="both"),
        pytest.param("participants: [kim]\n  auditors: [root]", "is an admin of the hub too", id="admin looks on"),
        pytest.param("participants: [kim]\n  name: Spring Drive", "is no name of a campaign", id="campaign's name"),
        pytest.param("oidc: {participants: [singmuk-trainers]}", "reads like a group of ours", id="our group"),
        pytest.param("oidc: {participants: [all], trainers: [all]}", "makes participants already", id="one for two"),
        pytest.param("oidc: {participants: [all, all]}", "'all' stands here twice", id="group twice"),
        pytest.param("oidc: {participants: [' all']}", "has a space at an end", id="group with space"),
        pytest.param(
            "participants: {file: no.csv, column: account}", "no.csv:1: account: does not exist", id="no file"
        ),
        pytest.param("participants: {file: no.csv}", "participants.column: is missing; add it", id="no column"),
        pytest.param("participants: {file: ., column: a}", ":1: a: does not exist", id="a folder"),
    ],
)
def test_each_fault_is_named(tmp_path, text, said):
    found = told(tmp_path, f"campaigns:\n- {text}\n  trainers: [tara]\nadmins: [root]\n")
    assert any(said in line for line in found), found
    assert all(line.count(":") >= 3 for line in found)


def test_all_faults_come_at_once_with_their_lines(tmp_path):
    found = told(
        tmp_path,
        "admins: [boss]\n"
        "campaigns:\n"
        "- participants: {file: staff.csv, column: account}\n"
        "  trainers: [7, a b, Kim, kim]\n"
        "  auditors: [boss]\n"
        "- name: spring\n"
        "  participants: [desk-spring, lee]\n"
        "- participants: [lee]\n"
        "  trainers: [mo]\n",
        staff="name,account\nA,kim\nB,\nC,Kim\nD,x y\n",
    )
    assert [line.split(": ")[0] for line in found] == [
        *("roster.yml:4", "roster.yml:4", "roster.yml:4", "roster.yml:5", "roster.yml:6", "roster.yml:7"),
        *("roster.yml:8", "staff.csv:3", "staff.csv:4", "staff.csv:5"),
    ]  # fmt: skip


def test_a_trainer_may_take_part_and_somebody_may_be_in_two_campaigns(tmp_path):
    second = "- name: two\n  participants: [kim]\n  trainers: [kim]\n"
    assert told(tmp_path, f"campaigns:\n- participants: [kim, tara]\n  trainers: [tara]\n{second}") == []
    roster = read(tmp_path / "roster.yml")
    assert roster.role_of("tara") == {"participants", "trainers"}
    assert roster.role_of("KIM", "two") == {"participants", "trainers"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeffname,account\n陳大文,Chan.TM\n".encode(), id="UTF-8 with BOM"),
        pytest.param("name,account\r\n陳大文,chan.tm\r\n".encode(), id="UTF-8"),
        pytest.param("姓名,account\n陳大文,chan.tm\n".encode("big5hkscs"), id="Big5"),
        pytest.param("name,account\n\u35ce\u4e2d,chan.tm\n".encode("big5hkscs"), id="Big5, a Hong Kong character"),
        pytest.param("name;account\n許功蓋;chan.tm \n;\n".encode("big5hkscs"), id="Big5 that ends in a backslash"),
        pytest.param(b'name\taccount\n"Chan, T"\tchan.tm\n', id="tabs"),
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(tmp_path, content):
    assert people(tmp_path, staff=content) == ("chan.tm",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("name,account\nA,a\n".encode("utf-16"), "staff.csv:1: account: is UTF-16 text; save", id="UTF-16"),
        pytest.param(b"name,account\nA,a\nB\xff,b\n", "staff.csv:3: account: is neither UTF-8 nor Big5", id="neither"),
        pytest.param(b"PK\x03\x04\x14\x00", "is a workbook or an archive and no CSV", id="workbook"),
        pytest.param(b"account\na\0b\n", "staff.csv:2: account: is not a text file", id="zero byte"),
        pytest.param(b"", "is empty; write account as its first line", id="empty"),
        pytest.param(b"account\n", "has no account below its first line", id="heading alone"),
        pytest.param(b"name,acount\nA,a\n", "did you mean 'acount'?", id="misspelt column"),
        pytest.param(b"name,mail\nA,a\n", "has no column 'account'; its columns are name, mail", id="other columns"),
        pytest.param(b"account,account\na,b\n", "has the column 'account' twice", id="column twice"),
        pytest.param(b'account\na\n"b\nc\n', "cannot be read as CSV", id="open quote"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_what_to_do(tmp_path, content, said):
    found = told(tmp_path, LONE, staff=content)
    assert len(found) == 1 and said in found[0], found


def test_fifty_thousand_people_are_read_in_a_moment(tmp_path):
    lines = "".join(f"陳大文,Staff-{number:05}@example.com\n" for number in range(50_000))
    began = time.process_time()
    assert len(people(tmp_path, staff=f"name,account\n{lines}")) == 50_000
    assert time.process_time() - began < 5  # half a second on a quiet machine


def test_at_sign_in_groups_and_lists_count_together_and_the_lesser_power_wins(tmp_path):
    text = (
        "campaigns:\n- participants: [lone]\n  trainers: [tara]\n"
        "  oidc: {participants: [all-staff], trainers: [/teams/training], auditors: [audit]}\n"
        "- name: spring\n  trainers: [tara]\n  oidc: {participants: [spring-staff]}\n"
    )
    assert told(tmp_path, text) == []
    at_sign_in = read(tmp_path / "roster.yml").at_sign_in
    assert at_sign_in("lone", []) == ["singmuk-participants"]
    assert at_sign_in("kim", ["all-staff", "other", "singmuk-trainers"]) == ["singmuk-participants"]
    assert at_sign_in("kim", ["/teams/training"]) == ["singmuk-trainers"]
    assert at_sign_in("Tara", ["spring-staff"]) == [
        *("singmuk-spring-participants", "singmuk-spring-trainers", "singmuk-trainers"),
    ]  # fmt: skip
    assert at_sign_in("tara", ["audit"]) == ["singmuk-auditors", "singmuk-spring-trainers"]
    assert at_sign_in("nobody", []) == []


def test_no_two_campaigns_share_a_group_or_a_service():
    names = ["", "a", "a-b", "b", *ROLES, *PARTS, "participants-trainers", "desk-room"]
    groups = [Campaign(name).group(role) for name in names for role in ROLES]
    services = [Campaign(name).service(part) for name in names for part in PARTS]
    assert len(set(groups)) == len(groups) and len(set(services)) == len(services)


WORDS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["kim", "Kim", "tara", "a@b.hk", "staff.csv"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["file", "column", "oidc", "name", "admins", *ROLES]) | WORDS, inner, max_size=4
        )
    ),
    max_leaves=12,
)
LIKELY = st.fixed_dictionaries(
    {"campaigns": st.lists(st.dictionaries(st.sampled_from([*ROLES, "name", "oidc"]), VALUES, max_size=4), max_size=3)}
)
LENIENT = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sound_or_told(path):
    """Return the roster in *path*, None when it is refused; what is told has a place and what to do."""
    try:
        return read(path)
    except RosterError as fault:
        assert fault.faults and all(one.line >= 1 and one.message for one in fault.faults)
        return None


@LENIENT
@given(data=LIKELY | VALUES)
@example(data={"campaigns": [{"participants": ["a"], "trainers": ["b"]}]})
def test_any_yaml_is_a_roster_or_has_faults(tmp_path, data):
    path = tmp_path / "roster.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    found = sound_or_told(path)
    if found:
        named = [name for members in found.groups().values() for name in members]
        assert named and all(not accounts.fault(name) for name in named)


@LENIENT
@given(content=st.binary(max_size=60))
def test_any_bytes_are_a_roster_or_have_faults(tmp_path, content):
    (tmp_path / "roster.yml").write_bytes(content)
    sound_or_told(tmp_path / "roster.yml")


@LENIENT
@given(content=st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"account,b\n" + rest))
@example(content=b"account\nkim\n")
@example(content=b'account\n"' + b"x" * 200_000 + b'"\n')
def test_any_bytes_are_a_table_or_have_faults(tmp_path, content):
    (tmp_path / "staff.csv").write_bytes(content)
    (tmp_path / "roster.yml").write_text(LONE, encoding="utf-8")
    found = sound_or_told(tmp_path / "roster.yml")
    if found:
        assert all(not accounts.fault(name) for name in found.find().accounts["participants"])


def test_the_check_leaves_with_one_or_prints_a_table(tmp_path):
    code, said = run(ROOT / "hub" / "roster.yml", "--check")
    assert code == 0 and "(no name)  participants         3  listed" in said and "hub-admin-01" in said
    told(tmp_path, "campaigns: []\nadmin: [x]\n")
    code, said = run(tmp_path / "roster.yml", "--check")
    assert (
        code == 1 and "did you mean 'admins'?" in said and "campaigns: has 0 entries" in said and "2 to mend." in said
    )
    code, said = run(tmp_path / "nowhere.yml", "--check")
    assert code == 1 and "does not exist; copy hub/roster.yml" in said


def test_the_groups_are_printed_as_yaml():
    code, said = run(ROOT / "hub" / "roster.yml")
    assert code == 0 and yaml.safe_load(said) == read(ROOT / "hub" / "roster.yml").groups()


def test_the_register_is_for_whoever_has_the_secret_and_nobody_else_reads_it(tmp_path):
    told(tmp_path, LONE, staff="account\nKim\nlee@example.com\n")
    register = tmp_path / "register.csv"
    asked = [tmp_path / "roster.yml", "--course", tmp_path, "--numbers", register]
    code, said = run(*asked)
    assert code == 1 and "only the desk's secret makes the numbers" in said and not register.exists()
    assert not (tmp_path / "state").exists()  # asking makes no secret
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "desk.secret").write_text("0123456789abcdef" * 4, encoding="ascii")
    code, said = run(*asked)
    assert code == 0 and "2 numbers" in said and "erase it in the end" in said
    assert stat.S_IMODE(register.stat().st_mode) == 0o600
    secret = Secret("0123456789abcdef" * 4)
    with register.open(encoding="utf-8", newline="") as file:
        kept = {"kim": secret.number("kim"), "lee@example.com": secret.number("lee@example.com")}
        assert dict(csv.reader(file)) == {"account": "number"} | kept
    code, said = run(*asked)
    assert code == 1 and "exists already" in said
    code, said = run(*asked[:-1], tmp_path / "no" / "register.csv")
    assert code == 1 and "No such file" in said
    code, said = run(*asked, "--campaign", "spring")
    assert code == 1 and "spring: is not in the roster" in said
