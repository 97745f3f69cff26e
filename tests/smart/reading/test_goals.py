"""Goals as clients write them, with the reading that a careful person expects: `goals_en.jsonl`, `goals_lv.jsonl`.

`expect` holds the fields that the text states, and null for what must not be read into it. `deadline_any`: every reading is right, and the
reader has to name them all.
"""

import json
from pathlib import Path

import pytest

from coachcore.smart import read

MONDAY = "2026-03-02"
GOALS = [
    pytest.param(lang, json.loads(line), id=f"{lang}{number}")
    for lang in ("en", "lv")
    for number, line in enumerate((Path(__file__).parent / f"goals_{lang}.jsonl").read_text("utf-8").splitlines(), 1)
]


@pytest.mark.parametrize(("lang", "goal"), GOALS)
def test_what_a_goal_states_is_read_and_nothing_else(lang, goal):
    draft = read(goal["text"], on=MONDAY).to_json()
    expected = dict(goal["expect"])
    days = expected.pop("deadline_any", None)

    assert draft["lang"] == lang
    assert {name: _stated(draft[name]) for name in expected} == expected
    if days is not None:
        assert "deadline" in draft["unsure"]
        assert sorted(each["deadline"] for each in draft["alternatives"]) == days


def _stated(value):
    """A value without the keys that say nothing."""
    return [{k: v for k, v in each.items() if v is not None} for each in value] if _is_quantities(value) else value


def _is_quantities(value):
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def test_there_are_sixty_goals_of_each_language_or_more():
    assert [sum(param.values[0] == lang for param in GOALS) for lang in ("en", "lv")] == [201, 174]


@pytest.mark.parametrize(("lang", "goal"), GOALS)
def test_spans_point_into_the_text_at_what_they_state(lang, goal):
    draft = read(goal["text"], on=MONDAY)

    for span in draft.spans:
        assert 0 <= span.start < span.end <= len(goal["text"])
    for field in ("object", "condition", "place", "deadline_event"):
        span = draft.span(field)
        assert getattr(draft, field) == (span and goal["text"][span.start : span.end])
