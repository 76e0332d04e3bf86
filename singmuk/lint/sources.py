"""Rules about sources: each has an address and a date, and a day on which to look again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from singmuk.cite import Source
from singmuk.lint import Finding, item_rule
from singmuk.scenario import Scenario

Sources = Mapping[str, Source]


@item_rule("source-address")
def source_address(scenario: Scenario, sources: Sources) -> Iterator[Finding]:
    """A source has an address and a date, so that a reader can check it."""
    for path, note in scenario.notes():
        for index, key in enumerate(note.cite):
            source = sources.get(key)
            if source and not source.url:
                yield (*path, "cite", index), f"{key!r} has no url in course/references.bib; add it"
            if source and not source.dated:
                yield (
                    (*path, "cite", index),
                    f"{key!r} has no date in course/references.bib; add date or urldate",
                )


@item_rule("review-by")
def review_by(scenario: Scenario, _: Sources) -> Iterator[Finding]:
    """The day on which to look at the sources again has not passed."""
    if scenario.review_by < date.today():
        yield ("review-by",), f"{scenario.review_by} has passed; check the sources, then set a new day"
