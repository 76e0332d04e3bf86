"""The organisation's policy: sound as it ships, told line by line where it is not, and quoted by the book."""

from __future__ import annotations

from datetime import date
from html import escape, unescape
from types import SimpleNamespace

import jsonschema
import pytest
import yaml

from singmuk import policy, schema
from singmuk.book import policy as pages
from singmuk.book import policy_text
from tests.conftest import ROOT
from tests.test_schema import Lines

DAY = date(2026, 11, 22)
SHIPPED = policy.DEFAULT.read_text(encoding="utf-8")
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture
def tell(tmp_path):
    """Give a function that puts changes into the policy that ships and returns its faults without file and line."""

    def told(*changes, today=DAY):
        text = SHIPPED
        for old, new in changes:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        (tmp_path / policy.NAME).write_text(text, encoding="utf-8")
        return [f"{fault.field}: {fault.message}" for fault in policy.faults(tmp_path, today)]

    return told


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    record, faults = policy.read(tmp_path_factory.mktemp("empty"))
    assert faults == []
    return record


def test_a_course_without_the_file_goes_by_the_policy_that_ships_and_has_no_fault(tmp_path, shipped):
    assert policy.read(tmp_path) == (shipped, [])
    assert policy.faults(tmp_path, date(2099, 1, 1)) == []
    assert shipped.example


def test_the_policy_that_ships_is_sound(tell):
    assert tell() == []


def test_the_policy_of_this_repository_has_no_fault_but_time():
    record, faults = policy.read(ROOT)
    assert faults == []
    assert policy.faults(ROOT, record.approved) == []


def test_what_ships_and_what_the_repository_shows_are_one_text_while_it_is_the_example():
    own = (ROOT / policy.NAME).read_text(encoding="utf-8")
    if yaml.safe_load(own)["example"]:
        assert own.splitlines()[1:] == SHIPPED.splitlines()[1:]


BROKEN = yaml.safe_load((ROOT / "tests" / "policies.yml").read_text(encoding="utf-8"))

ENTERS = "public: deny\n    licensed: anonymise"
WHY = "waiver: {en: The owner agreed., zh: 負責人同意。}"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_policy_says_what_is_wrong_and_what_to_do(tell, name):
    case = BROKEN[name]
    assert sorted(tell(*case["changes"], today=date(2026, 12, 1))) == sorted(case["told"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "policy: is empty; fill it in or delete it", id="empty"),
        pytest.param("- a\n", "policy: must be a group of fields; compare it with the policy that ships", id="a list"),
        pytest.param("example: [", "policy: is not valid YAML", id="not YAML"),
    ],
)
def test_a_file_that_is_no_policy_is_one_fault(tmp_path, text, told):
    (tmp_path / policy.NAME).write_text(text, encoding="utf-8")
    record, (fault,) = policy.read(tmp_path)
    assert record is None
    assert str(fault).startswith(f"policy.yml:1: {told}")


def test_a_fault_names_the_line(tell, tmp_path):
    tell(("  contact: incidents", "  contact: nobody"))
    (fault,) = policy.faults(tmp_path, DAY)
    assert str(fault).startswith(f"policy.yml:{fault.line}: incident.contact: ")
    assert (tmp_path / policy.NAME).read_text(encoding="utf-8").splitlines()[fault.line - 1] == "  contact: nobody"


def test_a_late_review_is_told_but_does_not_stop_a_book(tell, tmp_path):
    assert len(tell(today=date(2099, 1, 1))) == 4
    record, faults = policy.read(tmp_path)
    assert record and faults == []


def test_a_waiver_lets_personal_data_into_a_public_tool(tell):
    open_wide = (ENTERS, f"{WHY}\n    public: allow\n    licensed: allow")
    careful = ("learns: true", "learns: false")
    assert tell(open_wide, careful) == []


def test_the_policy_is_what_its_schema_says():
    checker = jsonschema.Draft202012Validator(yaml.safe_load(schema.schemas()["policy.json"]))
    assert [error.message for error in checker.iter_errors(yaml.load(SHIPPED, Loader=Lines))] == []


@LANGUAGES
def test_the_box_shows_what_the_file_says(shipped, language):
    shown = pages.box(shipped, ["incident", "inputs.personal", "tools"], language, "our-policy.html")
    data = yaml.safe_load(SHIPPED)
    incidents, office = data["contacts"][0], data["contacts"][2]
    for text in (incidents["role"], incidents["channel"], office["role"], data["incident"]["say"]):
        assert escape(text[language]) in shown
    for tool in data["tools"]:
        assert tool["name"][language] in shown
    assert {"en": "1 hour", "zh": "1小時"}[language] in shown
    assert {"en": "licensed tool: anonymise first", "zh": "獲授權工具：先匿名化"}[language] in shown
    assert escape(policy_text.word("example", language)) in shown
    assert 'href="our-policy.html#policy-incident"' in shown


@LANGUAGES
def test_every_section_of_the_page_is_shown_in_both_languages_and_holds_every_text_of_the_file(shipped, language):
    bodies = [policy_text.show(shipped, name, language, DAY) for names in policy_text.PARTS.values() for name in names]
    shown = pages.markup(bodies, language)

    def texts(value):
        if isinstance(value, dict) and set(value) == {"en", "zh"}:
            yield value[language]
        elif isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                yield from texts(one)

    missing = [text for text in texts(yaml.safe_load(SHIPPED)) if text not in unescape(shown)]
    assert missing == []


def test_a_tool_whose_review_is_late_is_marked_on_the_page(shipped):
    assert "policy-late" not in pages.markup([policy_text.show(shipped, "tools", "en", DAY)], "en")
    assert "Review was due by 2027-03-31" in pages.markup(
        [policy_text.show(shipped, "tools", "en", date(2027, 4, 1))], "en"
    )


@pytest.mark.parametrize(
    ("field", "en", "zh"),
    [
        ("incident.contact", "AI incident contact", "人工智能事故聯絡人"),
        ("incident.contact.role", "AI incident contact", "人工智能事故聯絡人"),
        ("incident.hours", "1 hour", "1小時"),
        ("incident.plan", "AI incident response plan", "人工智能事故應變計劃"),
        ("outputs.keep-days", "90 days", "90日"),
        ("tools.office-assistant", "The office assistant", "辦公室AI助理"),
        ("inputs.sensitive.licensed", "not allowed", "不可"),
        ("training.before-use", "yes", "是"),
        ("review-by", "2027-06-30", "2027-06-30"),
    ],
)
def test_a_field_is_named_within_a_sentence(shipped, field, en, zh):
    assert [policy_text.phrase(shipped, field, language) for language in ("en", "zh")] == [en, zh]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("incidents", "'incidents' is not in the policy; did you mean 'incident'?"),
        ("incident.hour", "'incident.hour' is not in the policy; did you mean 'hours'?"),
        ("tools.x", "'tools.x' is not in the policy; use one of office-assistant, slide-maker, public-chatbot"),
        ("incident", "'incident' is a group; name one of its fields"),
        ("version.en", "'version.en' is not in the policy; use one of the fields above it"),
    ],
)
def test_a_field_that_is_not_there_says_what_to_write(shipped, field, told):
    with pytest.raises(policy.FieldError) as fault:
        policy_text.phrase(shipped, field, "en")
    assert str(fault.value) == told


def test_a_text_is_escaped_wherever_it_is_shown(tell, tmp_path):
    tell(("{en: AI incident contact, zh: 人工智能事故聯絡人}", "{en: <b>boss</b> & co, zh: <i>主管</i>}"))
    record, _ = policy.read(tmp_path)
    for name in ("incident", "contacts"):
        shown = pages.box(record, [name], "en")
        assert "<b>" not in shown and "&lt;b&gt;boss&lt;/b&gt; &amp; co" in shown


@LANGUAGES
def test_the_role_puts_the_words_into_the_sentence_and_follows_the_file(shipped, tmp_path, language):
    noted = []
    app = SimpleNamespace(**{pages.READ: shipped})
    config = SimpleNamespace(language={"en": "en", "zh": "zh_TW"}[language])
    env = SimpleNamespace(app=app, srcdir=str(tmp_path), config=config, note_dependency=noted.append)
    inliner = SimpleNamespace(document=SimpleNamespace(settings=SimpleNamespace(env=env)))
    (node,), messages = pages.PolicyRole()("policy", "", "incident.hours", 1, inliner)
    assert node.astext() == {"en": "1 hour", "zh": "1小時"}[language]
    assert messages == []
    assert "translatable" not in node  # Sphinx moves such inline nodes to the end of the paragraph
    assert noted == [str(policy.DEFAULT)]
