"""Agreements that ask for SMART goals, and the review that every version of a goal has as of its moment."""

from typing import Any

import pendulum
import pytest

import coachcore
from coachcore import (
    Agreement,
    Engagement,
    Habit,
    Milestone,
    Milestones,
    Party,
    Reach,
    Reduce,
    Refused,
    Role,
    examples,
)
from coachcore.ledger.checks import _is_smart
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.goal_versions import goal_versions
from coachcore.practice import open_practice
from coachcore.smart import reviewed_versions

WHOLE: dict[str, Any] = {
    "title": "Lead the weekly meeting myself",
    "why": "I want the team to hear it from me",
    "measure": Reach(metric="meetings led", unit="meetings", baseline=0, target=8),
    "due_on": "2026-05-29",
}


def begun(*, goals_must_be_smart: bool = True) -> Engagement:
    now = {"now": pendulum.datetime(2026, 3, 2, 9)}

    def clock() -> pendulum.DateTime:
        now["now"] = now["now"].add(minutes=1)
        return now["now"]

    eng = coachcore.open(clock=clock).propose(
        Agreement(
            title="Leading",
            ends_on="2026-06-30",
            goals_must_be_smart=goals_must_be_smart,
            parties=(Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT)),
        )
    )
    eng.coach.accept(), eng.client.accept(), eng.coach.start()
    return eng


def test_a_goal_with_an_error_is_refused_with_its_findings_and_what_would_fix_them() -> None:
    eng = begun()
    with pytest.raises(Refused) as caught:
        eng.client.set_goal("Lead the weekly meeting myself", goal_id="g", due_on="2026-07-15")
    error = caught.value
    assert error.code == "goal_error.not_allowed"
    assert {finding["rule_id"] for finding in error.data["findings"]} == {
        "smart.measurable.has_measure",
        "smart.relevant.says_why",
        "smart.time_bound.within_engagement",
    }
    assert "It is due after the engagement ends" in error.message
    assert "Write down why it matters" in error.hint
    assert not eng.state().goals


def test_what_is_not_known_and_what_only_warns_refuses_no_goal() -> None:
    eng = begun()
    goal = eng.client.set_goal(**WHOLE)  # neither its confidence nor its control is known
    assert goal.id in eng.state().goals
    assert eng.client.set_goal(**{**WHOLE, "confidence": 2}).confidence == 2


def test_an_agreement_that_does_not_ask_for_it_takes_any_goal() -> None:
    assert begun(goals_must_be_smart=False).client.set_goal("Meetings")


def test_what_the_coach_proposes_is_asked_when_it_is_accepted() -> None:
    eng = begun()
    eng.coach.set_goal(**{**WHOLE, "why": None}, goal_id="g")
    with pytest.raises(Refused) as caught:
        eng.client.accept_goal("g")
    assert caught.value.code == "goal_error.not_allowed"
    eng.coach.revise_goal("g", "It matters", why="The team should hear it from Ben")
    eng.client.accept_goal("g")
    assert eng.state().goals["g"].accepted_at is not None


def test_a_revision_or_a_correction_brings_no_new_error_and_may_leave_one_that_was_there() -> None:
    eng = begun()
    eng.client.set_goal(**WHOLE, goal_id="g")
    with pytest.raises(Refused, match="It is due after the engagement ends"):
        eng.client.revise_goal("g", "Later", due_on="2026-08-01")
    event = next(event for event in eng.recorded() if event.type == "GoalSet")
    with pytest.raises(Refused, match="fewer than three words"):
        eng.client.correct_entry(
            event.id, "Typo", replacement=coachcore.events.GoalSet(**{**WHOLE, "title": "Meet"}, goal_id="g")
        )
    eng.client.revise_goal("g", "Sooner", due_on="2026-05-01")

    eng = begun(goals_must_be_smart=False)
    eng.client.set_goal("Meetings", goal_id="g")
    agreement = coachcore.model.value.with_changes(eng.state().agreement, goals_must_be_smart=True)
    eng.coach.amend(agreement, "Goals worth signing")
    eng.coach.accept(), eng.client.accept()
    eng.client.revise_goal("g", "One thing at a time", why="I want the team to hear it from me")
    assert eng.state().goals["g"].why


@pytest.mark.parametrize(
    ("changes", "rule_ids"),
    [
        ({"title": "Become a better leader of meetings", "measure": None}, {
            "smart.measurable.has_measure", "smart.text.specific.deed_not_state", "smart.text.specific.better_says_how",
            "smart.text.measurable.change_has_amount",
        }),
        ({"title": "Exercise three times a week", "measure": Habit(metric="exercise", times=3, per="P1W")}, {
            "smart.text.specific.names_a_thing",
        }),
        ({"title": "Walk briskly three times a week", "measure": Habit(metric="walks", times=3, per="P1W")}, set()),
        ({"title": "Lose 40 kg by Friday", "due_on": "2026-03-06", "measure": Milestones(steps=(Milestone(id="a", title="Done"),))}, {
            "smart.text.achievable.pace_is_plausible",
        }),
        ({"title": "Weigh 80 kg by Friday", "due_on": "2026-03-06", "measure": Reduce(metric="weight", unit="kg", baseline=120, target=80)}, {
            "smart.achievable.pace_is_plausible",
        }),
    ],
)  # fmt: skip
def test_its_wording_is_asked_too_and_nothing_twice(changes: dict[str, Any], rule_ids: set[str]) -> None:
    eng, goal = begun(), {**WHOLE, **changes}
    if not rule_ids:
        assert eng.client.set_goal(**goal)
        return
    with pytest.raises(Refused) as caught:
        eng.client.set_goal(**goal)
    findings = caught.value.data["findings"]
    assert {finding["rule_id"] for finding in findings} == rule_ids
    assert all(finding["title"] and finding["advice"] for finding in findings)


def test_a_goal_from_a_text_is_asked_for_the_same() -> None:
    eng = begun()
    text = "Lead 8 team meetings by 1 May 2026"
    with pytest.raises(Refused, match="no reason"):
        eng.client.set_goal_from_text(text, confirm=lambda draft: draft)
    reason = "The team should hear it from me"
    assert eng.client.set_goal_from_text(text, why=reason, confirm=lambda draft: draft).why == reason
    with_reason = f"{text} because the team should hear it from me"
    assert eng.client.set_goal_from_text(with_reason, confirm=lambda draft: draft).why == with_reason[len(text) + 1 :]
    assert eng.client.set_goal_from_text(with_reason, why=reason, confirm=lambda draft: draft).why == reason


def test_every_version_of_a_goal_has_its_review_as_of_its_moment() -> None:
    eng = begun(goals_must_be_smart=False)
    eng.client.set_goal("Lead the weekly meeting myself", goal_id="g")
    eng.client.revise_goal("g", "Whole", **{name: value for name, value in WHOLE.items() if name != "title"})
    eng.client.revise_goal("g", "Later", due_on="2026-08-01")
    versions = reviewed_versions(eng.snapshot().history, "g")
    assert [version.review.is_smart for version in versions] == [False, True, False]
    assert [str(version.goal.due_on) for version in versions] == ["None", "2026-05-29", "2026-08-01"]
    with pytest.raises(coachcore.NotFound):
        reviewed_versions(eng.snapshot().history, "h")


@pytest.mark.parametrize("name", examples.NAMES)
def test_the_duties_of_the_ledger_go_by_the_same_verdicts(name: str) -> None:
    with open_practice(":memory:") as practice:
        snapshot = examples.load(name, practice).snapshot()
    index = EventIndex(snapshot.history, snapshot.rules)
    verdicts = []
    for goal_id in snapshot.state.goals:
        reviews = {
            version.event_id: version.review.is_smart for version in reviewed_versions(snapshot.history, goal_id)
        }
        by_ledger = {event.id: _is_smart(event, goal)(index) for event, goal in goal_versions(goal_id)(index)}
        assert reviews == by_ledger
        verdicts += reviews.values()
    assert True in verdicts
