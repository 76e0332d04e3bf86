"""One item of a feedback page: what was given, what it earned, what is best, and why, with the sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

from singmuk.cite import Source
from singmuk.exercise.items import words as exercise_words
from singmuk.feedback.results import Earned
from singmuk.feedback.words import fold, found, icon, number, say, written
from singmuk.kinds.write import INK, Write
from singmuk.lang import Text
from singmuk.markdown import html
from singmuk.responses import Given
from singmuk.scenario import Line, Note, Scenario

#: Kinds of which one choice counts; the others ask something of every row.
SINGLE = ("choose", "number", "branch")
#: Kinds where what was given is a place or a verdict, which does not say by itself whose it is.
PLACED = ("judge", "order", "sort")
LOOKS = {"best": "right", "partly": "partly", "poor": "wrong", "note": "note"}
#: Lowest figures of each band of sureness, as the face has them.
SURENESS = (100, 95, 85, 75, 65, 55, 50)


@dataclass(frozen=True)
class Item:
    """A scenario in its place, what was given to it and what it earned."""

    number: int
    scenario: Scenario
    given: Given | None
    earned: Earned
    question: str  # the situation, as the static face shows it

    @cached_property
    def share(self) -> float | None:
        """Return the share that the response earns by rule; None for a text that a trainer reads."""
        return self.scenario.share(self.given.response if self.given else None)

    @cached_property
    def look(self) -> str:
        """Return how it stands: best, partly, poor, or note while nobody can tell."""
        if isinstance(self.scenario, Write):
            if self.earned.open:
                return "note"
            share: float | None = self.earned.points / self.earned.most
        else:
            share = self.share
        return "poor" if not share else "best" if share >= 1 else "partly"


@dataclass
class Reasons:
    """Why choices are right or wrong and who says so, as HTML; each is written once for all participants."""

    sources: Mapping[str, Source]
    _kept: dict[tuple[int, str], str] = field(default_factory=dict, repr=False)

    def html(self, note: Note, language: str) -> str:
        """Return the rationale of *note*, what tempts and the sources."""
        key = (id(note), language)  # a note belongs to its scenario, which stays
        if key not in self._kept:
            parts = [f'<div class="sm-prose">{_block(_html(note.rationale, language))}</div>']
            if note.tempting:
                tempting = f"<strong>{say('tempting', language)}</strong> {_html(note.tempting, language)}"
                parts.append(f'<div class="sm-tempting">{tempting}</div>')
            parts.append(cites(note.cite, language, self.sources))
            self._kept[key] = "".join(parts)
        return self._kept[key]

    def task(self, scenario: Write, language: str) -> str:
        """Return the rubric and the model answer of a written task."""
        key = (id(scenario), language)
        if key not in self._kept:
            self._kept[key] = _task(scenario, language, self)
        return self._kept[key]


def points(item: Item, language: str, name: str = "points") -> str:
    """Return the points of *item* in words; a dash while they are open."""
    earned = "–" if item.earned.open else number(item.earned.points)
    return say(f"feedback.{name}", language, n=earned, m=number(item.earned.most))


def article(item: Item, language: str, reasons: Reasons) -> str:
    """Return *item* as HTML in *language*."""
    scenario = item.scenario
    body = _text(item, language, reasons) if isinstance(scenario, Write) else _choices(item, language, reasons)
    name = f"{language}-{item.number}"
    situation = f'<div class="sf-situation">{item.question}</div>'
    return (
        f'<article class="singmuk" id="{name}" aria-labelledby="{name}-title"><div class="sm-body">'
        f'<div class="sm-head"><p class="sm-kind">{say(f"{scenario.kind}.name", language)}</p>'
        f'<p class="sf-points">{points(item, language, "points-long")}</p>'
        f'<h2 class="sm-title" id="{name}-title">{item.number}. {_html(scenario.title, language)}</h2></div>'
        f"{fold(say('feedback.situation', language), situation)}"
        f"{_result(item, language)}{body}</div></article>"
    )


def _html(text: Text, language: str) -> str:
    return html(getattr(text, language))


def _result(item: Item, language: str) -> str:
    """Return the box that says how the item stands, how it counts and how sure the participant was."""
    kind, look, earned = item.scenario.kind, item.look, item.earned
    small = []
    if isinstance(item.scenario, Write):
        blank = not item.given or not INK.search(str(item.given.response or ""))
        state = "unread" if earned.open else "no-text" if blank and earned.manual is None else "read"
        said = say(f"feedback.{state}", language)
    else:
        if item.given is None or item.given.response is None:
            said = escape(str(getattr(exercise_words()["none"], language)))
        elif item.scenario.given(item.given.response) is None:
            said = escape(str(getattr(exercise_words()["malformed"], language)))
        else:
            said = _verdict(item, language)
        if look != "best" and found(f"{kind}.rule"):
            small.append(say(f"{kind}.rule", language))
        if earned.manual is not None:
            small.append(say("feedback.set", language, n=number(earned.auto or 0.0)))
    if earned.extra:
        small.append(say("feedback.extra", language, n=number(earned.extra)))
    if item.given is not None and item.given.confidence is not None:
        sure = item.given.confidence
        band = next((least for least in SURENESS if sure >= least), 50)
        small.append(say("confidence.was", language, n=sure, text=say(f"confidence.{band}", language)))
    rest = "".join(f"<p>{one}</p>" for one in small)
    return (
        f'<div class="sm-result sm-is-{look}"><h3 class="sm-verdict">{icon(LOOKS[look])}<span>{said}</span></h3>'
        f"{rest}</div>"
    )


def _verdict(item: Item, language: str) -> str:
    kind, look = item.scenario.kind, item.look
    reached = item.scenario.words.get("reached")  # an ending is no decision
    lines = item.scenario.explain(item.given.response if item.given else None)
    judged = [line for line in lines if line.yours and line.yours != reached]
    name = f"{kind}.result.{look}" if found(f"{kind}.result.{look}") else f"result.{look}"
    return say(name, language, n=sum(bool(line.right) for line in judged), m=len(judged))


def _choices(item: Item, language: str, reasons: Reasons) -> str:
    """Return what was given and what is best with the reasons, and every other choice folded below."""
    scenario = item.scenario
    response = scenario.given(item.given.response) if item.given else None
    lines = scenario.explain(response)
    if scenario.kind in SINGLE:
        shown = [line for line in lines if line.yours or line.best]
        rest = [line for line in lines if not line.yours and not line.best]
        brief: list[Line] = []
    else:
        # Of many rows the wrong ones need their reasons at once; the right ones only if one wants to read on.
        shown = lines
        brief = rest = lines if response is None else [line for line in lines if line.right]
    heading = "feedback.best" if response is None else "feedback.response"
    parts = [f'<h3 class="sm-label">{say(heading, language)}</h3>']
    short = {id(line) for line in brief}
    parts.append(_list([_line(line, scenario, language, None if id(line) in short else reasons) for line in shown]))
    folded = "feedback.all" if len(rest) == len(lines) else "feedback.rest"
    parts.append(fold(say(folded, language), _list([_line(line, scenario, language, reasons) for line in rest])))
    parts.append(_comment(item, language))
    return f'<div class="sm-explained">{"".join(parts)}</div>'


def _list(lines: Sequence[str]) -> str:
    return f'<ul class="sm-lines">{"".join(lines)}</ul>' if lines else ""


def _line(line: Line, scenario: Scenario, language: str, reasons: Reasons | None) -> str:
    """Return what became of one choice, with the *reasons* if given."""
    look = "plain" if not line.yours and not line.best else "best"
    if line.yours:
        look = "right" if line.right else "wrong"
    tags = []
    if line.yours:
        tags.append(f'<strong class="sm-tag">{say("right" if line.right else "wrong", language)}</strong>')
        tags.append(f'<span class="sm-tag">{_named("you", line.yours, scenario, language)}</span>')
    # Who did what is best need not be told twice.
    if line.best and not (line.yours and line.right):
        tags.append(f'<span class="sm-tag sm-tag-best">{_named("best-is", line.best, scenario, language)}</span>')
    # A span of a prompt is plain text, which Markdown must not touch.
    text = escape(getattr(line.text, language)) if scenario.kind == "redact" else _html(line.text, language)
    parts = [f'<div class="sm-line-text sm-prose">{text}</div>']
    if tags:
        parts.append(f'<p class="sm-tags">{" ".join(tags)}</p>')
    if line.note and reasons:
        parts.append(reasons.html(line.note, language))
    return f'<li class="sm-line sm-line-{look}">{icon(look)}<div>{"".join(parts)}</div></li>'


def _named(name: str, text: Text, scenario: Scenario, language: str) -> str:
    """Return *text*; where it is a place or a verdict, with the word for whose it is."""
    shown = _html(text, language)
    return say(name, language).replace("{text}", shown) if scenario.kind in PLACED else shown


def cites(keys: Sequence[str], language: str, sources: Mapping[str, Source]) -> str:
    """Return the sources *keys* as links."""
    links = []
    for source in (sources[key] for key in keys if key in sources):
        title = f'<span class="sm-unseen">: {escape(source.title)}</span>' if source.title != source.label else ""
        name = f"<cite>{escape(source.label)}{title}</cite>"
        if source.url.startswith(("https://", "http://")):
            name = f'<a href="{escape(source.url)}">{name}</a>'
        links.append(name)
    word = say("sources" if len(links) > 1 else "source", language)
    return f'<p class="sm-cites">{word} {"; ".join(links)}</p>' if links else ""


def _text(item: Item, language: str, reasons: Reasons) -> str:
    """Return a written task: the participant's text, the comment on it, the rubric, the model answer."""
    scenario = item.scenario
    assert isinstance(scenario, Write)
    text = scenario.given(item.given.response) if item.given else None
    parts = []
    if text and INK.search(text):
        parts.append(f'<div><h3 class="sm-label">{say("feedback.text", language)}</h3>{written(text)}</div>')
    parts.append(_comment(item, language))
    return "".join([*parts, reasons.task(scenario, language)])


def _task(scenario: Write, language: str, reasons: Reasons) -> str:
    rows = []
    for criterion in scenario.rubric:
        bands = "".join(
            f'<li><span class="sm-points">{_points(band.points, language)}</span>'
            f"<span>{_html(band.text, language)}</span></li>"
            for band in criterion.bands
        )
        rows.append(f'<li><p class="sm-criterion">{_html(criterion.text, language)}</p><ul>{bands}</ul></li>')
    heading = f'<h3 class="sm-label">{say("feedback.rubric", language)}</h3>'
    rubric = f'<div class="sm-rubric">{heading}<ul>{"".join(rows)}</ul></div>'
    model = f'<div class="sm-model sm-prose">{_block(_html(scenario.model, language))}</div>'
    heading = f'<h3 class="sm-label">{say("feedback.model", language)}</h3>'
    return f'{rubric}<div class="sf-model">{heading}{model}{reasons.html(scenario.note, language)}</div>'


def _points(points_: float, language: str) -> str:
    return say("write.point" if points_ == 1 else "write.points", language, n=number(points_))


def _block(content: str) -> str:
    return content if content.startswith(("<p>", "<ul>", "<ol>")) else f"<p>{content}</p>"


def _comment(item: Item, language: str) -> str:
    if not INK.search(item.earned.comment):
        return ""
    heading = f'<h3 class="sm-label">{say("feedback.trainer", language)}</h3>'
    return f'<div class="sf-comment">{heading}{written(item.earned.comment)}</div>'
