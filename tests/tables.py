"""What four participants earn in each assignment, computed from the files' own words and from nothing of the package.

python -m tests.tables        # writes tests/expected/NAME.json; pdpo-basics.json was made by hand
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
EXPECTED = ROOT / "tests" / "expected"
BY_HAND = "pdpo-basics"
TEXT = "We tell you plainly what we do with your data, and whom to ask. " * 8
#: What no face gives; each earns nothing.
HOSTILE = {
    "choose": ["key"],
    "select": ["no-such-choice", "no-such-choice"],
    "judge": {"__proto__": "stop"},
    "sort": "all",
    "redact": [True],
    "order": ["a", "a"],
    "number": "NaN",
    "branch": ["no-such-way"],
    "write": 7,
}


def load(folder, name):
    """Return the file *name* of the *folder* as plain data."""
    return yaml.load((ROOT / folder / f"{name}.yml").read_text(encoding="utf-8"), yaml.BaseLoader)


def number(text):
    """Return the figure that *text* is."""
    return float(text)


def perfect(item):  # noqa: PLR0911  (one return for each kind reads best)
    """Return the best response to the scenario *item*."""
    match item["kind"]:
        case "choose":
            return item["key"]
        case "select":
            return sorted(item["keys"])
        case "judge":
            return {case["id"]: case["verdict"] for case in item["cases"]}
        case "sort":
            return {row["id"]: row["bin"] for row in item["rows"]}
        case "redact":
            return sorted(span["id"] for span in item["spans"] if span["remove"] == "true")
        case "order":
            return [step["id"] for step in item["steps"]]
        case "number":
            return number(item["answer"])
        case "branch":
            return max(ways(item), key=lambda way: way[1])[0]
    return TEXT


def ways(item):
    """Return every way through the story *item*, each with the value of its ending."""
    values = {ending["id"]: number(ending["value"]) for ending in item["endings"]}
    nodes = {node["id"]: node["choices"] for node in item["nodes"]}

    def on(place):
        if place in values:
            return [([], values[place])]
        return [([choice["id"], *rest], value) for choice in nodes[place] for rest, value in on(choice["to"])]

    return on(item["start"])


def half(item, odd):  # noqa: PLR0911  (one return for each kind reads best)
    """Return a response that is partly right, and its share by the rule of the kind; None waits for a trainer."""
    match item["kind"]:
        case "choose":
            wrong = next(choice["id"] for choice in item["choices"] if choice["id"] != item["key"])
            return (item["key"], 1.0) if odd else (wrong, 0.0)
        case "select":
            return [item["keys"][0]], 1 / len(item["keys"])
        case "judge":
            return part(item["cases"], "verdict", [one["id"] for one in item["verdicts"]])
        case "sort":
            return part(item["rows"], "bin", [one["id"] for one in item["bins"]])
        case "redact":
            remove = [span["id"] for span in item["spans"] if span["remove"] == "true"]
            keep = [span["id"] for span in item["spans"] if span["remove"] != "true"]
            share = (len(remove) - 1) / len(remove) + (len(keep) - 1) / len(keep) - 1
            return sorted([*remove[:-1], keep[0]]), max(0.0, share)
        case "order":
            steps = [step["id"] for step in item["steps"]]
            pairs = len(steps) * (len(steps) - 1) / 2
            return [steps[1], steps[0], *steps[2:]], max(0.0, (pairs - 2) / pairs)
        case "number":
            value = number(item["wrong"][0]["value"])
            near = abs(value - number(item["answer"])) <= number(item["tolerance"])
            return value, float(near)
        case "branch":
            return ways(item)[0]
    return TEXT, None


def part(rows, field, options):
    """Return the first half of the *rows* right and the others wrong, and the share."""
    right = len(rows) // 2
    given = {}
    for place, row in enumerate(rows):
        other = next(option for option in options if option != row[field])
        given[row["id"]] = row[field] if place < right else other
    return given, right / len(rows)


def table(name):
    """Return what four participants give in the assignment *name*, and earn."""
    places = [
        (load("scenarios", place["id"]), number(place["points"])) for place in load("assignments", name)["scenarios"]
    ]
    people = {who: {"responses": {}, "points": {}} for who in ("perfect", "empty", "half-right", "hostile")}
    for index, (item, points) in enumerate(places):
        best = perfect(item)
        text = item["kind"] == "write"
        given, share = half(item, index % 2)
        rows = {
            "perfect": (best, None if text else points),
            "empty": (None, 0.0),
            "half-right": (given, None if share is None else round(points * share, 10)),
            "hostile": (HOSTILE[item["kind"]], 0.0),
        }
        for who, (response, earned) in rows.items():
            if response is not None:
                people[who]["responses"][item["id"]] = response
            people[who]["points"][item["id"]] = earned
    for one in people.values():
        one["total"] = round(sum(earned or 0.0 for earned in one["points"].values()), 10)
    return {"assignment": name, "participants": people}


def names():
    """Return the assignments whose tables are computed."""
    return sorted(path.stem for path in (ROOT / "assignments").glob("*.yml") if path.stem != BY_HAND)


def text_of(name):
    """Return the text of the table of the assignment *name*."""
    return json.dumps(table(name), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for each in names():
        (EXPECTED / f"{each}.json").write_text(text_of(each), encoding="utf-8")
