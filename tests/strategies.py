"""What hypothesis draws from: any JSON value whatever, and what a participant can give in the face."""

from __future__ import annotations

from hypothesis import strategies as st

#: Values on which readers of numbers, texts and fields have stumbled.
ODD = ["", " ", "\ud800", "NaN", "__proto__", "constructor", 10**400, -(10**400), 1e308, -0.0, [[[[[[[[[[]]]]]]]]]]]


def json_values(scenario):
    """Return a strategy for any JSON value, ids of *scenario* among them, so that some are nearly responses."""
    ids = [note.id for _, note in scenario.notes() if hasattr(note, "id")]
    text = st.text() | st.sampled_from([*ids, *(odd for odd in ODD if isinstance(odd, str))])
    leaf = st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(ODD) | text
    return st.recursive(
        leaf, lambda some: st.lists(some, max_size=9) | st.dictionaries(text, some, max_size=9), max_leaves=20
    )


def responses(scenario):
    """Return a strategy for what a participant can give to *scenario* in the face."""
    return _BY_KIND[scenario.kind](scenario)


def _ids(options):
    return st.sampled_from([option.id for option in options])


def _places(options, places):
    return st.dictionaries(_ids(options), _ids(places))


@st.composite
def _ways(draw, scenario):
    """Draw a way through the story from its start to an ending."""
    nodes, place, way = {node.id: node for node in scenario.nodes}, scenario.start, []
    while place in nodes:
        turn = draw(st.sampled_from(nodes[place].choices))
        way, place = [*way, turn.id], turn.to
    return way


_BY_KIND = {
    "branch": _ways,
    "choose": lambda scenario: _ids(scenario.choices),
    "judge": lambda scenario: _places(scenario.cases, scenario.verdicts),
    "number": lambda _: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9),
    "order": lambda scenario: st.permutations(scenario.best()),
    "redact": lambda scenario: st.lists(_ids(scenario.spans), unique=True),
    "select": lambda scenario: st.lists(_ids(scenario.choices), unique=True),
    "sort": lambda scenario: _places(scenario.rows, scenario.bins),
    "write": lambda _: st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000),
}
