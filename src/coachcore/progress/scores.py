"""Scores: figures with the inputs and the formula they were computed from, so that they can be checked by hand."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
from pendulum import Date, DateTime

from coachcore.model.answers import bounded_repr

__all__ = ["Forecast", "GoalProgress", "Reading", "Reason", "Score", "Status"]


class Status(StrEnum):
    """The status of a goal: how its attainment compares with what is expected, or how it was closed."""

    NOT_STARTED = "not_started"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    ATTAINED = "attained"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"
    ACHIEVED = "achieved"
    DROPPED = "dropped"

    @property
    def is_closed(self) -> bool:
        """Whether the goal was closed, so that nothing is asked of it any more."""
        return self in (Status.ACHIEVED, Status.DROPPED)


@attrs.frozen(kw_only=True)
class Reading:
    """One recorded measurement of a goal: a value in the unit of its measure, or the milestone that was reached."""

    occurred_at: DateTime
    value: Decimal | None
    milestone_id: str | None
    event_id: str


@attrs.frozen(kw_only=True)
class Score:
    """A score. value: 0 to 1, clamped; raw: before clamping. Both are None where unknown; `why` is then a code of what is missing.

    formula: written with the names of the inputs; inputs: their values by name.
    """

    __repr__ = bounded_repr

    value: Decimal | None
    raw: Decimal | None = None
    formula: str = ""
    inputs: Mapping[str, Any] = attrs.field(factory=dict)
    why: str = ""


@attrs.frozen(kw_only=True)
class Reason:
    """The reason for a status. code: the end of a message id `progress.reason.<code>`; values: for its placeholders."""

    code: str
    values: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Forecast:
    """When the target is reached at the recorded pace. on: the day; earliest, latest: at the fastest and slowest pace.

    on is None where there is no forecast, with the reason as a code in `why`: no pace, say, or one that leads away from the target.
    """

    on: Date | None
    earliest: Date | None = None
    latest: Date | None = None
    why: str = ""


@attrs.frozen(kw_only=True)
class GoalProgress:
    """The progress of one goal.

    attainment: 0 to 1, None while unknown. expected: the attainment expected by now, 0 to 1, None without a due day.
    readings: how many there are. latest: the value of the last one. scored_at: the moment of the scores; for a closed goal, its
    closing.
    """

    __repr__ = bounded_repr

    goal_id: str
    kind: str
    status: Status
    reason: Reason
    attainment: Decimal | None
    score: Score
    expected: Decimal | None
    expected_score: Score
    readings: int
    latest: Decimal | None
    weight: Decimal
    level: int | None
    forecast: Forecast
    scored_at: DateTime
