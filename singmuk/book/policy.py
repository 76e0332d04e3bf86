"""Show the organisation's policy in the book: the whole of it as a page, and parts of it on any page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from singmuk import policy
from singmuk.book import policy_text as said
from singmuk.book.common import Directive, short_language, untranslated
from singmuk.book.policy_text import Facts, Table
from singmuk.policy.record import Policy

#: Under which name the application keeps the policy that was read.
READ = "singmuk_policy_read"
#: The page on which the whole policy stands.
PAGE = "course/policy/our-policy"


class PolicyDirective(Directive):
    """Print the whole policy, part by part."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return a section for each part of the Checklist, with anchors to which boxes lead."""
        record: Policy = getattr(self.env.app, READ)
        _depend(self)
        language, today = self.language, date.today()
        parts: list[nodes.Node] = []
        if record.example:
            parts.append(self.html(f'<p class="policy-example">{escape(said.word("example", language))}</p>'))
        for part, names in said.PARTS.items():
            section = _section(f"policy-{part}", said.word(f"part-{part}", language))
            for name in names:
                inner = section
                if len(names) > 1:
                    inner = _section(f"policy-{name}", said.word(name, language))
                    section += inner
                elif name != part:
                    section["ids"].append(f"policy-{name}")
                inner += self.html(markup([said.show(record, name, language, today)], language))
            parts.append(section)
        return parts


class PolicyBoxDirective(Directive):
    """Show what the policy says about the fields that the arguments name, with the way to the whole."""

    required_arguments = 1
    optional_arguments = 12
    final_argument_whitespace = False
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the box; a field that the policy does not have is an error that says what to write."""
        record: Policy = getattr(self.env.app, READ)
        _depend(self)
        builder = self.env.app.builder
        where = ""
        if str(builder.format) == "html" and PAGE in self.env.found_docs:
            where = builder.get_relative_uri(self.env.docname, PAGE)
        try:
            return [self.html(box(record, self.arguments, self.language, where))]
        except policy.FieldError as fault:
            raise self.error(str(fault)) from fault


class PolicyRole(SphinxRole):
    """Name one field of the policy within a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the field in the page's language; an inline node is not offered for translation."""
        record: Policy = getattr(self.env.app, READ)
        _depend(self)
        try:
            text = said.phrase(record, self.text, short_language(self.config.language))
        except policy.FieldError as fault:
            return [], [self.inliner.reporter.error(str(fault), line=self.lineno)]
        return [nodes.inline("", text, classes=["policy-word"])], []


def box(record: Policy, fields: Sequence[str], language: str, where: str = "") -> str:
    """Return the box that says what *record* says about *fields*; *where* is the address of the whole policy."""
    bodies = said.merged([said.show(record, field, language, date.today()) for field in fields])
    title = escape(said.word("title", language))
    link = ""
    if where:
        first = fields[0].split(".")[0]
        link = f'<p class="policy-box-link"><a href="{escape(where)}#policy-{first}">'
        link += f"{escape(said.word('whole', language))}</a></p>"
    note = f'<p class="policy-example">{escape(said.word("example", language))}</p>' if record.example else ""
    return (
        f'<aside class="policy-box" aria-label="{title}"><p class="policy-box-title">{title}</p>'
        f"{markup(bodies, language)}{note}{link}</aside>"
    )


def markup(bodies: Sequence[Facts | Table], language: str) -> str:
    """Return *bodies* as HTML: facts as a list of terms, tables with their heads."""
    return "".join(_facts(body) if isinstance(body, Facts) else _table(body, language) for body in bodies)


def _facts(facts: Facts) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.pairs)
    return f'<dl class="policy-facts">{rows}</dl>'


def _table(table: Table, language: str) -> str:
    name = escape(said.word("scroll", language, table=table.name))
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    rows = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in table.rows
    )
    return (
        f'<div class="policy-scroll" role="region" tabindex="0" aria-label="{name}"><table class="policy-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _section(name: str, title: str) -> nodes.section:
    return nodes.section("", untranslated(nodes.title("", title)), ids=[name], names=[name])


def _depend(place: Directive | SphinxRole) -> None:
    own = Path(place.env.srcdir) / policy.NAME
    place.env.note_dependency(str(own if own.exists() else policy.DEFAULT))


def setup(app: Sphinx) -> None:
    """Add the directives and the role to *app*."""
    app.add_directive("policy", PolicyDirective)
    app.add_directive("policy-box", PolicyBoxDirective)
    app.add_role("policy", PolicyRole())
