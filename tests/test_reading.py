"""The pages can be read by anybody at work: short sentences, plain words, short clauses in Chinese."""

from __future__ import annotations

import re

import pytest
import textstat
import yaml
from babel.messages.pofile import read_po

from tests.conftest import ROOT

#: The highest grade of a page, in years of American schooling (Automated Readability Index: Senter and Smith, 1967).
GRADE = 10.0
#: Words of an English sentence, and characters of a Chinese clause.
WORDS, SIGNS = 30, 40
#: Parts of the book that are not for participants; they name commands and files.
TRAINERS = ("course/trainers/", "course/hosting/")
#: What may be longer, with the reason.
LONGER: dict[str, str] = {}


def pages():
    """Return the files of the pages that participants read, from the table of contents."""
    found = []

    def walk(entry):
        if "file" in entry:
            found.append(entry["file"])
        for below in [*entry.get("chapters", []), *entry.get("sections", [])]:
            walk(below)

    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    for part in toc["parts"]:
        walk(part)
    return [toc["root"], *(name for name in found if not name.startswith(TRAINERS))]


def prose(text):
    """Return the sentences of a page: no directives, tables, roles or marks."""
    text = re.sub(
        r"^(`{3,}|:{3,})\{(?:admonition|dropdown|note|tip|grid|grid-item-card|div)[^\n]*\n", "", text, flags=re.M
    )
    text = re.sub(r"^`{3}\{[^\n]*\n.*?^`{3}\s*$", "", text, flags=re.M | re.S)
    text = re.sub(r"^\s*(`{3,}|:{3,}).*$|^:\w[\w-]*:.*$|^\|.*$|^#+ |^\(.*\)=$", "", text, flags=re.M)
    text = re.sub(r"\{[a-z-]+\}`[^`]*`", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`>]|^\s*(?:[-+]|\d+\.)\s+", "", text, flags=re.M)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [one.strip() for line in lines for one in re.split(r"(?<=[.!?])\s+(?=[A-Z\"“])", line) if one.strip()]


def test_every_page_is_there():
    assert len(pages()) >= 20


@pytest.mark.parametrize("page", pages())
def test_an_english_page_is_plain(page):
    sentences = prose((ROOT / f"{page}.md").read_text(encoding="utf-8"))
    long = [one for one in sentences if len(re.findall(r"[\w'’$%-]+", one)) >= WORDS and one not in LONGER]
    assert long == []
    # A line without a full stop is a title or an entry of a list; the measure needs sentences.
    text = " ".join(one if one[-1] in ".!?" else f"{one}." for one in sentences)
    if len(text.split()) >= 100:
        assert textstat.automated_readability_index(text) <= GRADE


@pytest.mark.parametrize("page", pages())
def test_a_chinese_page_has_short_clauses(page):
    path = ROOT / "locale" / "zh_TW" / "LC_MESSAGES" / f"{page}.po"
    with path.open("rb") as file:
        texts = [str(message.string) for message in read_po(file) if message.id]
    for text in texts:
        plain = re.sub(r"\{[a-z-]+\}`[^`]*`|\]\([^)]*\)|[*_`\[\]]|https?://\S+", "", text)
        clauses = re.split(r"[，。；：？！、（）「」《》—…\n|]", plain)
        long = [one for one in clauses if len(one.strip()) > SIGNS and re.search("[\u4e00-\u9fff]{5}", one)]
        assert [one for one in long if one not in LONGER] == [], text


def test_no_exception_is_left_over():
    everything = "\n".join((ROOT / f"{page}.md").read_text(encoding="utf-8") for page in pages())
    assert [one for one in LONGER if one not in everything] == []
