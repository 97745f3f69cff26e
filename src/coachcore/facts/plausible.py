"""The fastest that is plausible for a measure, and what it can show at all: bounds as data, `plausible.toml`.

They are generous on purpose: from 120 kg to 80 kg in four days is refused, what is only ambitious is not.
"""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from functools import cache
from importlib.resources import files
from typing import Any, Final

import attrs

from coachcore.numbers import COMPUTED

__all__ = ["PlausibleBound", "PlausibleRange", "amount_ratio", "change_ratio", "hours_of", "is_change", "is_in_range"]

LONGEST_WEEKS: Final = 520
"""Ten years: what grows week upon week is beyond any target by then."""


@attrs.frozen(kw_only=True)
class PlausibleBound:
    """One entry of `plausible.toml`: of a change a week, or of an amount on one day, in a unit."""

    units: frozenset[str] = attrs.field(converter=frozenset)
    direction: str | None = None
    per_week: Decimal | None = None
    per_day: Decimal | None = None
    share: Decimal | None = None
    verbs: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)
    source: str | None = None

    def furthest(self, baseline: Decimal, weeks: Decimal) -> Decimal:
        """How far a level can come from a baseline in so many weeks."""
        if self.per_week is not None:
            return self.per_week * weeks
        growth = (1 + (self.share or Decimal(0))) ** min(weeks, Decimal(LONGEST_WEEKS)) - 1
        return abs(baseline) * growth


@attrs.frozen(kw_only=True)
class PlausibleRange:
    """One entry of `plausible.toml`: what a measure in a unit can show, both ends included; None: without end."""

    units: frozenset[str] = attrs.field(converter=frozenset)
    low: Decimal | None = None
    high: Decimal | None = None
    source: str | None = None


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / "plausible.toml").read_text(encoding="utf-8"), parse_float=Decimal)


@cache
def _bounds() -> tuple[PlausibleBound, ...]:
    return tuple(PlausibleBound(**_exact(row)) for row in _table()["bound"])


@cache
def _ranges() -> tuple[PlausibleRange, ...]:
    return tuple(PlausibleRange(**_exact(row)) for row in _table()["range"])


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    return {key: Decimal(value) if isinstance(value, int) else value for key, value in row.items()}


def _bounds_of(unit: str | None) -> Iterable[PlausibleBound]:
    name = (unit or "").strip().lower()
    return (bound for bound in _bounds() if name in bound.units)


def _without_period(unit: str | None) -> str:
    """The unit of what is counted by a period: km, of "km a week"."""
    name = (unit or "").strip().lower()
    ends = [end for mark in _table()["per"] if (end := name.find(mark)) > 0]
    return name[: min(ends)] if ends else name


def change_ratio(
    unit: str | None, baseline: Decimal, target: Decimal, days: int, *, own_pace: Decimal | None = None
) -> Decimal | None:
    """How many times faster than is plausible a change is: above 1 cannot be. None where no bound is known for it.

    days: that there are for it; less than one counts as one. own_pace: what was shown to be possible, each week.
    """
    direction = "up" if target > baseline else "down"
    ratios = []
    with localcontext(COMPUTED):
        weeks = Decimal(max(days, 1)) / 7
        for bound in _bounds_of(_without_period(unit)):
            furthest = bound.furthest(baseline, weeks) if bound.direction == direction else Decimal(0)
            if furthest:
                furthest = max(furthest, (own_pace or Decimal(0)) * weeks)
                ratios.append(abs(target - baseline) / furthest)
    return max(ratios, default=None)


def amount_ratio(unit: str | None, amount: Decimal, days: int = 1) -> Decimal | None:
    """How many times more than is plausible an amount is, in so many days. None where no bound is known for it."""
    ratios = [COMPUTED.divide(amount, bound.per_day * days) for bound in _bounds_of(unit) if bound.per_day is not None]
    return max(ratios, default=None)


def is_in_range(unit: str | None, values: Iterable[Decimal]) -> bool | None:
    """Whether a measure in that unit can show all of these values. None where no range is known for it."""
    name, numbers = (unit or "").strip().lower(), list(values)
    known = [span for span in _ranges() if name in span.units] or [
        span for span in _ranges() if _without_period(unit) in span.units
    ]
    if not known:
        return None
    return all(
        (span.low is None or number >= span.low) and (span.high is None or number <= span.high)
        for span in known
        for number in numbers
    )


def hours_of(unit: str | None, amount: Decimal) -> Decimal | None:
    """An amount of time in hours; None of anything else."""
    name = (unit or "").strip().lower()
    for row in _table()["duration"]:
        if name in row["units"]:
            return COMPUTED.divide(amount, Decimal(row["in_hour"]))
    return None


def is_change(unit: str | None, verb: str | None) -> bool:
    """Whether an amount with this verb is how far something goes down: to lose 5 kg."""
    return any(verb in bound.verbs for bound in _bounds_of(unit))
