"""Scores: figures with the inputs and the formula they were computed from, so that they can be checked by hand."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Any, Final

import attrs
from pendulum import Date, DateTime

from coachcore.model.answers import bounded_repr
from coachcore.numbers import LAST_PLACE
from coachcore.progress.forecast import Forecast
from coachcore.progress.intervals import ShareInterval
from coachcore.progress.trend import Trend
from coachcore.progress.working_time import COMPUTED

__all__ = [
    "CONFIRMED",
    "FHIR_CODES",
    "Forecast",
    "GoalProgress",
    "HabitProgress",
    "Ignored",
    "Outcome",
    "Reading",
    "Reason",
    "Score",
    "Status",
    "figure",
]


class Status(StrEnum):
    """The status of a goal: how its attainment compares with what is expected by now, what it was when it was due, or how it was closed."""

    NOT_STARTED = "not_started"
    NO_DATA = "no_data"
    AHEAD = "ahead"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    OFF_TRACK = "off_track"
    ATTAINED = "attained"
    ATTAINED_LATE = "attained_late"
    SUSTAINING = "sustaining"
    RELAPSED = "relapsed"
    NOT_MET = "not_met"
    DECLARED_ACHIEVED = "declared_achieved"
    DROPPED = "dropped"

    @property
    def is_closed(self) -> bool:
        """Whether the goal was closed by a party, so that nothing is asked of it any more."""
        return self in (Status.DECLARED_ACHIEVED, Status.DROPPED)

    @property
    def fhir_code(self) -> str:
        """The code of FHIR's value set goal-achievement that comes nearest."""
        return FHIR_CODES[self]


FHIR_CODES: Final[dict[Status, str]] = {
    Status.NOT_STARTED: "no-progress",
    Status.NO_DATA: "no-progress",
    Status.AHEAD: "improving",
    Status.ON_TRACK: "in-progress",
    Status.BEHIND: "no-change",
    Status.OFF_TRACK: "worsening",
    Status.ATTAINED: "achieved",
    Status.ATTAINED_LATE: "achieved",
    Status.SUSTAINING: "sustaining",
    Status.RELAPSED: "worsening",
    Status.NOT_MET: "not-achieved",
    Status.DECLARED_ACHIEVED: "achieved",
    Status.DROPPED: "not-attainable",
}
"""Status -> code of http://terminology.hl7.org/CodeSystem/goal-achievement."""

CONFIRMED: Final = frozenset({Status.AHEAD, Status.ON_TRACK, Status.ATTAINED, Status.SUSTAINING})
"""The statuses that count as on track in shares of goals."""


@attrs.frozen(kw_only=True)
class Reading:
    """One recorded measurement of a goal: a value in the unit of its measure, or the milestone that was reached."""

    occurred_at: DateTime
    value: Decimal | None
    milestone_id: str | None
    event_id: str


@attrs.frozen(kw_only=True)
class Ignored:
    """A reading that does not count. why: before_start, or earlier_measure where the goal was measured otherwise then."""

    event_id: str
    why: str


@attrs.frozen(kw_only=True)
class Score:
    """A score, of at most 12 places. value: 0 to 1; raw: before clamping, below 0 where it went back and above 1 beyond the target.

    Both are None where unknown; `why` is then a code of what is missing. is_met: whether what was agreed is reached.
    formula: written with the names of the inputs; inputs: their values by name.
    """

    __repr__ = bounded_repr

    value: Decimal | None
    raw: Decimal | None = None
    is_met: bool = False
    formula: str = ""
    inputs: Mapping[str, Any] = attrs.field(factory=dict)
    why: str = ""


@attrs.frozen(kw_only=True)
class Reason:
    """The reason for a status. code: the end of a message id `progress.reason.<code>`; values: for its placeholders."""

    code: str
    values: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Outcome:
    """What a goal had come to when it was due, or dropped or declared achieved before. It is fixed: later readings do not change it."""

    status: Status
    attainment: Decimal | None
    fixed_at: DateTime


@attrs.frozen(kw_only=True)
class HabitProgress:
    """How a habit is kept. All shares are 0 to 1.

    adherence: the share of what was wanted that was done, over all periods that are over. recent_adherence: the same of the last seven
    days, or of four periods of a week and more. current_streak, best_streak: periods kept in a row; a pause or a skipped day breaks none, and the running
    period counts once it is kept. strength: see `habit_strength`. interval: Wilson's, at 95 %, of the share of periods kept.
    """

    adherence: Decimal | None
    recent_adherence: Decimal | None
    current_streak: int
    best_streak: int
    strength: float
    periods: int
    periods_kept: int
    interval: ShareInterval | None


@attrs.frozen(kw_only=True)
class GoalProgress:
    """The progress of one goal.

    attainment: 0 to 1, None while unknown. expected: the attainment expected by now, 0 to 1, None without a due day or agreed days.
    readings: how many count; ignored: those that do not. latest: the value of the last one, on the day
    last_reading_on; of several at one moment, the one that was recorded last.
    scored_at: the moment of the scores; for a closed goal, its closing. outcome: what it had come to when it was due; None before.
    habit: how a habit is kept; None of other goals. trend: how the readings of a level move; None with fewer than two, and of what is
    counted (habits, steps, what is to be avoided).
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
    outcome: Outcome | None
    readings: int
    ignored: tuple[Ignored, ...]
    latest: Decimal | None
    last_reading_on: Date | None
    weight: Decimal
    level: int | None
    habit: HabitProgress | None
    trend: Trend | None
    forecast: Forecast
    scored_at: DateTime

    @property
    def adherence(self) -> Decimal | None:
        """The share of what a habit wanted that was done, 0 to 1; None of other goals."""
        return self.habit.adherence if self.habit else None

    @property
    def current_streak(self) -> int | None:
        """How many periods in a row a habit has been kept up to now; None of other goals."""
        return self.habit.current_streak if self.habit else None

    @property
    def best_streak(self) -> int | None:
        """The most periods in a row that a habit was kept; None of other goals."""
        return self.habit.best_streak if self.habit else None


def figure(number: Decimal) -> Decimal:
    """A figure as it is kept and shown: cut to 12 places, so that what is not quite 1 does not become 1."""
    cut = number.quantize(LAST_PLACE, ROUND_DOWN, context=COMPUTED)
    return Decimal(format(cut.normalize(COMPUTED), "f")) + 0
