"""A goal as the client rates it, as the coach rates it, and as it is measured, side by side. All are shares, 0 to 1.

A self-assessment of 7 of 10 is 0.7. A level of Goal Attainment Scaling counts by what the levels mean: 0 is the goal as
it was agreed, so it and what is above are 1; -1 is half of the way, and -2, where goals begin, is 0.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs

from coachcore.engagement.history import History
from coachcore.events import GoalScored, SelfAssessed
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Role
from coachcore.progress.working_time import COMPUTED

__all__ = ["GoalRatings", "goal_ratings", "latest_ratings"]

SHARE_OF_LEVEL: Final[Mapping[int, Decimal]] = {-2: Decimal(0), -1: Decimal("0.5"), 0: Decimal(1)}


@attrs.frozen(kw_only=True)
class GoalRatings:
    """The progress of one goal by the client, by the coach and by its measure, each 0 to 1, or None.

    self_rated: by the client's latest self-assessment or level; coach_rated: by the coach's latest level; measured: its
    attainment.
    """

    __repr__ = bounded_repr

    goal_id: str
    self_rated: Decimal | None
    coach_rated: Decimal | None
    measured: Decimal | None

    @property
    def gap(self) -> Decimal | None:
        """How far the two that are furthest apart differ, 0 to 1; None where there are not two."""
        known = [share for share in (self.self_rated, self.coach_rated, self.measured) if share is not None]
        return COMPUTED.subtract(max(known), min(known)) if len(known) > 1 else None

    @property
    def self_gap(self) -> Decimal | None:
        """How far the client rates it above what is measured; negative where below."""
        return _difference(self.self_rated, self.measured)

    @property
    def coach_gap(self) -> Decimal | None:
        """How far the coach rates it above what is measured; negative where below."""
        return _difference(self.coach_rated, self.measured)

    @property
    def raters_gap(self) -> Decimal | None:
        """How far the client rates it above the coach; negative where below."""
        return _difference(self.self_rated, self.coach_rated)


def latest_ratings(history: History) -> dict[tuple[str, Role], Decimal]:
    """The latest rating of each goal by each role that has rated it, 0 to 1."""
    latest: dict[tuple[str, Role], Decimal] = {}
    for event in history.of_types(GoalScored, SelfAssessed):
        content = event.content
        if isinstance(content, GoalScored):
            latest[content.goal_id, event.actor.role] = SHARE_OF_LEVEL.get(content.level, Decimal(1))
        elif isinstance(content, SelfAssessed) and content.rating is not None:
            share = COMPUTED.divide(Decimal(content.rating), Decimal(10))
            latest.update(((goal_id, event.actor.role), share) for goal_id in content.goal_ids)
    return latest


def goal_ratings(goal_id: str, latest: Mapping[tuple[str, Role], Decimal], measured: Decimal | None) -> GoalRatings:
    """The ratings of one goal beside what is measured, which is None of a goal without a measure."""
    return GoalRatings(
        goal_id=goal_id,
        self_rated=latest.get((goal_id, Role.CLIENT)),
        coach_rated=latest.get((goal_id, Role.COACH)),
        measured=measured,
    )


def _difference(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or b is None else COMPUTED.subtract(a, b)
