"""A participant's feedback as one page: both languages in it, no script, nothing asked of anybody."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from functools import lru_cache
from html import escape
from pathlib import Path

from singmuk import face
from singmuk.assignment import Assignment
from singmuk.cite import Source
from singmuk.exercise.graded import inert
from singmuk.exercise.items import words as exercise_words
from singmuk.face import static
from singmuk.feedback.item import Item, Reasons, article, points
from singmuk.feedback.results import Earned, Result
from singmuk.feedback.words import fold, icon, icons, number, say
from singmuk.kinds.write import Write
from singmuk.lang import LANGUAGES
from singmuk.markdown import html
from singmuk.responses import TAGS, Responses
from singmuk.scenario import Scenario, dumps

#: What the page may do: wear what stands in it and show pictures that stand in it. There is no script to allow.
POLICY = "default-src 'none'; style-src '{style}'; img-src data:; base-uri 'none'; form-action 'none'"
PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="sf-body">
{icons}
<header><fieldset class="singmuk sf-switch"><legend class="sm-unseen">{legend}</legend>{switch}</fieldset></header>
{sections}
</body>
</html>
"""
#: Items that are kept to be used again; most participants choose what others chose.
KEPT = 4_000
#: Names of the languages as their readers write them.
NAMES = {"en": "English", "zh": "繁體中文"}


@lru_cache(maxsize=1)
def style() -> str:
    """Return the page's style sheet: the face's and what a page of feedback adds."""
    own = Path(__file__).with_name("feedback.css").read_text(encoding="utf-8")
    return f"\n{face.style()}\n{own}"


@lru_cache(maxsize=1)
def policy() -> str:
    """Return the page's security policy, which knows the style sheet by its sum."""
    digest = base64.b64encode(hashlib.sha256(style().encode("utf-8")).digest()).decode("ascii")
    return POLICY.format(style=f"sha256-{digest}")


@dataclass
class Pages:
    """Makes the pages of one assignment."""

    assignment: Assignment
    scenarios: Mapping[str, Scenario]
    sources: InitVar[Mapping[str, Source]]
    pictures: Path
    _reasons: Reasons = field(init=False, repr=False)
    _questions: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _kept: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def __post_init__(self, sources: Mapping[str, Source]) -> None:
        self._reasons = Reasons(sources)

    def page(self, result: Result, found: Responses | None, why: str = "") -> str:
        """Return the page that tells the *result* of the responses *found*; without responses, *why*."""
        language = next(code for code, tag in TAGS.items() if found is None or tag == found.language)
        return PAGE.format(
            lang=LANGUAGES[language],
            policy=escape(policy(), quote=False),
            title=self._title(language),
            style=style(),
            icons=icons(),
            legend=" / ".join(say("feedback.language", code) for code in LANGUAGES),
            switch="".join(_choice(code, checked=code == language) for code in LANGUAGES),
            sections="\n".join(self._section(code, result, found, why) for code in LANGUAGES),
        )

    def _title(self, language: str) -> str:
        return say("feedback.title", language, title=getattr(self.assignment.title, language))

    def _section(self, language: str, result: Result, found: Responses | None, why: str) -> str:
        items = list(self._items(language, result, found))
        rows = "".join(
            f'<li><a href="#{language}-{item.number}">{icon(_mark(item))}'
            f"<span>{item.number}. {html(getattr(item.scenario.title, language))}</span></a>"
            f'<span class="sf-points">{points(item, language)}</span></li>'
            for item in items
        )
        overview = f'<h2 class="sm-label">{say("feedback.overview", language)}</h2><ol class="sf-overview">{rows}</ol>'
        whole = f'<div class="sm-body">{self._head(language, result, found, why)}{overview}</div>'
        return (
            f'<main class="sf-page sf-{language}" lang="{LANGUAGES[language]}" aria-label="{NAMES[language]}">'
            f'<header class="singmuk">{whole}</header>'
            f"{''.join(self._article(item, language) for item in items)}"
            f'<footer class="singmuk sm-bare"><p>{say("feedback.note", language)}</p></footer></main>'
        )

    def _head(self, language: str, result: Result, found: Responses | None, why: str) -> str:
        """Return the title, the total, whether it is enough, and what else there is to know of it."""
        mark = self.assignment.pass_mark
        total, most = number(result.total), number(self.assignment.points)
        verdict, look = ("compare", "note") if mark.compare else _enough(result, mark.points)
        needed = "mark" if mark.compare else "needed"
        meter = say("feedback.meter", language)
        parts = [
            f'<h1 class="sm-title">{self._title(language)}</h1>',
            f'<div class="sf-total"><p class="sf-sum">{say("feedback.total", language, n=total, m=most)}</p>'
            f'<progress value="{total}" max="{most}" aria-label="{meter}">{total}</progress></div>',
            f'<div class="sm-result sm-is-{look}"><div class="sm-verdict">'
            f"{icon({'best': 'right', 'poor': 'wrong'}.get(look, 'note'))}"
            f"<span>{say(f'feedback.{verdict}', language)}</span></div>"
            f"<p>{say(f'feedback.{needed}', language, n=number(mark.points))}</p>",
        ]
        if found is None:
            parts.append(f"<p><strong>{escape(str(getattr(exercise_words()['refused'], language)))}</strong></p>")
            reason = why or str(getattr(exercise_words()["missing"], language))
            parts.append(f"<p>{say('feedback.reason', language, text=inert(reason))}</p>")
        if result.penalty:
            parts.append(f"<p>{say('feedback.late', language, n=number(result.penalty))}</p>")
        if result.waiting:
            parts.append(f"<p>{say('feedback.waiting', language, n=number(result.waiting))}</p>")
        method = f'<div class="sm-prose">{_block(html(getattr(mark.method, language)))}</div>'
        return "".join([*parts, "</div>", fold(say("feedback.method", language), method)])

    def _items(self, language: str, result: Result, found: Responses | None) -> list[Item]:
        given = found.responses if found else {}
        return [
            Item(
                number=count,
                scenario=self.scenarios[place.id],
                given=given.get(place.id),
                earned=result.items[place.id],
                question=self._question(place.id, language),
            )
            for count, place in enumerate(self.assignment.scenarios, 1)
        ]

    def _question(self, name: str, language: str) -> str:
        if (name, language) not in self._questions:
            self._questions[name, language] = static.question(self.scenarios[name], language, self.pictures)
        return self._questions[name, language]

    def _article(self, item: Item, language: str) -> str:
        earned, given = item.earned, item.given
        if isinstance(item.scenario, Write) or earned != Earned(earned.most, earned.auto):
            return article(item, language, self._reasons)  # what people write is theirs alone
        key = (item.scenario.id, language, dumps([earned.auto, given and [given.response, given.confidence]]))
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = article(item, language, self._reasons)
        return self._kept[key]


def _choice(code: str, *, checked: bool) -> str:
    state = " checked" if checked else ""
    return (
        f'<label class="sf-{code}-choice" lang="{LANGUAGES[code]}"><input type="radio" name="language" '
        f'id="in-{code}"{state} autocomplete="off"><span>{NAMES[code]}</span></label>'
    )


def _mark(item: Item) -> str:
    return {"best": "right", "poor": "wrong"}.get(item.look, "partly" if item.look == "partly" else "note")


def _enough(result: Result, needed: float) -> tuple[str, str]:
    """Return the word for the total and how it looks; points that are still open may decide it."""
    if result.total >= needed - 1e-9:
        return "passed", "best"
    if result.total + result.waiting >= needed - 1e-9:
        return "open", "note"
    return "failed", "poor"


def _block(content: str) -> str:
    return content if content.startswith(("<p>", "<ul>", "<ol>")) else f"<p>{content}</p>"
