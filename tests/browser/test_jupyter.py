"""The exercise in JupyterLab and Notebook: answered by keyboard, kept, restored, merged, handed in."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from singmuk import receipt, responses

from .. import nine
from .jupyter import Jupyter, NotebookKeyboard, Seat

pytestmark = pytest.mark.browser
NOTEBOOK = f"{nine.NAME}/{nine.NAME}.ipynb"
CHOOSE, WRITE, BRANCH, NUMBER = (nine.BY_KIND[kind] for kind in ("choose", "write", "branch", "number"))
TEXT = "Dear contact, " + "we write to tell you plainly what happened to your data. " * 5


@pytest.fixture(scope="module", params=["lab", "notebook"])
def jupyter(request, chromium_path, tmp_path_factory):
    running = Jupyter(request.param, tmp_path_factory.mktemp(request.param))
    yield running
    running.stop()


@pytest.fixture
def seat(jupyter, watched):
    """Give a fresh exercise, opened in a browser; no kernel of another test runs."""
    jupyter.end_kernels()
    shutil.rmtree(jupyter.folder)
    nine.lay(jupyter.folder)
    for handed in jupyter.inbound.iterdir():
        shutil.rmtree(handed)
    made = Seat(jupyter, watched, NOTEBOOK)
    yield made
    # Whatever was done: no request left the machine.
    assert made.view.requests and made.view.foreign(jupyter.site) == []


def best(scenario):
    return TEXT if scenario.kind == "write" else scenario.best()


def kept(jupyter):
    found = responses.parse((jupyter.folder / responses.NAME).read_bytes())
    responses.check(found, nine.RELEASE)
    return found


def answer(seat, scenario, response):
    """Answer by keyboard alone and wait until the item says that it is kept."""
    NotebookKeyboard(seat.page, scenario.id).answer(scenario, response)
    seat.await_status(scenario.id, "Answer kept")


def test_all_kinds_are_answered_by_keyboard_kept_restored_and_handed_in_twice(seat, jupyter):
    seat.page.locator(".jp-RenderedMarkdown strong").filter(has_text="Run ▸ Run All Cells").first.wait_for()
    seat.run_all()
    # No code in sight: every code cell is folded.
    assert seat.page.locator(".jp-CodeCell .jp-InputArea-editor:visible").count() == 0
    for scenario in nine.SCENARIOS.values():
        answer(seat, scenario, best(scenario))
    given = {name: one.response for name, one in kept(jupyter).responses.items()}
    assert given.pop(WRITE.id).strip() == TEXT.strip() and len(given) == 8
    assert {nine.SCENARIOS[name].share(response) for name, response in given.items()} == {1.0}
    assert all(one.day == date.today() for one in kept(jupyter).responses.values())
    seat.await_text("9 of 9 answered")
    seat.await_text("Everything is answered.")
    before = (jupyter.folder / responses.NAME).read_bytes()

    seat.page.on("dialog", lambda dialog: dialog.accept())
    seat.open()
    seat.run_all()
    assert_restored(seat)
    seat.menu("Kernel", "Restart Kernel and Run All Cells…")
    seat.page.get_by_role("button", name="Confirm Kernel Restart").click()
    seat.page.locator(".sx-finish").wait_for(state="detached")
    seat.await_items()
    assert_restored(seat)
    assert (jupyter.folder / responses.NAME).read_bytes() == before  # showing writes nothing

    hand_in(seat)
    seat.card(CHOOSE.id).locator("input[type=radio]:not(:checked)").first.check()
    seat.page.wait_for_timeout(1100)  # receipts name the second
    hand_in(seat, receipts=2)
    handed = [path / responses.NAME for path in sorted(jupyter.inbound.iterdir(), key=lambda p: p.name.split("+")[2])]
    prints = [hashlib.sha256(path.read_bytes()).hexdigest() for path in handed]
    assert [one.sha256 for _, one in receipt.listed(jupyter.folder, nine.NAME)] == prints[::-1]
    assert seat.page.locator(".sx-receipts code").all_inner_texts() == prints[::-1]
    assert "The newest counts." in seat.page.locator(".sx-receipts").inner_text()
    assert own_faults(seat) == []


def own_faults(seat):
    """Return what went wrong in the page; Notebook 7 has one fault of its own when it starts."""
    return [fault for fault in seat.view.faults if "reading 'schema'" not in fault]


def hand_in(seat, receipts=1):
    button = seat.page.get_by_role("button", name="Hand in", exact=True)
    button.focus()
    seat.page.keyboard.press("Enter")
    seat.page.locator(".sx-message.sx-good").filter(has_text="Handed in: 9 of 9 answered").wait_for()
    seat.page.wait_for_function("(n) => document.querySelectorAll('.sx-receipts code').length === n", arg=receipts)


def assert_restored(seat):
    seat.await_text("9 of 9 answered")
    chosen = seat.card(CHOOSE.id).locator("input:checked").evaluate_all("(all) => all.map((one) => one.value)")
    assert chosen == [CHOOSE.best()]
    assert seat.card(WRITE.id).locator("textarea").input_value().strip() == TEXT.strip()
    assert float(seat.card(NUMBER.id).locator('[data-focus="figure"]').input_value()) == NUMBER.best()
    assert seat.card(BRANCH.id).locator(".sm-ending").is_visible()


def test_a_second_tab_and_a_second_kernel_are_merged(seat, jupyter, watched):
    seat.run_all()
    answer(seat, CHOOSE, CHOOSE.best())
    # The same notebook in another tab: the same kernel, another view.
    tab = Seat(jupyter, watched, NOTEBOOK)
    tab.run_all()
    other = next(choice.id for choice in CHOOSE.choices if choice.id != CHOOSE.best())
    tab.card(CHOOSE.id).locator(f'input[value="{other}"]').check()
    tab.await_status(CHOOSE.id, "Answer kept")
    # A copy of the notebook: another kernel on the same file.
    shutil.copy(jupyter.folder / f"{nine.NAME}.ipynb", jupyter.folder / "copy.ipynb")
    copy = Seat(jupyter, watched, f"{nine.NAME}/copy.ipynb")
    copy.run_all()
    copy.card(WRITE.id).locator("textarea").fill("From the copy")
    copy.await_status(WRITE.id, "Answer kept")
    tab.card(CHOOSE.id).locator(f'input[value="{CHOOSE.best()}"]').check()
    tab.await_status(CHOOSE.id, "Answer kept")
    found = kept(jupyter).responses
    assert (found[CHOOSE.id].response, found[WRITE.id].response) == (CHOOSE.best(), "From the copy")
    expect(tab.card(WRITE.id).locator("textarea")).to_have_value("From the copy")


def test_the_language_is_one_for_all_items_and_remembered(seat, jupyter):
    seat.run_all()
    seat.card(CHOOSE.id).get_by_role("button", name="中文").click()
    seat.card(WRITE.id).get_by_text(WRITE.title.zh).first.wait_for()
    seat.await_text("完成及遞交")
    seat.card(CHOOSE.id).locator("input[type=radio]").first.check()
    seat.await_status(CHOOSE.id, "答案已儲存")
    assert kept(jupyter).language == "zh-Hant"
    for kernel in jupyter.api("kernels"):
        jupyter.api(f"kernels/{kernel['id']}/restart", "POST")
    seat.page.on("dialog", lambda dialog: dialog.accept())
    seat.open()
    seat.run_all()
    seat.await_text("完成及遞交")
    assert seat.card(CHOOSE.id).get_attribute("lang") == "zh-Hant-HK"


def test_the_panel_leads_to_what_is_open_and_the_keys_stay_in_the_item(seat):
    seat.run_all()
    first = next(iter(nine.SCENARIOS.values()))
    seat.page.get_by_role("button", name=f"Go to item 1: {first.title.en}").press("Enter")
    assert seat.card(first.id).locator(".sm-title").evaluate("(one) => one === document.activeElement")
    cells = seat.page.locator(".jp-Cell").count()
    area = seat.card(WRITE.id).locator("textarea")
    area.press_sequentially("dd aa bb 00 ii x")  # in command mode these delete and add cells, stop the kernel
    seat.await_status(WRITE.id, "Answer kept")
    assert area.input_value() == "dd aa bb 00 ii x" and seat.page.locator(".jp-Cell").count() == cells


def test_a_kernel_that_is_gone_is_said_and_nothing_is_called_kept(seat, jupyter):
    seat.run_all()
    jupyter.end_kernels()
    seat.card(CHOOSE.id).locator("input[type=radio]").first.check()
    assert seat.status(CHOOSE.id) != "Answer kept"
    seat.card(CHOOSE.id).locator(".sm-kept").filter(has_text="the notebook does not respond").wait_for()
    assert not (jupyter.folder / responses.NAME).exists()


def test_the_released_exercise_runs_and_its_items_are_all_there(jupyter, watched):
    made = Seat(jupyter, watched, "pdpo-basics/pdpo-basics.ipynb")
    made.run_all(items=11)
    made.await_text("0 of 11 answered")
    # It is not in the exchange, and says so.
    made.page.locator("[data-singmuk-item] input[type=radio]").first.check()
    made.page.get_by_text("This exercise is not open for handing in.").first.wait_for()
    with made.page.expect_download() as started:
        made.page.get_by_role("button", name="Download my answers").click()
    content = (jupyter.home / "pdpo-basics" / responses.NAME).read_bytes()
    assert started.value.suggested_filename == "responses.json"
    assert Path(started.value.path()).read_bytes() == content
    assert own_faults(made) == []
