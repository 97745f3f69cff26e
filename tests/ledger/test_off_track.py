"""Whether a goal is off track, from reading to reading: what is counted on is what each reading scores by itself."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import events as e
from coachcore.engagement.evolve import evolve
from coachcore.ledger import Ledger, ledger
from coachcore.ledger import continuation as module
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.goal_versions import off_track
from coachcore.model import (
    Agreement,
    Avoid,
    Habit,
    Measure,
    Milestone,
    Milestones,
    Reach,
    Reduce,
    StayWithin,
)
from coachcore.model.times import as_moment, day_of, last_moment
from coachcore.model.value import with_changes
from coachcore.progress import Reading, Status, readings
from coachcore.progress.course import GoalCourse
from coachcore.smart import default_rules
from tests.ledger.any_course import PARTIES, AnyCourse, later

BEGAN = as_moment("2026-03-10T07:00:00Z")
STEPS = tuple(
    Milestone(id=f"m{number}", title=f"Step {number}", due_on=f"2026-0{number + 2}-20") for number in (1, 2, 3)
)
MEASURES: tuple[Measure, ...] = (
    Habit(metric="m", times=1, per="P1D"),
    Habit(metric="m", times=2, per="P1D", share="0.9", day_starts="04:00"),
    Habit(metric="m", times=5, per="P1W", at_least=2, share="0.75"),
    Habit(metric="m", times=2, per="P1W", at_most=3, week_starts=7),
    Habit(metric="m", times=2, per="P1W", weekdays=(1, 3, 5), share="0.15"),
    Habit(metric="m", times=6, per="P1M", share="0.7"),
    Habit(metric="m", times=3, per="P10D"),
    Avoid(metric="m", allowed=1, per="P1W"),
    Avoid(metric="m", allowed=4),
    Reach(metric="m", unit="u", baseline=0, target=10),
    Reach(metric="m", unit="pages", baseline=0, target=40),
    Reduce(metric="m", unit="u", baseline=5, target=1, per_day="mean"),
    StayWithin(metric="m", unit="u", low=1, high=3, share="0.8"),
    Milestones(steps=STEPS),
)
DO = st.sampled_from(
    [
        *(["run"] * 7),
        *("read", "late", "late", "same moment", "correct", "retract", "erase"),
        *("pause", "resume", "pause goal", "resume goal", "skip"),
    ]
)
NOW_AND_THEN = st.sampled_from([*["do"] * 10, "revise", "move"])


def _reading(draw: st.DrawFn, measure: Measure, *, nothing: bool = False) -> e.ProgressRecorded:
    if isinstance(measure, Milestones):
        return e.ProgressRecorded(goal_id="g", milestone_id=draw(st.sampled_from([step.id for step in STEPS])))
    return e.ProgressRecorded(goal_id="g", value=Decimal(0 if nothing else draw(st.sampled_from([1, 1, 2, 3, 7]))))


def _step(draw: st.DrawFn, course: AnyCourse) -> None:
    """One more thing that happens, some hours or days later, or at the last moment of a day."""
    course.now = later(course.now, hours=draw(st.sampled_from([1, 12, 24, 24, 30, 72, 170])))
    goal = course.state.goals["g"]
    measure = goal.measure
    assert measure is not None
    zone = course.state.agreement.zone
    if draw(st.integers(0, 9)) == 0:
        course.now = last_moment(day_of(course.now, zone), zone)
    done = [event for event in course.events if isinstance(event.content, e.ProgressRecorded)]
    change = draw(NOW_AND_THEN)
    if change == "revise":
        due_on = draw(st.sampled_from([None, day_of(later(course.now, days=20), zone)]))
        same = [other for other in MEASURES if type(other) is type(measure)]
        revised = draw(st.sampled_from(draw(st.sampled_from([same, MEASURES]))))
        factor = draw(st.sampled_from([None, Decimal(2)]))
        course.is_recorded(
            e.GoalRevised(goal_id="g", reason="R", measure=revised, due_on=due_on, readings_factor=factor), "client"
        )
        return
    if change == "move":
        moved_to = draw(st.sampled_from(["Europe/Riga", "America/Los_Angeles", "Pacific/Auckland"]))
        course.is_recorded(
            e.AgreementAmended(agreement=with_changes(course.state.agreement, zone=moved_to), reason="Moved"), "coach"
        )
        course.is_recorded(e.AgreementAccepted(), "client")
        return
    kind = draw(DO)
    if kind == "pause":
        course.is_recorded(e.EngagementPaused(reason="Away"), "coach")
    elif kind == "resume":
        course.is_recorded(e.EngagementResumed(), "coach")
    elif kind == "pause goal":
        course.is_recorded(e.GoalPaused(goal_id="g", reason="Ill"), "client")
    elif kind == "resume goal":
        course.is_recorded(e.GoalResumed(goal_id="g"), "client")
    elif kind == "skip":
        course.is_recorded(e.DaySkipped(goal_id="g", on=day_of(course.now, zone), reason="R"), "client")
    elif kind == "late":
        before = later(course.now, hours=-draw(st.sampled_from([3, 30, 300])))
        course.is_recorded(_reading(draw, measure), "client", max(before, later(BEGAN, hours=1)))
    elif kind == "run":
        _run(draw, course, measure)
    elif kind in ("read", "same moment") or not done:
        course.is_recorded(_reading(draw, measure), "client")
        if kind == "same moment":
            course.is_recorded(_reading(draw, measure), "client")
    else:
        event = draw(st.sampled_from(done))
        if kind == "erase":
            course.is_recorded(e.ContentErased(entry_ids=(event.id,), reason="R"), "client")
        else:
            replacement = _reading(draw, measure) if kind == "correct" else None
            course.is_recorded(e.EntryCorrected(entry_id=event.id, reason="R", replacement=replacement), "client")


def _run(draw: st.DrawFn, course: AnyCourse, measure: Measure) -> None:
    """The same reading again and again, as where a goal is well on its way, and then one of nothing."""
    for reading in (_reading(draw, measure), _reading(draw, measure, nothing=True)):
        for _ in range(draw(st.integers(1, 20))):
            course.is_recorded(reading, "client")
            course.now = later(course.now, hours=24)


def turns_by_each_reading(course: AnyCourse, index: EventIndex) -> list[str]:
    """The readings with which the goal came off track, each scored from nothing, with the readings up to it."""
    all_readings = {reading.event_id: reading for reading in readings(index.history, "g")}
    up_to_then: list[Reading] = []
    turns, was_off_track, state = [], False, None
    for event in index.history.effective:
        state = evolve(state, event)
        if event.id not in all_readings:
            continue
        up_to_then.append(all_readings[event.id])
        if state is None or "g" not in state.goals:
            continue
        alone = GoalCourse(index.timeline, state.goals["g"], tuple(up_to_then))
        status, _ = alone.status(alone.standing(event.occurred_at))
        if status is Status.OFF_TRACK and not was_off_track:
            turns.append(event.id)
        was_off_track = status is Status.OFF_TRACK
    return turns


@settings(max_examples=30)
@given(data=st.data())
def test_what_is_counted_on_is_what_each_reading_scores_by_itself(data: st.DataObject) -> None:
    draw: Any = data.draw
    course = AnyCourse(Agreement(title="T", parties=PARTIES, zone="Europe/Riga"), BEGAN)
    measure = draw(st.sampled_from(MEASURES))
    days = [None, "2026-08-01"] if isinstance(measure, Milestones) else [None, "2026-05-01", "2026-08-01"]
    goal = e.GoalSet(goal_id="g", title="A goal", measure=measure, due_on=draw(st.sampled_from(days)))
    course.record(goal, "client")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEPT_FROM", 0)
        earlier: Ledger | None = None
        for number in range(draw(st.integers(1, 12))):
            _step(draw, course)
            if number % 4 == 0:
                earlier = ledger(course.charter, course.history(course.now), earlier=earlier)
        history = course.history(course.now)
        assert ledger(course.charter, history, earlier=earlier) == ledger(course.charter, history)
    index = EventIndex(history, default_rules())
    assert [event.id for event in off_track(index.goals[0], index)] == turns_by_each_reading(course, index)
