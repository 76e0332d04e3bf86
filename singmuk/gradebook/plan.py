"""What a course says on one assignment, ready for marking."""

from __future__ import annotations

from hashlib import sha256

from singmuk import __version__
from singmuk.gradebook.marker import Folders, Marker
from singmuk.gradebook.paper import Paper
from singmuk.gradebook.settings import GradebookError, Settings
from singmuk.grading.materials import Materials, MaterialsError, materials
from singmuk.scenario import dumps


def plan(settings: Settings, name: str) -> Marker:
    """Return the marker of the assignment *name*; raise `GradebookError` for a faulty one or stale folders."""
    folders = settings.coursedir
    try:
        found = materials(settings.root, name, source=folders.source_directory, released=folders.release_directory)
    except MaterialsError as fault:
        raise GradebookError(str(fault)) from fault
    points = {place["item"]["id"]: float(place["points"]) for place in found.release["items"]}
    return Marker(
        name=name,
        points=points,
        scenarios=found.scenarios,
        release=found.release,
        paper=Paper(found.template, found.scenarios, found.sources),
        version=_version(found, points),
        mode=0o664 if settings.coursedir.groupshared else 0o444,  # as nbgrader sets it
        folders=Folders(str(settings.folder("submitted", "\0", name)), str(settings.folder("autograded", "\0", name))),
    )


def _version(found: Materials, points: dict[str, float]) -> str:
    """Return a name for all that decides on points and on what a graded notebook shows."""
    whole = {
        "singmuk": __version__,
        "template": found.template,
        "points": points,
        "scenarios": [one.model_dump(mode="json", by_alias=True) for one in found.scenarios.values()],
        "sources": {key: source.label for key, source in found.sources.items()},
    }
    return sha256(dumps(whole).encode("utf-8")).hexdigest()
