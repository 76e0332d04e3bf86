"""The static face: a scenario as plain HTML, for a page without JavaScript, a print, a solution, feedback."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from singmuk.cite import Source
from singmuk.face import dress, words
from singmuk.lang import LANGUAGES, Text
from singmuk.markdown import html
from singmuk.scenario import Line, Scenario

Half = dict[str, Any]


def _word(name: str, language: str) -> str:
    text: Any = words()
    for part in name.split("."):
        text = text[part]
    return escape(str(text[language]))


def _block(content: str, classes: str = "") -> str:
    """Return *content* in a `div`, or in a `p` when it is a single paragraph."""
    tag = "div" if content.startswith("<") and not content.startswith(("<strong", "<em", "<code")) else "p"
    return f'<{tag} class="{classes}">{content}</{tag}>' if classes else f"<{tag}>{content}</{tag}>"


def _exhibit(exhibit: Half, language: str) -> str:
    match exhibit["kind"]:
        case "text":
            title = f"<figcaption>{exhibit['title'][language]}</figcaption>" if exhibit.get("title") else ""
            return f'<figure class="singmuk-exhibit">{title}{_block(exhibit["text"][language])}</figure>'
        case "message":
            rows = [(name, exhibit[name]) for name in ("from", "to", "subject") if exhibit.get(name)]
            heads = "".join(
                f"<dt>{_word(f'exhibit.{name}', language)}</dt><dd>{text[language]}</dd>" for name, text in rows
            )
            caption = f"<figcaption>{exhibit['channel'][language]}</figcaption>"
            body = _block(exhibit["body"][language])
            return f'<figure class="singmuk-exhibit">{caption}<dl>{heads}</dl>{body}</figure>'
        case "table":
            head = "".join(f'<th scope="col">{cell[language]}</th>' for cell in exhibit["head"])
            body = "".join(
                "<tr>" + "".join(f"<td>{_cell(cell, language)}</td>" for cell in row) + "</tr>"
                for row in exhibit["rows"]
            )
            caption = f"<caption>{exhibit['caption'][language]}</caption>"
            table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            return f'<div class="singmuk-exhibit singmuk-scroll">{table}</div>'
        case _:
            alt = escape(exhibit["alt"][language], quote=True)
            return f'<figure class="singmuk-exhibit"><img src="{exhibit["src"]}" alt="{alt}"></figure>'


def _cell(cell: Any, language: str) -> str:
    return str(cell[language]) if isinstance(cell, dict) else f"{cell:,}"


def _text(text: Text, language: str) -> str:
    return html(getattr(text, language))


def _cites(keys: tuple[str, ...], sources: Mapping[str, Source], language: str) -> str:
    links = [
        f'<a href="{escape(source.url, quote=True)}" rel="noopener" title="{escape(source.title, quote=True)}">'
        f"{escape(source.label)}</a>"
        for key in keys
        if (source := sources.get(key))
    ]
    return f'<p class="singmuk-sources">{_word("sources", language)} {", ".join(links)}</p>' if links else ""


def line_html(line: Line, language: str, sources: Mapping[str, Source]) -> str:
    """Return one row of feedback as a list item."""
    parts = [f"<strong>{_text(line.text, language)}</strong>"]
    said = [_text(text, language) for text in (line.yours, line.best) if text]
    if said:
        parts.append(" – " + " · ".join(said))
    if line.note:
        parts.append(_block(_text(line.note.rationale, language)))
        if line.note.tempting:
            parts.append(f"<p><em>{_word('tempting', language)}</em> {_text(line.note.tempting, language)}</p>")
        parts.append(_cites(line.note.cite, sources, language))
    return f"<li>{''.join(parts)}</li>"


def _choices(scenario: Scenario, language: str) -> str:
    """Return what there is to choose from, as the public half lists it."""
    half = dress(scenario.public())
    groups = [half[name] for name in ("verdicts", "bins", "cases", "rows", "choices", "steps") if name in half]
    parts = ["<ul>" + "".join(f"<li>{option['text'][language]}</li>" for option in group) + "</ul>" for group in groups]
    if isinstance(half.get("text"), dict):
        pieces = [piece if isinstance(piece, str) else piece["text"] for piece in half["text"][language]]
        parts.append(f'<pre class="singmuk-exhibit">{escape("".join(pieces))}</pre>')
    for node in half.get("nodes", []):
        options = "".join(f"<li>{choice['text'][language]}</li>" for choice in node["choices"])
        parts.append(f"{_block(node['text'][language])}<ul>{options}</ul>")
    for criterion in half.get("rubric", []):
        bands = "".join(f"<li>{band['points']:g}: {band['text'][language]}</li>" for band in criterion["bands"])
        parts.append(f"<p>{criterion['text'][language]}</p><ul>{bands}</ul>")
    return "".join(parts)


def question(scenario: Scenario, language: str, pictures: Path | None = None) -> str:
    """Return the public half of *scenario* as HTML in *language*: title, stem, exhibits, choices."""
    half = dress(scenario.public(), pictures)
    exhibits = "".join(_exhibit(exhibit, language) for exhibit in half["exhibits"])
    return (
        f'<p class="singmuk-title"><strong>{half["title"][language]}</strong></p>'
        f"{_block(half['stem'][language])}{exhibits}{_choices(scenario, language)}"
    )


def model_answer(scenario: Scenario, language: str, sources: Mapping[str, Source]) -> str:
    """Return the model answer of *scenario* with every rationale as HTML in *language*."""
    lines = scenario.explain()
    return f"<ol>{''.join(line_html(line, language, sources) for line in lines)}</ol>"


def page(scenario: Scenario, language: str, sources: Mapping[str, Source], pictures: Path | None = None) -> str:
    """Return *scenario* for practice without JavaScript: the question, and the answer folded away."""
    return (
        f'<div class="singmuk-static" lang="{LANGUAGES[language]}">{question(scenario, language, pictures)}'
        f"<details><summary>{_word('answer', language)}</summary>"
        f"{model_answer(scenario, language, sources)}</details></div>"
    )
