"""A track names pages and assignments that are there, each with its minutes; what is not there is told, all at once."""

from __future__ import annotations

import pytest
import yaml

from singmuk.book import tracks
from tests.conftest import ROOT

TEXT = {"en": "A text.", "zh": "文字。"}
PAGE = "course/start/how-to-use"


def file(tmp_path, **changes):
    """Put a file of tracks with one track into *tmp_path*, with *changes* of that track, and return its folder."""
    track = {"id": "all", "title": dict(TEXT), "why": dict(TEXT), "steps": [PAGE, "before"]} | changes
    data = {"minutes": {PAGE: 6, "before": 25}, "tracks": [track]}
    (tmp_path / "course").mkdir()
    (tmp_path / tracks.FILE).write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return tmp_path


def found(root, *, pages=frozenset({PAGE}), assignments=frozenset({"before"})):
    return list(tracks.missing(tracks.read(root), set(pages), set(assignments)))


def test_a_track_whose_steps_are_there_is_good_and_its_minutes_add_up(tmp_path):
    read = tracks.read(file(tmp_path))
    assert list(tracks.missing(read, {PAGE}, {"before"})) == []
    assert read.length(read.tracks[0]) == 31


def test_everything_that_is_not_there_is_named(tmp_path):
    root = file(tmp_path, steps=[PAGE, "course/start/gone", "befor"], after="nobody")
    assert found(root) == [
        "course/tracks.yml: track 'all' comes after 'nobody', which is no track; mend the id",
        "course/tracks.yml: track 'all' names the page 'course/start/gone', which is not in _toc.yml; mend or add it",
        "course/tracks.yml: 'course/start/gone' has no minutes; add them under `minutes`",
        "course/tracks.yml: track 'all' names the assignment 'befor', which does not exist; mend the id",
        "course/tracks.yml: 'befor' has no minutes; add them under `minutes`",
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"steps": []}, "tracks[0].steps: has 0 entries, fewer than 1; add some", id="no steps"),
        pytest.param(
            {"stops": ["before"]}, "tracks[0].stops: is not a field we know; did you mean 'steps'?", id="field"
        ),
        pytest.param(
            {"why": {"en": "Alone."}}, "tracks[0].why.zh: has no text in this language; add it", id="language"
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, changes, says):
    with pytest.raises(tracks.TracksError, match=r"course/tracks\.yml:\d+: ") as fault:
        tracks.read(file(tmp_path, **changes))
    assert says in str(fault.value)


def test_a_course_without_the_file_is_told_so(tmp_path):
    with pytest.raises(tracks.TracksError, match="cannot be read"):
        tracks.read(tmp_path)


def test_the_tracks_of_this_course_lead_to_what_is_there(course):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    read = tracks.read(ROOT)
    assert list(tracks.missing(read, pages, set(course.assignments))) == []
    assert [track.id for track in read.tracks] == [
        "all-staff", "hr", "marketing", "finance", "service", "it", "managers",
    ]  # fmt: skip
    used = {step for track in read.tracks for step in track.steps}
    assert set(read.minutes) == used
