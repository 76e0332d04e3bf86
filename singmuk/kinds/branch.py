"""Branch: decide, see the consequence, decide again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from singmuk.lang import Path, Record, Text
from singmuk.scenario import Check, Id, Line, Option, ResponseError, Scenario, listed, note_of, shown, twice


class Turn(Option):
    """A decision at a node, and where it leads."""

    to: Id


class Node(Record):
    """A moment in the story at which something has to be decided."""

    id: Id
    text: Text
    choices: tuple[Turn, ...] = Field(min_length=2, max_length=4)


class Ending(Option):
    """How it ends, and what reaching it is worth."""

    value: Annotated[float, Field(ge=0, le=1)]


def _walk(item: Mapping[str, Any], way: list[Any]) -> str:
    """Return the id of the ending to which *way* leads; raise `ResponseError` when it leads to none."""
    nodes = {node["id"]: {turn["id"]: turn["to"] for turn in node["choices"]} for node in item["nodes"]}
    place: str = item["start"]
    for step in way:
        turns = nodes.get(place, {})
        if not isinstance(step, str) or step not in turns:
            raise ResponseError(f"cannot go on from {place!r} with {str(step)[:40]!r}; use one of {listed(turns)}")
        place = turns[step]
    if place in nodes:
        raise ResponseError("stops before an ending; decide until one is reached")
    return place


class Branch(Scenario):
    """A story with decisions; the ending that is reached has a value."""

    words: ClassVar[dict[str, Text]] = {
        "yours": Text(en="You took this step", zh="你選了這一步"),
        "reached": Text(en="You came here", zh="你的結局"),
        "best": Text(en="On the best way", zh="最佳路線"),
        "best-ending": Text(en="Best ending", zh="最佳結局"),
    }

    kind: Literal["branch"]
    start: Id
    nodes: tuple[Node, ...] = Field(min_length=1, max_length=8)
    endings: tuple[Ending, ...] = Field(min_length=2, max_length=8)

    def public(self) -> dict[str, Any]:
        """Return the half a participant may see; what an ending is worth is not in it."""
        return super().public() | {
            "start": self.start,
            "nodes": [
                {
                    "id": node.id,
                    "text": node.text.model_dump(),
                    "choices": [
                        {"id": turn.id, "text": turn.text.model_dump(), "to": turn.to} for turn in node.choices
                    ],
                }
                for node in self.nodes
            ],
            "endings": shown(self.endings),
        }

    def answer(self) -> dict[str, Any]:
        """Return each ending's value, and a note for each decision and ending."""
        options: list[Option] = [*self._turns(), *self.endings]
        return {
            "values": {ending.id: ending.value for ending in self.endings},
            "notes": {option.id: note_of(option) for option in options},
        }

    def best(self) -> list[str]:
        """Return the first shortest way to an ending of the highest value."""
        top = max(ending.value for ending in self.endings)
        good = {ending.id for ending in self.endings if ending.value == top}
        nodes = {node.id: node for node in self.nodes}
        ways: list[tuple[str, list[str]]] = [(self.start, [])]
        for place, way in ways:  # grows while it is walked: breadth first
            if place in good:
                return way
            if place in nodes:
                ways += [(turn.to, [*way, turn.id]) for turn in nodes[place].choices]
        return []

    @classmethod
    def accept(cls, item: Mapping[str, Any], response: object) -> list[str]:
        """Return the way that was taken; raise `ResponseError` unless it leads through *item* to an ending."""
        if not isinstance(response, list):
            raise ResponseError("must be a list of decisions")
        _walk(item, response)
        return list(response)

    def measure(self, response: list[str]) -> float:
        """Return the value of the ending that was reached."""
        return self._ending(response).value

    def _ending(self, way: list[str]) -> Ending:
        reached = _walk(self.item, way)
        return next(ending for ending in self.endings if ending.id == reached)

    def explain(self, response: object = None) -> list[Line]:
        """Return a line for each decision and each ending."""
        given, best = self.given(response), self.best()
        reached = self._ending(given).id if given is not None else None
        lines = [
            Line(
                text=turn.text,
                yours=self.words["yours"] if given is not None and turn.id in given else None,
                best=self.words["best"] if turn.id in best else None,
                right=turn.id in best,
                note=turn,
            )
            for turn in self._turns()
        ]
        top = max(ending.value for ending in self.endings)
        return lines + [
            Line(
                text=ending.text,
                yours=self.words["reached"] if ending.id == reached else None,
                best=self.words["best-ending"] if ending.value == top else None,
                right=ending.value == top,
                note=ending,
            )
            for ending in self.endings
        ]

    def _turns(self) -> list[Turn]:
        return [turn for node in self.nodes for turn in node.choices]

    def checks(self) -> list[Check]:
        """Return what must hold: ids once, no step into nothing or in a circle, all reached, values spread."""
        return [
            *super().checks(),
            self._ids_once,
            self._leads_somewhere,
            self._no_circle,
            self._all_reached,
            self._values_spread,
        ]

    def _ids_once(self) -> Iterator[tuple[Path, str]]:
        yield from twice([*self.nodes, *self.endings], "nodes")
        seen: set[str] = {ending.id for ending in self.endings}
        for n, node in enumerate(self.nodes):
            for c, turn in enumerate(node.choices):
                if turn.id in seen:
                    path = ("nodes", n, "choices", c, "id")
                    yield path, f"{turn.id!r} is used twice in the scenario; give each its own id"
                seen.add(turn.id)

    def _leads_somewhere(self) -> Iterator[tuple[Path, str]]:
        places = [node.id for node in self.nodes] + [ending.id for ending in self.endings]
        if self.start not in [node.id for node in self.nodes]:
            yield (
                ("start",),
                f"{self.start!r} is not a node; use one of {listed(node.id for node in self.nodes)}",
            )
        for n, node in enumerate(self.nodes):
            for c, turn in enumerate(node.choices):
                if turn.to not in places:
                    path = ("nodes", n, "choices", c, "to")
                    yield path, f"{turn.to!r} leads nowhere; use one of {listed(places)}"

    def _no_circle(self) -> Iterator[tuple[Path, str]]:
        ways = {node.id: [turn.to for turn in node.choices] for node in self.nodes}

        def returns(place: str, origin: str, seen: frozenset[str]) -> bool:
            return any(
                to == origin or (to not in seen and returns(to, origin, seen | {to})) for to in ways.get(place, [])
            )

        for n, node in enumerate(self.nodes):
            if returns(node.id, node.id, frozenset({node.id})):
                yield (
                    ("nodes", n),
                    f"{node.id!r} can be reached from itself, a circle; lead one way out of it",
                )

    def _all_reached(self) -> Iterator[tuple[Path, str]]:
        ways = {node.id: [turn.to for turn in node.choices] for node in self.nodes}
        reached, ahead = {self.start}, [self.start]
        while ahead:
            for to in ways.get(ahead.pop(), []):
                if to not in reached:
                    reached.add(to)
                    ahead.append(to)
        places: list[tuple[str, tuple[Any, ...]]] = [("nodes", self.nodes), ("endings", self.endings)]
        for name, options in places:
            for index, option in enumerate(options):
                if option.id not in reached:
                    yield (name, index), f"{option.id!r} is never reached; lead a choice to it or remove it"

    def _values_spread(self) -> Iterator[tuple[Path, str]]:
        values = [ending.value for ending in self.endings]
        for wanted in (1.0, 0.0):
            if wanted not in values:
                yield ("endings",), f"no ending has the value {wanted}; the best is worth 1.0, the worst 0.0"


KIND = Branch
