"""Properties 1 and 2 of a fair ledger over every act that a role may record, each as of now or dated back.

`test_properties_of_powers` has what is said of obligations, over time. Here one side alone enters whatever it likes, and is asked at once
what came of it: a miss of its own is still one, or was met late, or in time by what was entered in its window; and the other side has not
missed, nor lost, anything that it could not read before.
"""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore import events as e
from coachcore.events import COMMANDS, Content
from coachcore.ledger import Obligation
from coachcore.model import Agreement, Party, Role
from coachcore.testing.strategies import commands
from tests.ledger.any_course import (
    BEGINNINGS,
    FEW,
    GROUP,
    PARTIES,
    SPEECH_ACTS,
    AnyCourse,
    check_for_long,
    courses,
    go_on,
)
from tests.ledger.test_any_history import later

OF_BOTH = frozenset(
    {
        e.ActionAccepted,
        e.AgreementAccepted,
        e.CorrectionConfirmed,
        e.GoalAccepted,
        e.HandoverAccepted,
        e.PauseConfirmed,
        e.ResolutionAccepted,
        e.SessionMoveAgreed,
    }
)
"""To accept what the other side proposed is no act of one side alone."""
WHERE_EXCEPTED = frozenset({e.EvidenceContested})
"""One may contest what was entered against oneself."""
ALONE = tuple(kind for kind in COMMANDS.values() if kind not in OF_BOTH | WHERE_EXCEPTED)
ABOUT_WHAT_IS_OWED = (
    e.ActionDone,
    e.ActionDropped,
    e.ActionPlanned,
    e.ActionRescheduled,
    e.EngagementCompleted,
    e.EngagementTerminated,
    e.EntryCorrected,
    e.GoalRevised,
    e.GoalSet,
    e.MotivationRated,
    e.SessionCancelled,
    e.SessionHeld,
    e.SessionMissed,
    e.SessionMoved,
    e.SessionScheduled,
)
"""Acts that open obligations, move their days or close them: tried as often as all the rest together."""
MET = ("met", "met_late")


def record_alone(draw: st.DrawFn, course: AnyCourse, party: Party) -> None:
    """Let one party record some acts, each as of now or of a moment before."""
    for _ in range(draw(st.integers(1, 2))):
        ids = sorted(obligation.id for obligation in course.ledger_now.obligations)
        kinds = draw(st.sampled_from([ALONE, ABOUT_WHAT_IS_OWED]))
        content: Content = draw(commands(course.state, *kinds, by=party, obligations=ids))
        hours = draw(st.sampled_from([0, 1, 30, 100, 300, 600, 900]))
        is_dated_back = hours and type(content) not in SPEECH_ACTS
        course.is_recorded(
            content, party.id, max(later(course.now, hours=-hours), course.began_at) if is_dated_back else None
        )


def obligations_at(course: AnyCourse, as_of: DateTime) -> Mapping[str, Obligation]:
    return {obligation.id: obligation for obligation in course.ledger(as_of).obligations}


@FEW
@given(data=st.data())
def test_no_act_of_ones_own_takes_back_a_miss_or_makes_the_other_side_miss_anything(data: st.DataObject) -> None:
    """Properties 1 and 2: whatever one side alone records, and as of whatever day."""
    course = data.draw(courses(late=data.draw(st.booleans()), ends=data.draw(st.booleans())))
    party = data.draw(st.sampled_from([party for party in PARTIES if party.role is not Role.SUPERVISOR]))
    course.now = later(course.now, hours=data.draw(st.sampled_from([1, 100, 500])))
    days = data.draw(st.sampled_from([0, 8, 25]))
    as_of = max(later(course.now, days=-days), course.began_at)
    before = obligations_at(course, as_of)
    for _ in range(10):
        alone = course.copy()
        record_alone(data.draw, alone, party)
        if alone.event_log.version > course.event_log.version:
            check_nothing_gained(before, obligations_at(alone, as_of), party, course.now)


@settings(max_examples=5)
@given(data=st.data())
def test_no_act_of_one_of_a_group_takes_back_a_miss_or_makes_anybody_else_miss_anything(data: st.DataObject) -> None:
    """Properties 1 and 2 in a group of two coaches and two clients, where a fellow client is somebody else too."""
    zone, began_at = BEGINNINGS[0]
    course = AnyCourse(Agreement(title="To run again", parties=GROUP, zone=zone), began_at)
    for _ in range(3):  # what the first of each role do, and then the others
        go_on(data.draw, course, 12, late=data.draw(st.booleans()), ends=False)
        for party in (GROUP[-1], GROUP[-2]):
            record_alone(data.draw, course, party)
    course.now = later(course.now, hours=data.draw(st.sampled_from([1, 100, 500])))
    before = obligations_at(course, course.now)
    for party in GROUP:
        for _ in range(4):
            alone = course.copy()
            record_alone(data.draw, alone, party)
            if party.role is not Role.SUPERVISOR and alone.event_log.version > course.event_log.version:
                check_nothing_gained(before, obligations_at(alone, course.now), party, course.now)


def is_others(obligation: Obligation, party: Party) -> bool:
    """Whether an obligation is of the other side, or a fellow's own; what is common to the coaches, they owe together."""
    is_fellows = obligation.party not in (None, party.id)
    return obligation.role is not party.role or is_fellows


def check_nothing_gained(
    before: Mapping[str, Obligation], after: Mapping[str, Obligation], party: Party, now: DateTime
) -> None:
    for obligation_id, obligation in before.items():
        same = after.get(obligation_id)
        state = None if same is None else same.state
        if is_others(obligation, party):
            assert state in MET or obligation.state not in MET, obligation_id
            assert state != "met_late" or obligation.state != "met", obligation_id
            assert state != "missed" or obligation.state == "missed", obligation_id
        elif obligation.state == "missed" and not obligation.is_standing:
            assert obligation.closes_at is not None
            is_in_window = later(obligation.closes_at, days=15) >= now
            assert state in ("missed", "met_late") or (state == "met" and is_in_window), obligation_id
    for obligation_id, obligation in after.items():
        if obligation_id not in before and is_others(obligation, party):
            assert obligation.state != "missed", obligation_id


@pytest.mark.soak
@pytest.mark.parametrize(
    "test",
    [
        test_no_act_of_ones_own_takes_back_a_miss_or_makes_the_other_side_miss_anything,
        test_no_act_of_one_of_a_group_takes_back_a_miss_or_makes_anybody_else_miss_anything,
    ],
)
def test_it_holds_of_many_courses(test: Callable[[], None]) -> None:
    check_for_long(test)
