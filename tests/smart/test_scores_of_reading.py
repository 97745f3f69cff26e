"""The scorer of the benchmark: what counts as read, as invented and as the same goal."""

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.smart_scores import (
    F1,
    dialogue_agreement,
    field_scores,
    judge_scores,
    note_scores,
    smartspan_scores,
    token_overlap,
)


def verdict(specific: bool | None, measurable: bool | None = None, confidence_stated: bool = False) -> Any:
    return SimpleNamespace(specific=specific, measurable=measurable, confidence_stated=confidence_stated)


def scores(expect: Mapping[str, Any], draft: Mapping[str, Any]) -> tuple[float, float]:
    goal = {"text": "Walk", "ref": "2026-03-02", "expect": expect}
    figures = field_scores([goal], lambda text, on: {"unsure": [], **draft}, lambda text: verdict(True))
    return figures["fields_read"], figures["fields_invented"]


def test_f1_of_known_counts() -> None:
    # three right of four read, six expected: precision 3/4, recall 3/6
    f1 = F1([(True, True)] * 3 + [(True, False)] + [(False, True)] * 3 + [(False, False)] * 5)
    assert f1.value == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))
    assert F1().value == 0


@pytest.mark.parametrize(
    ("expect", "draft", "expected"),
    [
        ({"kind": "habit"}, {"kind": "habit"}, (1, 0)),
        ({"kind": "habit", "object": "the book"}, {"kind": "deed", "object": "Book."}, (0.5, 0)),
        ({"days": [1, 3]}, {"days": [3, 1]}, (0, 0)),
        ({"confidence": 7}, {"confidence": 7.0}, (1, 0)),
        (
            {"quantity": [{"value": 5, "unit": "km"}]},
            {"quantity": [{"value": 5, "unit": "km", "role": "amount", "bound": None}]},
            (1, 0),
        ),
        (
            {"quantity": [{"value": 5, "unit": "km"}]},
            {"quantity": [{"value": 5, "unit": "km", "bound": "at_least"}]},
            (0, 0),
        ),
        (
            {"quantity": [{"value": 4, "unit": "h"}, {"value": 2, "unit": "h"}]},
            {"quantity": [{"value": 2, "unit": "h"}, {"value": 4, "unit": "h"}]},
            (1, 0),
        ),
        ({"repetition": {"times": 1, "per": "week"}}, {"repetition": {"times": 1, "per": "week", "every": 1}}, (1, 0)),
        ({"kind": "deed", "days": None}, {"kind": "deed", "days": [5]}, (1, 1)),
        ({"kind": "deed", "days": None}, {"kind": "deed", "days": None}, (1, 0)),
        ({"deadline": "2026-03-06"}, {"deadline": "2026-03-13"}, (0, 1)),
        ({"deadline": "2026-03-06"}, {"deadline": None}, (0, 0)),
        (
            {"deadline_any": ["2026-04-05", "2026-05-04"], "ambiguous": True},
            {"deadline": "2026-05-04", "unsure": ["deadline"]},
            (1, 0),
        ),
        ({"deadline_any": ["2026-04-05", "2026-05-04"], "ambiguous": True}, {"deadline": "2026-05-04"}, (0, 1)),
        ({"specific": True, "measurable": True}, {}, (0.5, 0)),
    ],
)
def test_a_field_is_read_where_it_says_the_same(
    expect: Mapping[str, Any], draft: Mapping[str, Any], expected: tuple[float, float]
) -> None:
    assert scores(expect, draft) == expected


def test_classes_of_smartspan() -> None:
    labels = [(1, 1, 1), (1, 0, 0), (0, 0, 0), (1, 1, 1)]
    notes = [
        {
            "goals": ["a", "b", "c", "d"],
            "goal_details": [dict(zip(("Specific", "Measurable", "Attainable"), row, strict=True)) for row in labels],
        }
    ]
    verdicts = {
        "a": verdict(True, True, True),
        "b": verdict(True, False),
        "c": verdict(False, False),
        "d": verdict(None, True, True),
    }
    figures = smartspan_scores(notes, verdicts.__getitem__)
    # d is read as partially: SMART 1 of 1 and 2, partially 1 of 2 and 1, not 1 of 1 and 1
    assert figures["smart_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3, abs=1e-4)
    assert figures["specific_negative_f1"] == figures["confidence_f1"] == 1


def test_an_unknown_verdict_is_no_failure() -> None:
    goals = [{"lang": "lv", "text": "a", "specific": False, "measurable": True}]
    assert judge_scores(goals, lambda text: verdict(None)) == {
        "judge_lv_specific_negative_f1": 0,
        "judge_lv_measurable_negative_f1": 0,
    }
    assert judge_scores(goals, lambda text: verdict(False))["judge_lv_specific_negative_f1"] == 1


def test_goals_of_notes_are_paired_once_by_the_words_they_share() -> None:
    assert token_overlap("Walk daily, 8/10", "walk daily") == 0.5
    found = {"new_goals": [{"text": "Walk daily."}, {"text": "walk daily"}], "reviewed_goals": []}
    expected = {"new_goals": ["Walk daily", "Read a book"], "reviewed_goals": ["Swim"]}
    close, exact = note_scores([("note", expected)], lambda note: found)
    assert close == exact == pytest.approx(2 * 1 / (2 + 3))


def test_a_goal_of_the_other_kind_is_a_miss() -> None:
    found = {"new_goals": [{"text": "Swim"}], "reviewed_goals": []}
    assert note_scores([("note", {"new_goals": [], "reviewed_goals": ["Swim"]})], lambda note: found) == (0, 0)


def test_agreement_with_tags_is_by_message() -> None:
    day = date(2026, 3, 2)
    drafts: dict[str, dict[str, Any]] = {"5 km": {"quantity": [5]}, "Monday": {"days": [1]}, "10": {}}
    empty = dict.fromkeys(("quantity", "duration_min", "days", "repetition", "confidence"))
    messages = [("5 km", "", day, ["MQDist"]), ("Monday", "", day, ["O"]), ("10", "How far?", day, ["AS"])]
    figures = dialogue_agreement(messages, lambda text, question, on: {**empty, **drafts[text]})
    assert figures["dialogue_quantity_f1"] == 1
    assert (
        figures["dialogue_days_agreement"] == figures["dialogue_confidence_agreement"] == pytest.approx(2 / 3, abs=1e-4)
    )
    assert figures["dialogue_days_f1"] == 0


def test_without_data_the_benchmark_says_where_it_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smart", "--json"]) == 2
    assert main(["smart", "--data", "/nowhere"]) == 2
    assert "--data DIR" in capsys.readouterr().err
