"""What constructors, role methods and hooks accept: both type checkers have to accept it, and the tests run it."""

import asyncio
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import assert_type

import numpy as np
from pendulum import Date, DateTime

import coachcore
from coachcore import (
    Agreement,
    Avoid,
    DutyTerms,
    Habit,
    Milestone,
    Milestones,
    Party,
    Period,
    Reach,
    Reduce,
    StayWithin,
)
from coachcore.engagement.state import Goal, State
from coachcore.events import (
    ActionRescheduled,
    CheckInMade,
    ConsentGiven,
    Content,
    Event,
    GoalDropped,
    GoalRevised,
    GoalSet,
    GoalWeighted,
    MessageSent,
    MotivationRated,
    ProgressRecorded,
    SessionScheduled,
)
from coachcore.hooks import AsyncHooks, AsyncPending, Pending, PendingView, Stored, StoredView
from coachcore.model import Role
from coachcore.practice import Engagement
from coachcore.practice.async_faces import AsyncEngagement, AsyncPractice
from coachcore.practice.unit import AsyncUnit, Unit
from coachcore.progress import gas_t_score

# numbers
reach = Reach(metric="distance", unit="km", baseline=0, target=10.5)
assert_type(reach.target, Decimal)
Reach(metric="distance", unit="km", baseline="0.5", target=Decimal(10))
Reduce(metric="time", unit="min", baseline=np.float64(72.5), target=np.int64(55))
StayWithin(metric="sleep", unit="h", low=np.float32(7.5), high=Fraction(17, 2), share=1)
GoalWeighted(goal_id="g", weight=2)
ProgressRecorded(goal_id="g", value=sum([7, 7, 8]) / 3)
rating = MotivationRated(rating=7.0)
assert_type(rating.rating, int)
MotivationRated(rating=np.int8(7))
MotivationRated(rating=Decimal("7.0"))
gas_t_score([1, -1.0, np.int64(2)], [1, "2.5", np.float32(0.5)], rho=0.3)

# days, moments, periods
goal = GoalSet(goal_id="g", title="Run", starts_on="2026-01-01", due_on=date(2026, 5, 1), confidence=np.float64(7))
assert_type(goal.due_on, Date | None)
assert_type(goal.confidence, int | None)
GoalRevised(goal_id="g", reason="It rained", due_on=Date(2026, 5, 1))
assert_type(ActionRescheduled(action_id="a", due_on="2026-05-01", reason="It rained").due_on, Date)
scheduled = SessionScheduled(session_id="s", starts_at="2026-02-03T10:00:00+02:00", minutes=45.0, agenda=["The week"])
assert_type(scheduled.starts_at, DateTime)
assert_type(scheduled.agenda, tuple[str, ...])
SessionScheduled(session_id="s", starts_at=datetime(2026, 2, 3, 10, tzinfo=UTC), structure="grow")
habit = Habit(metric="runs", times=3, per="P1W")
assert_type(habit.per, Period)
Habit(metric="runs", times=np.uint8(3), per=Period(days=7))
Avoid(metric="cigarettes", per="P1D")
Period(days=np.int64(7))

# sequences and enums
Milestones(steps=[Milestone(id="m", title="Begin", weight=1.5, due_on="2026-03-01")])
parties = [Party(id="ilze", name="Ilze", role="coach"), Party(id="janis", name="Jānis", role=Role.CLIENT)]
assert_type(parties[0].role, Role)
agreement = Agreement(
    title="Running again",
    parties=parties,
    language="lv",
    starts_on="2026-01-01",
    terms=[DutyTerms(duty_id="coach.feedback.constructive", every="P2W", weight=0.5)],
    sponsor_sees=deque(["goals"]),
    done_in_time_share=0.75,
)
assert_type(agreement.parties, tuple[Party, ...])
ConsentGiven(scope="recording")

# role methods
practice = coachcore.open()
eng = practice.propose(agreement)
eng.coach.accept()
eng.client.accept()
run = eng.client.set_goal("Run", measure=reach, due_on="2026-05-01", confidence=7.0)
eng.client.record_progress(run.id, np.float32(5.5))
eng.client.weight_goal(run.id, "1.5")
eng.client.rate_motivation(np.int64(8))
eng.coach.schedule_session(datetime(2026, 2, 3, 10, tzinfo=UTC), minutes=45.0, agenda=("The week",), structure="grow")


# hooks
@practice.before(GoalSet)
def first(pending: Pending[GoalSet]) -> list[MessageSent]:
    return [MessageSent(text=pending.content.title)]


@practice.before(GoalSet, GoalRevised)
def of_two(pending: Pending[GoalSet | GoalRevised]) -> None:
    assert_type(pending.content, GoalSet | GoalRevised)


@practice.after(GoalSet, GoalRevised, GoalDropped)
def of_three(stored: Stored[GoalSet | GoalRevised | GoalDropped]) -> None:
    assert_type(stored.content.goal_id, str)


@practice.after(GoalSet, GoalRevised, GoalDropped, CheckInMade)
def of_four(stored: Stored[GoalSet | GoalRevised | GoalDropped | CheckInMade]) -> None: ...


@practice.before(GoalSet, GoalRevised)
def of_any(pending: Pending[Content]) -> None: ...


practice.after(CheckInMade)(lambda stored: stored.content.text)
eng.client.set_goal("Swim")


@practice.before(GoalSet, reader="sponsor")
def as_a_sponsor(pending: PendingView) -> list[MessageSent]:
    assert_type(pending.content, Content | None)
    return []


@practice.after(GoalSet, GoalRevised, reader=Role.COACH)
def as_a_coach(stored: StoredView) -> None: ...


# asynchronous hooks
hooks = AsyncHooks()


@hooks.before(GoalSet)
async def awaited_first(pending: AsyncPending[GoalSet]) -> list[MessageSent]:
    return [MessageSent(text=pending.content.title)]


@hooks.before(GoalSet, GoalRevised)
def not_awaited(pending: AsyncPending[GoalSet | GoalRevised]) -> None: ...


@hooks.after(GoalSet, GoalRevised)
async def awaited_of_two(stored: Stored[GoalSet | GoalRevised]) -> None:
    assert_type(stored.content, GoalSet | GoalRevised)


@hooks.before(GoalSet, reader="sponsor")
async def awaited_as_a_sponsor(pending: PendingView) -> None: ...


practice.hooks.remove(of_two)
hooks.remove(awaited_first)


# asynchronous practices, units and roles
def send(unit: Unit) -> int:
    return unit.load(eng.id).client.send_message("Hello").version


assert_type(practice.in_unit(send), int)
with practice.unit() as unit:
    assert_type(unit.load(eng.id), Engagement)


async def awaited_send(unit: AsyncUnit) -> str:
    return (await (await unit.load("two")).client.send_message("Hello")).id


async def with_tasks() -> None:
    async with await coachcore.open_async() as practice:
        assert_type(practice, AsyncPractice)

        @practice.before(GoalSet)
        async def elsewhere(pending: AsyncPending[GoalSet]) -> list[MessageSent]:
            assert_type(pending.unit, AsyncUnit)
            return []

        eng = await practice.propose(agreement, engagement_id="two")
        assert_type(eng, AsyncEngagement)
        await eng.coach.accept()
        await eng.client.accept()
        assert_type(await eng.client.set_goal("Swim", due_on="2026-05-01", confidence=7.0), Goal)
        assert_type((await eng.snapshot()).state, State)
        assert_type(await practice.in_unit(awaited_send), str)
        async with eng.batch() as batch:
            assert_type(await batch.client.check_in("Here"), Event)


asyncio.run(with_tasks())
