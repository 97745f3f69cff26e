"""Scores of an engagement as a whole: Goal Attainment Scaling with its change, and how many due actions were done."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.events import GoalScored
from coachcore.facts.engagement import FactsOverTime
from coachcore.model.parties import Role
from coachcore.numbers import decimal_of
from coachcore.progress.gas import gas_t_score
from coachcore.progress.scores import figure
from coachcore.progress.working_time import COMPUTED

__all__ = ["ActionsDone", "GasScore", "actions_done", "gas_score", "levels_by_goal"]

Levels = Mapping[str, Sequence[tuple[Role, int]]]
"""Of each goal the levels it was given, in order of occurrence, each with the role that gave it."""


@attrs.frozen(kw_only=True)
class GasScore:
    """Goal Attainment Scaling of several goals, by their weights.

    t: the T-score of the last level of each goal, 50 as expected.
    goals: how many it is of. baseline: the T-score of the first level of each goal that was scored more than once by
    whoever scored it last; achieved: of the last level of the same goals; compared: how many these are. change:
    achieved - baseline. All three are None while no goal was scored twice.
    """

    t: Decimal
    goals: int
    baseline: Decimal | None = None
    achieved: Decimal | None = None
    compared: int = 0

    @property
    def change(self) -> Decimal | None:
        """By how many points the goals that were scored more than once have moved."""
        if self.baseline is None or self.achieved is None:
            return None
        return COMPUTED.subtract(self.achieved, self.baseline)


@attrs.frozen(kw_only=True)
class ActionsDone:
    """The clients' actions that were due. due: how many due days have ended, or had their action done early.

    on_time, late: of how many the action was done by the day, or after it. A day to which an action was moved in time
    takes the place of the day before; an action dropped after its day was due and not done.
    """

    due: int
    on_time: int
    late: int

    @property
    def share_on_time(self) -> Decimal | None:
        """on_time / due, 0 to 1; None where nothing was due."""
        return self._share(self.on_time)

    @property
    def share_done(self) -> Decimal | None:
        """(on_time + late) / due, 0 to 1; None where nothing was due."""
        return self._share(self.on_time + self.late)

    def _share(self, count: int) -> Decimal | None:
        return figure(COMPUTED.divide(Decimal(count), Decimal(self.due))) if self.due else None


def levels_by_goal(history: History) -> dict[str, list[tuple[Role, int]]]:
    """Of each goal the levels it was given, in order of occurrence, each with the role that gave it."""
    levels: dict[str, list[tuple[Role, int]]] = {}
    for event in history.of_types(GoalScored):
        if isinstance(event.content, GoalScored):
            levels.setdefault(event.content.goal_id, []).append((event.actor.role, event.content.level))
    return levels


def gas_score(goals: Sequence[Goal], levels: Levels, role: Role | None = None) -> GasScore | None:
    """Goal Attainment Scaling of goals, by the levels that one role gave, or anybody; None where none has a level.

    Of anybody's, the change is that of whoever gave the last one: how two raters differ is no change.
    """
    rated = [(goal.weight, own) for goal in goals if (own := _given_by(levels.get(goal.id, ()), role))]
    if not rated:
        return None
    twice = [(weight, own) for weight, own in rated if len(own) > 1]
    return GasScore(
        t=_t_score([(weight, own[-1]) for weight, own in rated]),
        goals=len(rated),
        baseline=_t_score([(weight, own[0]) for weight, own in twice]) if twice else None,
        achieved=_t_score([(weight, own[-1]) for weight, own in twice]) if twice else None,
        compared=len(twice),
    )


def _given_by(levels: Sequence[tuple[Role, int]], role: Role | None) -> list[int]:
    """The levels that a role gave, or, of no role, whoever gave the last one."""
    rater = role or (levels[-1][0] if levels else None)
    return [level for by, level in levels if by is rater]


def _t_score(weighted: Sequence[tuple[Decimal, int]]) -> Decimal:
    return decimal_of(gas_t_score([level for _, level in weighted], [weight for weight, _ in weighted]))


def actions_done(facts: FactsOverTime, moment: DateTime) -> ActionsDone:
    """The clients' actions that were due at a moment."""
    due = facts.due(moment)
    on_time = sum(day.is_done_in_time for day in due)
    done = sum(day.done_at is not None and day.done_at <= moment for day in due)
    return ActionsDone(due=len(due), on_time=on_time, late=done - on_time)
