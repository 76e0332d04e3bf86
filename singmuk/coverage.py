"""What the bank of scenarios decides, counted, and what is missing from what course/coverage.yml demands."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any, Literal, get_args

from pydantic import Field

from singmuk import yaml_lines
from singmuk.faults import Fault, dotted, field_faults
from singmuk.kinds import kinds
from singmuk.lang import Path, Record, Text, Words
from singmuk.load import CourseError, sound_course
from singmuk.scenario import Id, Role, Scenario, codes

#: What is demanded of the bank.
FILE = "course/coverage.yml"
#: What a scenario is counted by.
Side = Literal["module", "code", "kind", "role"]
SIDES: tuple[Side, ...] = get_args(Side)

_CATALOGUE = re.compile(r"^# catalogue: *(.*)$")
_NUMBER = re.compile(r"^([1-9][0-9]*)b?$")


class Demand(Record):
    """What the bank must hold; a course without the file demands nothing."""

    scenarios: int = Field(0, ge=0, description="At least so many scenarios")
    each_kind: int = Field(0, ge=0, description="At least so many of every kind")
    each_code: int = Field(0, ge=0, description="At least so many that decide each of `codes`")
    modules: tuple[Id, ...] = Field((), description="Parts with a scenario, in the order of the course")
    codes: tuple[Words, ...] = Field((), description="What must be decided (singmuk/codes.yml)")
    catalogue: tuple[Words, ...] = Field((), description="Situations that must be among the scenarios, by number")
    left_out: dict[str, Text] = Field({}, description="What is not demanded though a list has it, with the reason")


@dataclass(frozen=True)
class Bank:
    """The scenarios of a course, the situations of the catalogue that they are, and what is demanded of them."""

    scenarios: Mapping[str, Scenario]
    situations: Mapping[str, list[str]]
    demand: Demand | None

    def order(self, side: Side) -> list[str]:
        """Return what stands on *side* in the order of the course: what is demanded, then what else there is."""
        wanted: Iterable[str] = {
            "module": self.demand.modules if self.demand else (),
            "code": [code for code in codes() if self.demand and code in self.demand.codes],
            "kind": kinds(),
            "role": get_args(Role),
        }[side]
        there = {value for scenario in self.scenarios.values() for value in values(scenario, side)}
        usual = [*wanted, *codes(), *sorted(there)] if side == "code" else [*wanted, *sorted(there)]
        shown = there | set(wanted)
        return [value for value in dict.fromkeys(usual) if value in shown]

    def count(self, *sides: Side) -> Counter[tuple[str, ...]]:
        """Return how many scenarios stand at each place of the matrix that *sides* make."""
        found: Counter[tuple[str, ...]] = Counter()
        for scenario in self.scenarios.values():
            places: list[tuple[str, ...]] = [()]
            for side in sides:
                places = [(*place, value) for place in places for value in values(scenario, side)]
            found.update(places)
        return found

    def data(self) -> dict[str, Any]:
        """Return the matrix and its holes as plain data, the same for the same course."""
        matrix = sorted(self.count(*SIDES).items())
        return {
            "scenarios": len(self.scenarios),
            "matrix": [dict(zip(SIDES, place, strict=True)) | {"scenarios": times} for place, times in matrix],
            "catalogue": dict(sorted(self.situations.items(), key=lambda one: _rank(one[0]))),
            "holes": list(holes(self)),
        }


def values(scenario: Scenario, side: Side) -> tuple[str, ...]:
    """Return what *scenario* counts for on *side*; a scenario has several codes and several roles."""
    match side:
        case "module":
            return (scenario.module,)
        case "kind":
            return (scenario.kind,)
        case "code":
            return tuple(dict.fromkeys(scenario.codes))
        case "role":
            return tuple(dict.fromkeys(scenario.roles))


def read(root: FilePath) -> Bank:
    """Return the bank of the course in the folder *root*; raise `CourseError` with every fault it has."""
    course = sound_course(root)
    demand, faults = _demand(root)
    situations: dict[str, list[str]] = {}
    for name in course.scenarios:
        for number, fault in _numbers(root, name, demand):
            if fault:
                faults.append(fault)
            else:
                situations.setdefault(number, []).append(name)
    if faults:
        raise CourseError(sorted(faults))
    return Bank(course.scenarios, situations, demand)


def holes(bank: Bank) -> Iterator[str]:
    """Yield what is demanded and not there, each with what to do."""
    demand = bank.demand
    if demand is None:
        return
    if len(bank.scenarios) < demand.scenarios:
        yield f"scenarios: {len(bank.scenarios)} are there; {demand.scenarios} are wanted"
    for module in demand.modules:
        if not bank.count("module")[(module,)]:
            yield f"module {module}: no scenario; write one"
    wanted: list[tuple[Side, Iterable[str], int]] = [
        ("code", demand.codes, demand.each_code),
        ("kind", kinds(), demand.each_kind),
    ]
    for side, names, least in wanted:
        there = bank.count(side)
        for name in names:
            if there[(name,)] < least:
                yield f"{side} {name}: {_times(there[(name,)])}; {least} are wanted"
    for number in demand.catalogue:
        if number not in bank.situations:
            yield f"catalogue {number}: no scenario; write it, or name it in line 2 of the scenario that it is"


def _times(times: int) -> str:
    return {0: "no scenario", 1: "1 scenario"}.get(times, f"{times} scenarios")


def _rank(number: str) -> tuple[int, str]:
    return int(number.removesuffix("b")), number


def _demand(root: FilePath) -> tuple[Demand | None, list[Fault]]:
    if not (root / FILE).is_file():
        return None, []
    document = yaml_lines.read(root / FILE)
    found: list[tuple[Path, str]] = []
    demand = None
    if not document.faults:
        found = field_faults(Demand, document.data)
        if not found:
            demand = Demand.model_validate_json(json.dumps(document.data))
            found = [
                (("codes", index), _unknown(code)) for index, code in enumerate(demand.codes) if code not in codes()
            ]
    faults = [Fault(FILE, line, dotted(path, "file"), message) for line, path, message in document.faults]
    return demand, [*faults, *(Fault(FILE, document.line(path), dotted(path, "file"), text) for path, text in found)]


def _unknown(code: str) -> str:
    close = get_close_matches(code, codes(), n=1, cutoff=0.5)
    return f"{code!r} is not a code we know; " + (f"did you mean {close[0]!r}?" if close else "mend it")


def _numbers(root: FilePath, name: str, demand: Demand | None) -> Iterator[tuple[str, Fault | None]]:
    """Yield the numbers of the catalogue that the head of a scenario's file names, each with its fault if any."""
    known = {number.removesuffix("b") for number in demand.catalogue} if demand else set()
    file = f"scenarios/{name}.yml"
    for line, text in enumerate((root / file).read_text(encoding="utf-8").splitlines(), start=1):
        if not text.startswith("#"):
            return
        found = _CATALOGUE.match(text)
        for number in found.group(1).split(",") if found else ():
            match = _NUMBER.match(number.strip())
            if match is None:
                message = f"{number.strip()!r} is no number; write `# catalogue: 20, 20b`"
            elif known and match.group(1) not in known:
                message = f"{number.strip()!r} is not in the catalogue of {FILE}; mend the number"
            else:
                yield number.strip(), None
                continue
            yield number.strip(), Fault(file, line, "catalogue", message)
