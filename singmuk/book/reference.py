"""The role and directives for what one looks up: the dated register of the law, and the glossary."""

from __future__ import annotations

from datetime import date
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from singmuk.book.common import TERMS, Directive, short_language, untranslated, word
from singmuk.law import Statement

#: The page on which the whole register stands.
REGISTER = "course/law"


class LawRole(SphinxRole):
    """Quote a statement of the register within a sentence, with its date."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the statement and the day on which it was true, which leads to the register."""
        statement: Statement | None = getattr(self.env.app, TERMS)[0].get(self.text)
        if statement is None:
            message = self.inliner.reporter.error(
                f"{self.text!r} is not in course/law.yml; add it or mend the id", line=self.lineno
            )
            return [], [message]
        self.env.note_dependency("course/law.yml")
        language = short_language(self.config.language)
        text: str = getattr(statement.statement, language)
        day = word("as-of", language, date=statement.as_of)
        where = self.env.app.builder.get_relative_uri(self.env.docname, REGISTER) if _html(self) else ""
        link = nodes.reference("", day, refuri=f"{where}#law-{statement.id}", internal=True, classes=["law-date"])
        return [nodes.inline("", f"{text} "), nodes.inline("", "", link, classes=["law-day"])], []


def _html(role: LawRole) -> bool:
    return str(role.env.app.builder.format) == "html"


class LawDirective(Directive):
    """Quote statements of the register as a list, with sources and what to compare them with."""

    required_arguments = 1
    optional_arguments = 20
    final_argument_whitespace = False
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the statements that the arguments name."""
        unknown = [name for name in self.arguments if name not in self.statements]
        if unknown:
            raise self.error(f"not in course/law.yml: {', '.join(unknown)}; add them or mend the ids")
        return self.listing([self.statements[name] for name in self.arguments], anchors=False)

    def listing(self, statements: list[Statement], *, anchors: bool) -> list[nodes.Node]:
        """Return *statements* as a list; *anchors* where other pages lead to them."""
        self.depend_on("course/law.yml")
        items = [self._item(statement, anchors=anchors) for statement in statements]
        return [nodes.bullet_list("", *items, classes=["law-list"])]

    def _item(self, statement: Statement, *, anchors: bool) -> nodes.list_item:
        language = self.language
        words = nodes.paragraph("", getattr(statement.statement, language))
        day = word("as-of", language, date=statement.as_of)
        review = word("review-by", language, date=statement.review_by)
        below = nodes.paragraph("", f"{day} · {review} · {word('sources', language)} ", classes=["law-source"])
        for index, key in enumerate(statement.cite):
            source = self.course.sources.get(key)
            if source:
                below += nodes.Text(", " if index else "")
                below += nodes.reference("", source.label, refuri=source.url, internal=False)
        check: str = getattr(statement.check, language)
        compare = nodes.paragraph("", f"{word('check', language)} {check}", classes=["law-source"])
        parts = [words, below, compare]
        if statement.review_by < date.today():
            late = word("overdue", language, date=statement.review_by)
            parts.insert(0, nodes.paragraph("", late, classes=["law-overdue"]))
        item = nodes.list_item("", *[untranslated(part) for part in parts])
        if anchors:
            item["ids"].append(f"law-{statement.id}")
        return item


class RegisterDirective(LawDirective):
    """Print the whole register."""

    required_arguments = 0
    optional_arguments = 0

    def run(self) -> list[nodes.Node]:
        """Return every statement, each with an anchor to which pages lead."""
        return self.listing(list(self.statements.values()), anchors=True)


class GlossaryDirective(Directive):
    """Print the glossary as a table in three scripts."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the table; a sign and its words mark a term that is still to be compared."""
        self.depend_on("course/glossary.yml")
        language = self.language
        heads = [("term-en", "en"), ("term-hant", "zh-Hant-HK"), ("term-hans", "zh-Hans")]
        head = "".join(f'<th scope="col">{escape(word(name, language))}</th>' for name, _ in heads)
        unread = escape(word("unread", language))
        sign = f' <span class="glossary-unread" title="{unread}">◇<span class="visually-hidden"> {unread}</span></span>'
        rows = []
        for term in self.terms:
            note = f"<br><small>{escape(getattr(term.note, language))}</small>" if term.note else ""
            rows.append(
                f'<tr><th scope="row" lang="en">{escape(term.en)}</th>'
                f'<td lang="zh-Hant-HK">{escape(term.zh_hant)}{sign if term.check else ""}{note}</td>'
                f'<td lang="zh-Hans">{escape(term.zh_hans)}</td></tr>'
            )
        name = f"{escape(word('glossary', language))} ({escape(word('table-scroll', language))})"
        return [
            self.html(
                f'<div class="glossary-scroll" role="region" tabindex="0" aria-label="{name}"><table class="glossary">'
                f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
            )
        ]


def setup(app: Sphinx) -> None:
    """Add the role and the directives to *app*."""
    app.add_role("law", LawRole())
    app.add_directive("law", LawDirective)
    app.add_directive("law-register", RegisterDirective)
    app.add_directive("glossary-table", GlossaryDirective)
