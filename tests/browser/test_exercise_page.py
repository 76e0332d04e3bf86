"""The exercise as a page of its own: by keyboard, from a file, silent, accessible, and its download is taken in."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner

from singmuk import page as publishing
from singmuk import responses
from singmuk.cli import main
from singmuk.face import exercise

from .. import nine
from .drive import Keyboard

pytestmark = pytest.mark.browser
CHOOSE, WRITE, BRANCH, JUDGE, NUMBER = (nine.BY_KIND[kind] for kind in ("choose", "write", "branch", "judge", "number"))
TEXT = "Dear contact, " + "we write to tell you plainly what happened to your data. " * 5
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    target = tmp_path_factory.mktemp("pages") / "nine.html"
    publishing.write(nine.RELEASE, target)
    return target


@pytest.fixture
def view(watched, file):
    """Give the page as opened from a file, and find it silent and without a fault at the end."""
    made = watched(locale="en-GB")
    made.page.goto(file.as_uri())
    made.page.locator("#finish").wait_for()
    yield made
    assert made.faults == []
    assert [url for url in made.requests if not url.startswith(("file:", "data:", "blob:"))] == []


class PageKeyboard(Keyboard):
    """Walks through one item of the page by Tab."""

    def __init__(self, page, name):
        self.page = page
        self.card = page.locator(f"[id='item-{name}'] article.singmuk")
        self.card.wait_for()
        page.evaluate("(id) => document.getElementById(id).focus()", f"item-{name}")


def best(scenario):
    return TEXT if scenario.kind == "write" else scenario.best()


def download(view):
    with view.page.expect_download() as started:
        button = view.page.get_by_role("button", name=re.compile("Download my answers|下載我的答案"))
        button.focus()
        view.page.keyboard.press("Enter")
    assert started.value.suggested_filename == "responses.json"
    content = Path(started.value.path()).read_bytes()
    found = responses.parse(content)
    responses.check(found, nine.RELEASE)
    assert found.text().encode() == content  # the very form in which the package writes it
    return found


def status(view, name):
    return view.page.locator(f"[id='item-{name}'] .sm-kept")


def test_all_kinds_are_answered_by_keyboard_kept_over_a_reload_and_downloaded(view):
    for scenario in nine.SCENARIOS.values():
        PageKeyboard(view.page, scenario.id).answer(scenario, best(scenario))
        status(view, scenario.id).filter(has_text="Answer kept").wait_for()
    radios = view.page.locator(f"[id='item-{CHOOSE.id}'] input[type=radio]")
    order = radios.evaluate_all("(all) => all.map((one) => one.value)")
    view.page.reload()
    assert view.page.locator("#finish").get_by_text("9 of 9 answered").is_visible()
    assert radios.evaluate_all("(all) => all.map((one) => one.value)") == order
    found = download(view)
    given = {name: one.response for name, one in found.responses.items()}
    assert given.pop(WRITE.id).strip() == TEXT.strip()
    assert set(given) == {name for name, one in nine.SCENARIOS.items() if one.automatic}
    assert {nine.SCENARIOS[name].share(response) for name, response in given.items()} == {1.0}
    assert (found.language, found.release) == ("en", nine.RELEASE["release"])
    print_ = hashlib.sha256(found.text().encode()).hexdigest()
    assert view.page.locator(".sx-receipts code").all_inner_texts() == [print_]
    assert view.page.locator(".sx-message").inner_text() == exercise.say("finish.downloaded", "en", n=9, m=9)
    # Nothing of the page knows what is best.
    assert view.page.locator(".sm-verdict, .sm-model, [data-focus=check]").count() == 0


def test_the_page_holds_no_key_and_no_rationale(file):
    text = file.read_text(encoding="utf-8")
    for scenario in nine.SCENARIOS.values():
        for _, note in scenario.notes():
            assert note.rationale.en not in text and note.rationale.zh not in text
    data = json.loads(re.search(r'id="singmuk-release">(.*?)</script>', text, re.DOTALL).group(1))
    assert set(data) == {
        *("assignment", "release", "title", "introduction", "points", "pass_mark", "items", "largest", "longest")
    }
    assert "default-src 'none'" in text and " on" not in re.findall(r"<body[^>]*>", text)[0]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"locale": "en-GB"}, id="English"),
        pytest.param({"locale": "zh-HK", "color_scheme": "dark"}, id="Chinese, dark"),
        pytest.param({"locale": "en-GB", "viewport": {"width": 320, "height": 640}}, id="320 pixels"),
        pytest.param({"locale": "zh-HK", "forced_colors": "active"}, id="forced colours"),
    ],
)
def test_the_page_is_accessible_and_nothing_sticks_out(watched, file, options):
    made = watched(**options)
    made.page.goto(file.as_uri())
    made.page.locator(f"[id='item-{CHOOSE.id}'] input").first.check()
    download_button = made.page.locator('[data-focus="download"]')
    with made.page.expect_download():
        download_button.click()
    made.page.locator(".sx-receipts").wait_for()
    found = Axe().run(made.page, options=RULES)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []
    width = made.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]
    assert made.page.evaluate("document.documentElement.lang") == {"e": "en", "z": "zh-Hant-HK"}[options["locale"][0]]


def test_what_is_open_is_said_and_linked(view):
    finish = view.page.locator("#finish")
    assert finish.locator(".sm-scenarios li").count() == 9
    case = next(iter(JUDGE.best()))
    view.page.locator(f"[id='item-{JUDGE.id}'] input[data-focus^='{case}:']").first.check()
    assert finish.locator(".sm-state-begun").count() == 1
    link = finish.get_by_role("link", name=re.compile(re.escape(JUDGE.title.en)))
    link.press("Enter")
    assert view.page.evaluate("document.activeElement.id") == f"item-{JUDGE.id}"
    PageKeyboard(view.page, CHOOSE.id).answer(CHOOSE, CHOOSE.best())
    assert finish.get_by_text("1 of 9 answered").is_visible()


def test_nothing_answered_is_not_downloaded(view):
    view.page.get_by_role("button", name="Download my answers").click()
    assert view.page.locator(".sx-message").inner_text() == exercise.say("finish.nothing", "en")


def test_a_story_without_an_ending_is_kept_here_and_left_out_of_the_file(view):
    PageKeyboard(view.page, BRANCH.id).answer(BRANCH, BRANCH.best()[:1])
    status(view, BRANCH.id).filter(has_text="once you reach an ending").wait_for()
    view.page.reload()
    assert view.page.locator(f"[id='item-{BRANCH.id}'] .sm-path li").count() == 1
    found = download(view)
    assert found.responses[BRANCH.id].response is None
    view.page.locator(f"[id='item-{BRANCH.id}']").get_by_role("button", name="Start over").click()
    PageKeyboard(view.page, BRANCH.id).answer(BRANCH, BRANCH.best())
    assert download(view).responses[BRANCH.id].response == BRANCH.best()


def test_the_first_answer_stays_the_first_and_sureness_travels(view):
    item = view.page.locator(f"[id='item-{CHOOSE.id}']")
    first, second = [choice.id for choice in CHOOSE.choices][:2]
    item.locator(f"input[value='{first}']").check()
    item.locator(f"input[value='{second}']").check()
    if CHOOSE.confidence:
        item.locator("[data-focus='sure-field']").fill("85")
        item.locator("[data-focus='sure-field']").press("Tab")
    given = download(view).responses[CHOOSE.id]
    assert (given.first, given.response) == (first, second)
    assert given.confidence == (85 if CHOOSE.confidence else None)


@pytest.mark.parametrize("text", ["a\0b", "half \ud800 pair", "𠮷野家 🙂 <b>&amp;</b>", "\u2028 line", "x" * 19_000])
def test_any_text_comes_through_as_text(view, text):
    area = view.page.locator(f"[id='item-{WRITE.id}'] textarea")
    area.evaluate(
        """(area, codes) => {
          area.value = String.fromCharCode(...codes);
          area.dispatchEvent(new Event("input"));
        }""",
        units(text),
    )
    status(view, WRITE.id).filter(has_text="Answer kept").wait_for()
    assert download(view).responses[WRITE.id].response == re.sub("[\0\ud800-\udfff]", "", text)


def units(text):
    """Return *text* as UTF-16 code units, which travel where a lone surrogate does not."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]


def test_a_text_that_is_too_long_is_said_and_not_taken(view):
    area = view.page.locator(f"[id='item-{WRITE.id}'] textarea")
    area.fill("fine")
    status(view, WRITE.id).filter(has_text="Answer kept").wait_for()
    # The field itself stops a person; a pasted script does not ask it.
    area.evaluate("(area) => { area.value = 'x'.repeat(20001); area.dispatchEvent(new Event('input')) }")
    status(view, WRITE.id).filter(has_text="too long").wait_for()
    assert download(view).responses[WRITE.id].response == "fine"


@pytest.mark.parametrize("figure", ["0", "-1234.5", "1,234.5", "0.0000001", "123456789012345678901234567890"])
def test_a_figure_comes_through_as_the_same_figure(view, figure):
    view.page.locator(f"[id='item-{NUMBER.id}'] [data-focus='figure']").fill(figure)
    status(view, NUMBER.id).filter(has_text="Answer kept").wait_for()
    with view.page.expect_download() as started:
        view.page.get_by_role("button", name="Download my answers").click()
    found = responses.parse(Path(started.value.path()).read_bytes())
    assert found.responses[NUMBER.id].response == float(figure.replace(",", ""))


def test_two_tabs_are_merged(view, file):
    other = view.page.context.new_page()
    other.goto(file.as_uri())
    other.locator(f"[id='item-{WRITE.id}'] textarea").fill("From the other tab")
    other.locator(f"[id='item-{WRITE.id}'] .sm-kept").filter(has_text="Answer kept").wait_for()
    view.page.locator(f"[id='item-{CHOOSE.id}'] input[value='{CHOOSE.best()}']").check()
    assert view.page.locator(f"[id='item-{WRITE.id}'] textarea").input_value() == "From the other tab"
    found = download(view)
    assert set(found.responses) == {WRITE.id, CHOOSE.id}
    other.locator(f"[id='item-{CHOOSE.id}'] input[value='{CHOOSE.best()}']:checked").wait_for()


def test_clearing_asks_first_and_leaves_nothing(view):
    view.page.locator(f"[id='item-{CHOOSE.id}'] input").first.check()
    view.page.get_by_role("button", name="Clear my answers").click()
    assert view.page.get_by_role("dialog").is_visible()
    view.page.keyboard.press("Escape")
    assert view.page.locator(f"[id='item-{CHOOSE.id}'] input:checked").count() == 1
    assert view.page.evaluate("document.activeElement.dataset.focus") == "clear"
    view.page.get_by_role("button", name="Clear my answers").click()
    view.page.get_by_role("dialog").get_by_role("button", name="Clear my answers").click()
    assert view.page.locator(".sx-message").inner_text() == exercise.say("page.cleared", "en")
    assert view.page.locator(f"[id='item-{CHOOSE.id}'] input:checked").count() == 0
    assert view.page.evaluate("Object.keys(localStorage).length") == 0


def test_the_language_is_one_for_the_page_and_remembered(view):
    view.page.locator(f"[id='item-{CHOOSE.id}']").get_by_role("button", name="中文").click()
    assert view.page.get_by_role("heading", name="每種題型一題").is_visible()
    assert view.page.evaluate("document.activeElement.dataset.focus") == "language:zh"
    view.page.reload()
    assert view.page.title() == "每種題型一題"
    view.page.locator(f"[id='item-{CHOOSE.id}'] input").first.check()
    assert download(view).language == "zh-Hant"


@pytest.mark.parametrize(
    "kept", ["{", "[]", '"x"', '{"given": [], "receipts": 3, "language": 7}', '{"given": {"%s": 5}}']
)
def test_what_stands_in_the_store_by_accident_hurts_nothing(view, kept):
    key = f"singmuk-exercise:{nine.NAME}:{nine.RELEASE['release']}"
    view.page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, kept.replace("%s", CHOOSE.id)])
    view.page.reload()
    view.page.locator(f"[id='item-{CHOOSE.id}'] input").first.check()
    assert len(download(view).responses) == 1


def test_a_browser_that_keeps_nothing_says_so_and_still_downloads(watched, file):
    made = watched(locale="en-GB")
    made.page.add_init_script("Storage.prototype.setItem = () => { throw new Error('refused') }")
    made.page.goto(file.as_uri())
    made.page.locator(f"[id='item-{CHOOSE.id}'] input[value='{CHOOSE.best()}']").check()
    made.page.locator(f"[id='item-{WRITE.id}'] textarea").fill("still here")
    status(made, WRITE.id).filter(has_text="does not let the page keep your answers").wait_for()
    assert made.page.locator(".sx-hero .sm-note").is_visible()
    assert set(download(made).responses) == {CHOOSE.id, WRITE.id}


def test_without_a_script_the_page_says_what_to_do(browser, file):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(file.as_uri())
    assert "JavaScript" in page.locator("noscript, .sx-none").first.inner_text()
    page.context.close()


def test_the_command_publishes_the_release_and_names_what_is_missing(tmp_path, root):
    run = CliRunner().invoke
    out = tmp_path / "new" / "pdpo.html"
    done = run(main, ["page", "--course", str(root), "pdpo-basics", "--out", str(out)])
    assert done.exit_code == 0 and out.read_text(encoding="utf-8").startswith("<!doctype html>")
    before = out.read_bytes()
    run(main, ["page", "--course", str(root), "pdpo-basics", "--out", str(out)])
    assert out.read_bytes() == before
    wrong = run(main, ["page", "--course", str(root), "pdpo-basic"])
    assert wrong.exit_code != 0 and "did you mean 'pdpo-basics'" in wrong.output
    nowhere = run(main, ["page", "--course", str(root), "pdpo-basics", "--out", str(out / "below.html")])
    assert nowhere.exit_code != 0 and "choose another place" in nowhere.output
