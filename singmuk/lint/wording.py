"""Rules about wording: short, situated, both languages, nobody's name or number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from singmuk.cite import Source
from singmuk.lang import LANGUAGES, Path, Text, walk
from singmuk.lint import Finding, item_rule
from singmuk.markdown import html
from singmuk.scenario import Scenario

Sources = Mapping[str, Source]

_IDENTITY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2})[ -]?(\d{6})[ -]?[(（]?([0-9Aa])[)）]?(?![A-Za-z0-9])")
#: Names of products and firms that items must not lean on; the list grows with the field.
_BRANDS = re.compile(
    r"\b(ChatGPT|OpenAI|Gemini|Copilot|Claude|DeepSeek|Midjourney|Grok|Perplexity|Llama|Qwen|Ernie|Doubao|"
    r"WhatsApp|WeChat|Signal app|Telegram|Zoom|Slack|Gmail|Outlook|Google|Microsoft|Apple|Amazon|Meta AI|"
    r"Facebook|Instagram|LinkedIn|Alipay|PayMe|HSBC|Octopus|Excel|PowerPoint)\b"
)
_SIMPLIFIED = frozenset("这们个资隐码应关门见说话请给对时间电邮网员权产业务问题报处统单发订护")
_FOREIGN = re.compile(r"[A-Za-z]{3,}")


def _texts(scenario: Scenario) -> Iterator[tuple[Path, str, str]]:
    for path, record in walk(scenario):
        if isinstance(record, Text):
            for language in LANGUAGES:
                yield (*path, language), language, getattr(record, language)


def _plain(text: str) -> str:
    return re.sub(r"[*`#>]|^\s*[-+]\s+|^\s*\d+\.\s+", " ", text, flags=re.M)


@item_rule("long-sentence")
def long_sentence(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """An English sentence has at most 30 words, a Chinese clause at most 40 characters."""
    for path, language, text in _texts(scenario):
        if language == "en":
            longest = max((len(s.split()) for s in re.split(r"[.!?:;]\s|\n", _plain(text))), default=0)
            if longest > 30:
                yield path, f"has a sentence of {longest} words; 30 at most, so cut it in two"
        else:
            clauses = re.split(r"[，。；：？！、…\n「」（）()《》—]", _plain(text))
            longest = max((len(_FOREIGN.sub("A", clause).strip()) for clause in clauses), default=0)
            if longest > 40:
                yield path, f"has a clause of {longest} characters; 40 at most, so cut it in two"


@item_rule("rationale-length")
def rationale_length(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """A rationale says principle, next step and source in at most 60 words or 120 characters."""
    for path, note in scenario.notes():
        words, characters = len(note.rationale.en.split()), len(note.rationale.zh)
        if words > 60:
            yield (*path, "rationale", "en"), f"has {words} words; 60 at most"
        if characters > 120:
            yield (*path, "rationale", "zh"), f"has {characters} characters; 120 at most"
        if words < 6:
            yield (*path, "rationale", "en"), "says too little; give the principle and the next step"


@item_rule("situation")
def situation(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """A stem that asks to apply or evaluate is a situation with a role, a tool, data and pressure."""
    if scenario.level != "recall":
        words = len(scenario.stem.en.split())
        if words < 15:
            yield (
                ("stem", "en"),
                f"has {words} words, too few for a situation; say who, with what, under which pressure",
            )


@item_rule("identity-number")
def identity_number(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """No identity-card number whose check digit is valid: it could be somebody's."""
    for path, _language, text in _texts(scenario):
        for found in _IDENTITY.finditer(text):
            if check_digit(found.group(1), found.group(2)) == found.group(3).upper():
                yield (
                    path,
                    f"{found.group()!r} could be somebody's identity-card number; change its check digit",
                )


def check_digit(letters: str, digits: str) -> str:
    """Return the check digit of an identity-card number: weights 9 to 2, modulo 11, a blank counts 36."""
    values = [36] * (2 - len(letters)) + [ord(letter) - ord("A") + 10 for letter in letters.upper()]
    values += [int(digit) for digit in digits]
    rest = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return {0: "0", 1: "A"}.get(rest, str(11 - rest))


@item_rule("phone-number")
def phone_number(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """No telephone number that could ring somewhere; mask some digits with X."""
    for path, _language, text in _texts(scenario):
        if found := re.search(r"(?<![\d-])[2-9]\d{3}[ -]?\d{4}(?![\d-])", text):
            yield path, f"{found.group()!r} could be somebody's telephone number; mask digits with X"


@item_rule("brand")
def brand(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """No real firm or product: say "a free chatbot", not its name."""
    for path, _language, text in _texts(scenario):
        if found := _BRANDS.search(text):
            yield path, f"{found.group()!r} is a real name; say what it is instead"


@item_rule("script")
def script(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """Chinese is Traditional, as written in Hong Kong, with full-width punctuation; English is not empty of it."""
    for path, language, text in _texts(scenario):
        if language == "zh":
            if simplified := sorted(set(text) & _SIMPLIFIED):
                yield path, f"has Simplified characters ({''.join(simplified)}); write Traditional Chinese"
            if found := re.search(r"[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\.(?!\d)", text):
                yield path, f"has a half-width mark after Chinese ({found.group()!r}); use the full-width one"
        elif (found := re.search(r"[\u4e00-\u9fff]", text)) and not any(mark in text for mark in '「『《（("“'):
            yield path, f"has Chinese in the English text ({found.group()!r}); translate it or quote it"


@item_rule("markup")
def markup(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """Markdown comes out as meant: no mark is left standing, no HTML, no heading."""
    for path, _language, text in _texts(scenario):
        if path[0] in ("text", "spans"):
            continue  # a text to redact is plain
        if "**" in html(text).replace("<code>", "").replace("</code>", ""):
            yield path, "shows ** as it stands; put a space or a comma beside the mark"
        elif re.search(r"^#{1,6} |</?[a-z]+[ >]|!\[|\]\(", text, re.M):
            yield path, "has a heading, HTML, link or picture, which are not shown; write plain text"
