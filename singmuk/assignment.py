"""An assignment: which scenarios are graded together, for how many points, and what is needed to pass."""

from __future__ import annotations

from pydantic import Field

from singmuk.lang import Record, Text
from singmuk.scenario import Check, Id, twice


class Place(Record):
    """A scenario's place in an assignment and what it is worth."""

    id: Id
    points: float = Field(gt=0, le=100)
    expected: float | None = Field(
        None, ge=0, le=1, description="Share that someone who just passes is expected to earn (Angoff)"
    )


class PassMark(Record):
    """The points needed to pass and the method by which they were set."""

    points: float = Field(gt=0)
    method: Text
    compare: bool = Field(False, description="Nobody passes or fails; the points are a mark to compare with")


class Assignment(Record):
    """One YAML file of assignments/: scenarios in their order, and the pass mark."""

    id: Id
    title: Text
    introduction: Text
    scenarios: tuple[Place, ...] = Field(min_length=1, max_length=40)
    pass_mark: PassMark

    @property
    def points(self) -> float:
        """Return the points that the whole assignment gives."""
        return sum(place.points for place in self.scenarios)

    def checks(self) -> list[Check]:
        """Return what must hold between fields, each as a check that can run alone."""
        return [lambda: twice(self.scenarios, "scenarios"), self._can_be_passed]

    def _can_be_passed(self):  # type: ignore[no-untyped-def]
        if self.pass_mark.points > self.points:
            yield (
                ("pass-mark", "points"),
                f"{self.pass_mark.points:g} is more than the {self.points:g} that can be earned; lower it",
            )
