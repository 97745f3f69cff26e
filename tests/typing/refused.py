"""What the type checkers have to refuse: each line that ends with the mark, and no other."""

import coachcore
from coachcore import Agreement, Habit, Party, Reach
from coachcore.events import GoalRevised, GoalSet, MotivationRated, SessionScheduled
from coachcore.hooks import Pending, Stored

Reach(metric="distance", unit="km", baseline=None, target=1)  # refused
Reach(metric="distance", unit="km", baseline=[], target=1)  # refused
Reach(metric="distance", unit="km", baseline=0)  # refused
Reach("distance", "km", 0, 10)  # refused
MotivationRated(rating="7")  # refused
GoalSet(goal_id="g", title="Run", due_on=5)  # refused
GoalSet(goal_id="g", title="Run", due="2026-05-01")  # refused
GoalSet(goal_id="g", title=None)  # refused
SessionScheduled(session_id="s")  # refused
Habit(metric="runs", times=3, per=7)  # refused
Agreement(title="Running again", parties=Party(id="ilze", name="Ilze", role="coach"))  # refused
Party(id="ilze", name="Ilze", role=1)  # refused

goal = GoalSet(goal_id="g", title="Run")
goal.title = "Walk"  # refused
goal.due_on = None  # refused
print(goal.due_on.year)  # refused

practice = coachcore.open()


@practice.before(GoalSet, GoalRevised)  # refused
def of_one_of_two(pending: Pending[GoalSet]) -> None: ...


@practice.after(GoalSet)  # refused
def of_another(stored: Stored[GoalRevised]) -> None: ...


@practice.before(GoalSet)  # refused
def returning_a_number(pending: Pending[GoalSet]) -> int:
    return 1


@practice.before(GoalSet)  # refused
async def never_awaited(pending: Pending[GoalSet]) -> None: ...


@practice.after(GoalSet, reader="sponsor")  # refused
def of_what_a_sponsor_may_not_read(stored: Stored[GoalSet]) -> None: ...


async def with_tasks(agreement: Agreement) -> None:
    practice = await coachcore.open_async()
    with practice.unit():  # refused
        pass
    print(practice.propose(agreement).client)  # refused
    eng = await practice.load("one")
    await eng.client.set_goal(title=5)  # refused
    await eng.client.set_goal("Run", due="2026-05-01")  # refused
