"""Take the README's picture from the built book: one scenario, asked in English and explained in Chinese."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent
PAGE = "course/pdpo/what-personal-data-is.html"
NAME = "paste-the-complaint"
FRAME = """<body style="margin:0;display:grid;grid-template-columns:1fr 1fr;gap:24px;padding:24px;align-items:start;
background:linear-gradient(120deg,#dfeeee,#f7efd8)"><img src="{0}" width="560"><img src="{1}" width="560"></body>"""


def card(browser: Browser, edition: str, theme: str, *, answer: str | None) -> bytes:
    """Return a picture of the scenario in *edition* and *theme*, checked when an *answer* is given."""
    context = browser.new_context(
        viewport={"width": 620, "height": 900},
        device_scale_factor=2,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto((ROOT / "_build" / "html" / edition / PAGE).as_uri())
    place = page.locator(f'div.singmuk-scenario[data-id="{NAME}"] article.singmuk')
    place.wait_for()
    if answer:
        place.locator(f'input[value="{answer}"]').check()
        place.locator('[data-focus="check"]').click()
        place.locator(".sm-verdict").wait_for()
        place.locator(".sm-lines > li:nth-child(n+4)").evaluate_all("(all) => all.forEach((one) => one.remove())")
    picture = place.screenshot(
        style=".bd-header-article, .pst-skip-link, #pst-skip-link, #pst-back-to-top { display: none !important; }"
    )
    context.close()
    return picture


def main() -> None:
    """Write pictures/practice.png."""
    path = shutil.which("chromium") or sys.exit("no Chromium found; install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        left = card(browser, "", "light", answer=None)
        right = card(browser, "zh", "dark", answer="paste-as-sent" if "paste-as-sent" in choices() else choices()[0])
        for name, content in (("left", left), ("right", right)):
            (HERE / f".{name}.png").write_bytes(content)
        page = browser.new_page(viewport={"width": 1200, "height": 700})
        page.goto("about:blank")
        frame = HERE / ".frame.html"
        frame.write_text(FRAME.format(".left.png", ".right.png"), encoding="utf-8")
        page.goto(frame.as_uri())
        page.screenshot(path=HERE / "practice.png", full_page=True)
        browser.close()
    for path_ in (HERE / ".left.png", HERE / ".right.png", HERE / ".frame.html"):
        path_.unlink()


def choices() -> list[str]:
    """Return the wrong choices of the scenario."""
    from singmuk import load  # noqa: PLC0415

    scenario = load.sound_course(ROOT).scenarios[NAME]
    answer = scenario.answer()
    return [name for name in answer["notes"] if name != answer["key"]]


if __name__ == "__main__":
    main()
