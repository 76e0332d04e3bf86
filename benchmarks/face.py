"""Measure a page with one practice item, made three ways, in a fresh browser: time, bytes, memory, hosts asked.

The same scenario stands in one small book as our face, as a jupyterquiz and as ipywidgets; a page with the
words alone tells what the book itself costs. Run it by `make benchmark` on a machine that does little else.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from pages import SCENARIO, BenchmarkError, Pages, make, served
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import TimeoutError as Late
from rich.console import Console
from rich.progress import track
from rich.table import Table

REPEATS = 15
RESULTS = Path(__file__).parent / "results"
NAMES = {
    "singmuk": "Singmuk",
    "jupyterquiz": "jupyterquiz",
    "ipywidgets": "ipywidgets",
    "none": "words alone, no item",
}
#: For each way: what is clicked, and what is true once a click took effect (for words alone: once they show).
PROBES = {
    "singmuk": (".singmuk input[type=radio]", "Object.keys(localStorage).some((key) => key.startsWith('singmuk:'))"),
    "jupyterquiz": ("label.MCButton", "Boolean(document.querySelector('.Feedback.correct, .Feedback.incorrect'))"),
    "ipywidgets": (".widget-radio-box input", "document.querySelectorAll('.widget-subarea .widget-html').length > 1"),
    "none": ("article h1", "true"),
}  # fmt: skip
#: Runs once a frame, hence not before the first one is drawn. It clicks the choices in turn until a click takes effect.
WATCH = """
(() => {
  let frame = 0;
  const look = () => {
    const shown = [...document.querySelectorAll(%s)].filter((one) => !one.disabled && one.parentElement.offsetHeight);
    const works = () => shown.length && %s;
    if (shown.length && !works()) shown[frame++ %% shown.length].click();
    if (works()) window.usableAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
#: Measure: its title, its unit, and how a value is written.
MEASURES: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "usable": ("usable after", "ms", lambda value: f"{value * 1000:.0f}"),
    "bytes": ("fetched", "KB", lambda value: f"{value / 1000:.0f}"),
    "requests": ("requests", "", lambda value: f"{value:.0f}"),
    "heap": ("JavaScript memory", "MB", lambda value: f"{value / 1e6:.2f}"),
    "process": ("process memory", "MB", lambda value: f"{value / 1e6:.1f}"),
}


def chromium() -> str:
    """Return where Chromium is."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise BenchmarkError("Chromium is not installed; get it (Debian: apt-get install chromium) and run this again")


def _process_memory(browser: Browser) -> int:
    """Return the bytes that the page's process holds alone; the largest renderer is the page's."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    sizes = [0]
    for one in processes:
        try:
            if one["type"] == "renderer":
                sizes.append(psutil.Process(one["id"]).memory_full_info().uss)
        except psutil.Error:
            continue  # it ended meanwhile, or another user's process may not be read
    return max(sizes)


def visit(browser: Browser, address: str, way: str, pages: Pages, picture: Path | None = None) -> dict[str, float]:
    """Open the page of *way* with an empty cache and return what it took; fail unless a real click works."""
    with browser.new_context(viewport={"width": 1280, "height": 1400}) as context:
        page = context.new_page()
        control, effect = PROBES[way]
        page.add_init_script(WATCH % (json.dumps(control), effect))
        session = context.new_cdp_session(page)
        pending, sizes = set(), {}

        def sent(event: dict[str, Any]) -> None:
            if event["request"]["url"].startswith("http"):  # what stands in the page itself is no request
                pending.add(event["requestId"])

        def finished(event: dict[str, Any]) -> None:
            if event["requestId"] in pending:
                pending.remove(event["requestId"])
                sizes[event["requestId"]] = event.get("encodedDataLength", 0)

        session.on("Network.requestWillBeSent", sent)
        session.on("Network.loadingFinished", finished)
        session.on("Network.loadingFailed", finished)
        session.send("Network.enable")
        session.send("Performance.enable")
        page.goto(f"{address}/{way}.html")
        page.wait_for_function("window.usableAt", timeout=20_000)
        for _ in range(30):
            page.wait_for_timeout(300)
            if not pending:
                break
        else:
            raise BenchmarkError(f"the page {way} still waits for {len(pending)} request(s); run this again")
        session.send("HeapProfiler.collectGarbage")
        measured = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        taken = {
            "usable": page.evaluate("window.usableAt") / 1000,
            "bytes": sum(sizes.values()),
            "requests": len(sizes),
            "heap": measured["JSHeapUsedSize"],
            "process": _process_memory(browser),
        }
        if way != "none":
            page.locator("label", has_text=pages.best).first.click()
            if way == "singmuk":
                page.get_by_role("button", name="Check").click()
            page.get_by_text(pages.rationale).first.wait_for(state="visible", timeout=5_000)
        if picture:
            page.screenshot(path=picture)
        return taken


def asked(browser: Browser, address: str, way: str) -> dict[str, Any]:
    """Return the other hosts a page asks, and whether its item works though none of them answers."""
    with browser.new_context() as context:
        page, hosts = context.new_page(), set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.add_init_script(WATCH % (json.dumps(PROBES[way][0]), PROBES[way][1]))
        page.goto(f"{address}/{way}.html")
        try:
            page.wait_for_function("window.usableAt", timeout=10_000)
            works = True
        except Late:
            works = False
        page.wait_for_timeout(1_000)
        return {"hosts": sorted(host for host in hosts if host and host != "127.0.0.1"), "works": works}


def measure(pages: Pages, program: str, pictures: Path | None) -> dict[str, Any]:
    """Visit every page in turn, again and again, and return medians and quartiles, and the hosts asked."""
    ways = [way for way in PROBES if way not in pages.left_out]
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    # No other host can be reached from this browser: a request to one is seen and fails at once.
    flags = ["--no-sandbox", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"]
    flags[-1] += ", EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        with served(pages.folder) as address:
            for way in ways:
                visit(browser, address, way, pages, pictures / f"{way}.png" if pictures else None)
            for _ in track(range(REPEATS), "Opening the pages", console=Console(stderr=True)):
                for way in ways:
                    gc.collect()
                    taken[way].append(visit(browser, address, way, pages))
            hosts = {way: {"kit": asked(browser, address, way)} for way in ways}
        with served(pages.plain_book) as address:
            for way in ways:
                if way != "singmuk":
                    hosts[way]["default"] = asked(browser, address, way)
        pages.versions["Chromium"] = browser.version
        browser.close()
    rows: dict[str, Any] = {}
    for way in ways:
        rows[way] = {"asks": hosts[way]}
        for name in MEASURES:
            low, middle, high = statistics.quantiles([one[name] for one in taken[way]], n=4, method="inclusive")
            rows[way][name] = {"median": middle, "q1": low, "q3": high}
    return rows


def cells(rows: dict[str, Any], way: str) -> list[str]:
    """Return the row of *way* for a table: median, quartiles where they differ, ratio to ours."""
    written = [NAMES[way]]
    for name, (_, unit, write) in MEASURES.items():
        value = rows[way][name]
        low, middle, high = (write(value[part]) for part in ("q1", "median", "q3"))
        spread = f" ({low}–{high})" if low != high else ""
        ratio = value["median"] / rows["singmuk"][name]["median"]
        written.append(f"{middle}{f' {unit}' if unit else ''}{spread}{f', {ratio:.2f}×' if way != 'singmuk' else ''}")
    asks = rows[way]["asks"].get("default", rows[way]["asks"]["kit"])
    works = "" if asks["works"] else ", does not show without them"
    return [*written, f"{len(asks['hosts'])}{works}"]


def notes(pages: Pages, rows: dict[str, Any]) -> list[str]:
    """Return what a reader of the table must know."""
    kept = [
        "Median of the visits with quartiles, each in a fresh browser context with an empty cache; ratios to Singmuk.",
        "Usable: from navigation until a click on a choice takes effect. The pages come from the same machine, "
        "so the time is the browser's work; on a line, bytes and requests add to it. Text is sent gzipped.",
        "Memory is taken after a forced garbage collection; the process's is the part it shares with no other.",
        "All pages stand in one book that asks no other host; "
        "the last column counts the hosts asked in a book with Jupyter Book's own settings.",
        "Singmuk's item carries both languages, a check before the feedback, and remembers the choice; "
        "the others show one language and forget it when the page is closed.",
    ]
    if "ipywidgets" in rows:
        hosts = " and ".join(rows["ipywidgets"]["asks"]["default"]["hosts"])
        kept.append(
            f"To run offline, ipywidgets needed the widget manager's `embed.js` from npm beside the page and "
            f"`nb_ipywidgets_js` set to it; by default it is asked from {hosts}. Its feedback is linked in the "
            f"browser (`jslink`): a button with `on_click` does nothing on a page, which has no kernel."
        )
    return kept + [f"{NAMES[way]} is left out: {reason}." for way, reason in pages.left_out.items()]


def report(pages: Pages, rows: dict[str, Any], load: tuple[float, float]) -> None:
    """Print the table and write it to the folder of results, as data and for the README."""
    heads = ["one practice item", *(title for title, *_ in MEASURES.values()), "other hosts asked by default"]
    body, said = [cells(rows, way) for way in rows], notes(pages, rows)
    table = Table(*heads, title=f"{SCENARIO}, {REPEATS} visits each")
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for row in body:
        table.add_row(*row)
        lines.append(f"| {' | '.join(row)} |")
    console = Console()
    console.print(table)
    for note in said:
        console.print(f"- {note}", highlight=False)
    facts = {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "load before": round(load[0], 1),
        "load after": round(load[1], 1),
        "python": sys.version.split()[0],
        **pages.versions,
    }
    RESULTS.mkdir(exist_ok=True)
    data = {"scenario": SCENARIO, "repeats": REPEATS, "made with": facts, "rows": rows, "notes": said}
    (RESULTS / "face.json").write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    made = ", ".join(f"{name} {value}" for name, value in facts.items())
    text = "\n".join([*lines, "", *(f"- {note}" for note in said), f"- Made with: {made}.", ""])
    (RESULTS / "face.md").write_text(text, encoding="utf-8")


def main() -> None:
    """Make the pages, measure and report; `--pictures FOLDER` keeps a picture of each page."""
    pictures = Path(sys.argv[2]) if sys.argv[1:2] == ["--pictures"] and len(sys.argv) > 2 else None
    try:
        program = chromium()
        with tempfile.TemporaryDirectory() as work:
            with Console(stderr=True).status("Building two small books ..."):
                pages = make(Path(work))
            load = os.getloadavg()[0]
            if load > (os.cpu_count() or 1) / 2:
                Console(stderr=True).print(f"This machine is busy (load {load:.1f}); run again when it is calm.")
            rows = measure(pages, program, pictures)
            report(pages, rows, (load, os.getloadavg()[0]))
    except BenchmarkError as fault:
        sys.exit(str(fault))
    except Late as fault:
        sys.exit(f"a page did not become usable in time; run this again on a calmer machine\n{fault}")


if __name__ == "__main__":
    main()
