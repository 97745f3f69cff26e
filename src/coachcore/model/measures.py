"""How a goal is measured: a union of small kinds, so that a habit has a period, a reach has a target, and neither both.

Every kind has `metric` (what is measured) and `unit`; readings are decimals in that unit. Scores live in
`coachcore.progress`; here stands only what each kind is.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, get_args

from pendulum import Date

from coachcore.errors import NotValid, shown
from coachcore.model.times import DayLike, Period, PeriodLike
from coachcore.model.value import (
    Accepts,
    Ident,
    Name,
    Number,
    OptionalDay,
    OptionalNumber,
    OptionalPeriod,
    Unit,
    Whole,
    field,
    value,
)
from coachcore.numbers import WholeLike

__all__ = [
    "MEASURE_KINDS",
    "Avoid",
    "Checkpoint",
    "Counts",
    "Habit",
    "Measure",
    "Milestone",
    "Milestones",
    "PerDay",
    "Reach",
    "Reduce",
    "StayWithin",
]

Times = Accepts[Annotated[int, Whole(1, 10_000)], WholeLike]
Weekday = Annotated[int, Whole(1, 7)]
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class Counts(StrEnum):
    """Which of a goal's readings counts: the best, the latest, or all added up (12 books, a reading for each)."""

    BEST = "best"
    LATEST = "latest"
    SUM = "sum"


class PerDay(StrEnum):
    """What counts as the reading of a day that has several."""

    LAST = "last"
    MEAN = "mean"
    SUM = "sum"
    HIGHEST = "highest"
    LOWEST = "lowest"


def _clock(raw: object) -> str:
    if not isinstance(raw, str) or not CLOCK.fullmatch(raw):
        raise NotValid(
            "clock_time.invalid", f"{shown(raw)} is not a time of day", "write hours and minutes, such as 04:00"
        )
    return raw


OptionalClock = Annotated[str, _clock] | None
OptionalCounts = Accepts[Counts | None, Counts | str | None]
OptionalPerDay = Accepts[PerDay | None, PerDay | str | None]


@value
class Checkpoint:
    """What the readings should have come to on the way to a target.

    on: the day by whose end. value: in the measure's unit.
    """

    on: Accepts[Date, DayLike]
    value: Number


Checkpoints = Accepts[tuple[Checkpoint, ...], Sequence[Checkpoint]]


class _Way:
    """What `Reach` and `Reduce` share: the way from a baseline to a target, up or down."""

    __slots__ = ()
    baseline: Decimal
    target: Decimal

    @property
    def direction(self) -> int:
        """1 where the reading should rise, -1 where it should fall."""
        return 1 if self.target > self.baseline else -1

    def is_reached_by(self, reading: Decimal) -> bool:
        """Whether a reading is at the target or beyond it."""
        return reading >= self.target if self.direction > 0 else reading <= self.target


@value
class Reach(_Way):
    """A reading that should rise (or fall) from a baseline to a target; once reached it stays reached.

    baseline, target: in `unit`; they differ. The direction is the sign of `target - baseline`. The best reading counts:
    a marathon once run stays run. For a level to be brought down and kept down use `Reduce`.
    counts: `sum` where readings are added to the baseline (12 books, a reading of 1 for each), or `latest`. per_day:
    what counts of the readings of one day; all of them when omitted. every: how often it is to be read. checkpoints:
    what is agreed to be reached by when; without them the way is spread evenly over the working time.
    """

    kind: ClassVar[str] = "reach"
    metric: Name
    unit: Unit
    baseline: Number
    target: Number
    counts: OptionalCounts = field(default=None)
    per_day: OptionalPerDay = field(default=None)
    every: OptionalPeriod = field(default=None)
    checkpoints: Checkpoints = field(default=())

    def __attrs_post_init__(self) -> None:
        _check_checkpoints(self.checkpoints)
        if self.baseline == self.target:
            raise NotValid(
                "measure_target.conflict",
                f"baseline and target are both {self.target}",
                "set a target apart from the baseline, or use stay_within to hold a level",
                path="target",
            )


@value
class Reduce(_Way):
    """A level to be brought down from a baseline to a target and kept there; the latest reading counts, so relapses show.

    baseline, target: in `unit`; the target is lower. counts, per_day, every, checkpoints: as those of `Reach`.
    """

    kind: ClassVar[str] = "reduce"
    metric: Name
    unit: Unit
    baseline: Number
    target: Number
    counts: OptionalCounts = field(default=None)
    per_day: OptionalPerDay = field(default=None)
    every: OptionalPeriod = field(default=None)
    checkpoints: Checkpoints = field(default=())

    def __attrs_post_init__(self) -> None:
        _check_checkpoints(self.checkpoints)
        if self.target >= self.baseline:
            raise NotValid(
                "measure_target.out_of_range",
                f"target {self.target} is not below the baseline {self.baseline}",
                "use reach for a reading that should rise",
                path="target",
            )


@value
class StayWithin:
    """A reading to be held between two bounds, both included; either may be open, not both.

    low, high: in `unit`. share: the share of readings that should be within, above 0 up to 1. per_day, every: as those
    of `Reach`.
    """

    kind: ClassVar[str] = "stay_within"
    metric: Name
    unit: Unit
    low: OptionalNumber = field(default=None)
    high: OptionalNumber = field(default=None)
    share: Number = field(default=Decimal(1))
    per_day: OptionalPerDay = field(default=None)
    every: OptionalPeriod = field(default=None)

    def __attrs_post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise NotValid(
                "measure_bounds.missing", "neither low nor high is set", "set at least one bound", path="low"
            )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise NotValid(
                "measure_bounds.conflict", f"low {self.low} is above high {self.high}", "swap the bounds", path="low"
            )
        _check_share(self.share)


@value
class Avoid:
    """Something that should not happen, or at most `allowed` times in each `per` (in the whole span when omitted).

    Each reading is how many times it happened since the one before; none means that it did not happen. week_starts,
    day_starts: as those of `Habit`.
    """

    kind: ClassVar[str] = "avoid"
    metric: Name
    unit: Unit = "times"
    allowed: Number = field(default=Decimal(0))
    per: OptionalPeriod = field(default=None)
    week_starts: Accepts[Weekday, WholeLike] = field(default=1)
    day_starts: OptionalClock = None

    def __attrs_post_init__(self) -> None:
        if self.allowed < 0:
            raise NotValid("number.negative", f"{self.allowed} is negative", "use 0 or more", path="allowed")


@value
class Habit:
    """Something to do `times` in each `per`.

    at_least: how much counts as once, in `unit`: the local days whose readings add up to it are counted (10,000 steps
    on 5 days a week). Without it each reading is itself a number of times. share: the share of what is wanted that is
    enough.
    at_most: the upper end of a range (2 to 3 times: times=2, at_most=3); more than that counts as missed as much as
    less would.
    weekdays: the days it is to be done on, 1 (Monday) to 7; any when omitted. clock: the time of day it is planned for,
    such as 07:30. Weeks, months and years are those of the calendar. week_starts: the first day of a week, 1 (Monday)
    to 7. day_starts: when a day begins, such as 04:00 where what is done after midnight belongs to the day before.
    """

    kind: ClassVar[str] = "habit"
    metric: Name
    times: Times
    per: Accepts[Period, PeriodLike]
    unit: Unit = "times"
    at_least: OptionalNumber = field(default=None)
    share: Number = field(default=Decimal("0.8"))
    at_most: Accepts[Annotated[int, Whole(1, 10_000)] | None, WholeLike | None] = field(default=None)
    weekdays: Accepts[tuple[Weekday, ...], Sequence[WholeLike]] = field(default=())
    clock: OptionalClock = None
    week_starts: Accepts[Weekday, WholeLike] = field(default=1)
    day_starts: OptionalClock = None

    def __attrs_post_init__(self) -> None:
        if self.at_most is not None and self.at_most < self.times:
            raise NotValid(
                "measure_times.conflict",
                f"at most {self.at_most}, but {self.times} times",
                "swap the two",
                path="at_most",
            )
        if len(set(self.weekdays)) < len(self.weekdays):
            raise NotValid("weekday.duplicate", "a day of the week stands twice", "name each once", path="weekdays")
        if self.at_least is not None and self.at_least <= 0:
            raise NotValid("number.not_positive", f"{self.at_least} is not above 0", "use more than 0", path="at_least")
        if self.per.approximate_days < 1:
            raise NotValid(
                "measure_period.out_of_range", f"a period of {self.per}", "use a day (P1D) or longer", path="per"
            )
        if self.at_least is not None and self.times > self.per.approximate_days:
            raise NotValid(
                "measure_times.out_of_range",
                f"{self.times} days in each {self.per}",
                "a day counts once; leave at_least out to count readings",
                path="times",
            )
        _check_share(self.share)


@value
class Milestone:
    """One step of a goal. weight: its part of the whole, relative to the others. due_on: the day it is due, if any."""

    id: Ident
    title: Name
    weight: Number = field(default=Decimal(1))
    due_on: OptionalDay = field(default=None)

    def __attrs_post_init__(self) -> None:
        if self.weight <= 0:
            raise NotValid("number.not_positive", f"{self.weight} is not above 0", "use more than 0", path="weight")


@value
class Milestones:
    """A goal reached step by step. steps: one or more, ids unique; progress names the step that was reached."""

    kind: ClassVar[str] = "milestones"
    steps: Accepts[tuple[Milestone, ...], Sequence[Milestone]]

    def __attrs_post_init__(self) -> None:
        if not self.steps:
            raise NotValid("measure_steps.missing", "there are no steps", "name at least one", path="steps")
        ids = [each.id for each in self.steps]
        if len(set(ids)) < len(ids):
            raise NotValid("measure_step.duplicate", "two steps have one id", "give each step its own id", path="steps")


def _check_checkpoints(checkpoints: Sequence[Checkpoint]) -> None:
    days = [checkpoint.on for checkpoint in checkpoints]
    if days != sorted(set(days)):
        hint = "list them by day, each day once"
        raise NotValid(
            "checkpoints.conflict", "the checkpoints are not in order of their days", hint, path="checkpoints"
        )


def _check_share(share: Decimal) -> None:
    if not 0 < share <= 1:
        raise NotValid(
            "share.out_of_range", f"{share} is not a share", "give a number above 0, at most 1", path="share"
        )


Measure = Reach | Reduce | StayWithin | Avoid | Habit | Milestones
"""Any way to measure a goal."""

MEASURE_KINDS: dict[str, type[Measure]] = {each.kind: each for each in get_args(Measure)}
"""The kinds by the name that stands in JSON under `kind`."""
