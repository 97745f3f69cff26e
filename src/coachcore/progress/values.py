"""What a score is: a figure with the inputs and the formula it came from, so that it can be checked by hand."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
from pendulum import Date, DateTime

from coachcore.model.answers import bounded_repr

__all__ = ["Forecast", "GoalProgress", "Reading", "Reason", "Score", "Status"]


class Status(StrEnum):
    """How a goal stands."""

    NOT_STARTED = "not_started"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    ATTAINED = "attained"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"
    ACHIEVED = "achieved"
    DROPPED = "dropped"


@attrs.frozen(kw_only=True)
class Reading:
    """One reading of a goal: a value in the unit of its measure, or the milestone that was reached."""

    at: DateTime
    value: Decimal | None
    milestone_id: str | None
    event_id: str


@attrs.frozen(kw_only=True)
class Score:
    """value: 0 to 1, clamped; raw: before clamping. None where unknown, and then `why` says what is missing.

    formula: in words of the inputs; inputs: their values.
    """

    __repr__ = bounded_repr

    value: Decimal | None
    raw: Decimal | None = None
    formula: str = ""
    inputs: Mapping[str, Any] = attrs.field(factory=dict)
    why: str = ""


@attrs.frozen(kw_only=True)
class Reason:
    """Why a status. code: the end of a message id `progress.reason.<code>`; values: for its placeholders."""

    code: str
    values: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Forecast:
    """When the target is reached at the recorded pace. on: the day; earliest, latest: at the fastest and slowest pace.

    None with a `why` where it cannot be told: no pace, or a pace that leads away.
    """

    on: Date | None
    earliest: Date | None = None
    latest: Date | None = None
    why: str = ""


@attrs.frozen(kw_only=True)
class GoalProgress:
    """How far one goal is.

    attainment: 0 to 1, None while unknown. expected: 0 to 1 by now, None without a due day. latest: the last number read.
    scored_at: the moment it is scored for; its closing, for a closed goal.
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
