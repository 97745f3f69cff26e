"""How a goal is measured: a union of small kinds, so that a habit has a period, a reach has a target, and neither both.

Every kind has `metric` (what is measured) and `unit`; readings are decimals in that unit. Scores live in
`coachcore.progress`; here stands only what each kind is.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, get_args

from coachcore.errors import NotValid
from coachcore.model.times import Period, PeriodLike
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

__all__ = ["MEASURE_KINDS", "Avoid", "Habit", "Measure", "Milestone", "Milestones", "Reach", "Reduce", "StayWithin"]

Times = Accepts[Annotated[int, Whole(1, 10_000)], WholeLike]


@value
class Reach:
    """A reading that should rise (or fall) from a baseline to a target; once reached it stays reached.

    baseline, target: in `unit`; they differ. The direction is the sign of `target - baseline`. The best reading counts:
    a marathon once run stays run. For a level to be brought down and kept down use `Reduce`.
    """

    kind: ClassVar[str] = "reach"
    metric: Name
    unit: Unit
    baseline: Number
    target: Number

    def __attrs_post_init__(self) -> None:
        if self.baseline == self.target:
            raise NotValid(
                "measure_target.conflict",
                f"baseline and target are both {self.target}",
                "set a target apart from the baseline, or use stay_within to hold a level",
                path="target",
            )


@value
class Reduce:
    """A level to be brought down from a baseline to a target and kept there; the latest reading counts, so relapses show.

    baseline, target: in `unit`; the target is lower.
    """

    kind: ClassVar[str] = "reduce"
    metric: Name
    unit: Unit
    baseline: Number
    target: Number

    def __attrs_post_init__(self) -> None:
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

    low, high: in `unit`. share: the share of readings that should be within, above 0 up to 1.
    """

    kind: ClassVar[str] = "stay_within"
    metric: Name
    unit: Unit
    low: OptionalNumber = field(default=None)
    high: OptionalNumber = field(default=None)
    share: Number = field(default=Decimal(1))

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

    Each reading is how many times it happened since the one before.
    """

    kind: ClassVar[str] = "avoid"
    metric: Name
    unit: Unit = "times"
    allowed: Number = field(default=Decimal(0))
    per: OptionalPeriod = field(default=None)

    def __attrs_post_init__(self) -> None:
        if self.allowed < 0:
            raise NotValid("number.negative", f"{self.allowed} is negative", "use 0 or more", path="allowed")


@value
class Habit:
    """Something to do `times` in each `per`.

    at_least: how much counts as once, in `unit`: the local days whose readings add up to it are counted (10,000 steps
    on 5 days a week). Without it each reading is itself a number of times. share: the share of periods to be kept.
    """

    kind: ClassVar[str] = "habit"
    metric: Name
    times: Times
    per: Accepts[Period, PeriodLike]
    unit: Unit = "times"
    at_least: OptionalNumber = field(default=None)
    share: Number = field(default=Decimal("0.8"))

    def __attrs_post_init__(self) -> None:
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


def _check_share(share: Decimal) -> None:
    if not 0 < share <= 1:
        raise NotValid(
            "share.out_of_range", f"{share} is not a share", "give a number above 0, at most 1", path="share"
        )


Measure = Reach | Reduce | StayWithin | Avoid | Habit | Milestones
"""Any way to measure a goal."""

MEASURE_KINDS: dict[str, type[Measure]] = {each.kind: each for each in get_args(Measure)}
"""The kinds by the name that stands in JSON under `kind`."""
