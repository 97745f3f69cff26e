"""The fastest that is plausible for a measure, where a client has no record of their own: bounds as data, `plausible.toml`.

They are generous on purpose: from 120 kg to 80 kg in four days is refused, what is only ambitious is not.
"""

import tomllib
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

__all__ = ["PlausibleBound", "amount_ratio", "change_ratio", "is_change"]


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


@cache
def _bounds() -> tuple[PlausibleBound, ...]:
    text = (files(__package__) / "plausible.toml").read_text(encoding="utf-8")
    return tuple(PlausibleBound(**_exact(row)) for row in tomllib.loads(text, parse_float=Decimal)["bound"])


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    return {key: Decimal(value) if isinstance(value, int) else value for key, value in row.items()}


def _bounds_of(unit: str | None) -> Iterable[PlausibleBound]:
    name = (unit or "").strip().lower()
    return (bound for bound in _bounds() if name in bound.units)


def change_ratio(unit: str | None, baseline: Decimal, target: Decimal, days: int) -> Decimal | None:
    """How many times faster than is plausible a change is: above 1 cannot be. None where no bound is known for it.

    days: that there are for it; less than one counts as one.
    """
    direction = "up" if target > baseline else "down"
    ratios = []
    for bound in _bounds_of(unit):
        per_week = bound.per_week if bound.per_week is not None else (bound.share or 0) * abs(baseline)
        if bound.direction == direction and per_week:
            ratios.append(abs(target - baseline) * 7 / max(days, 1) / per_week)
    return max(ratios, default=None)


def amount_ratio(unit: str | None, amount: Decimal, days: int = 1) -> Decimal | None:
    """How many times more than is plausible an amount is, in so many days. None where no bound is known for it."""
    ratios = [amount / (bound.per_day * days) for bound in _bounds_of(unit) if bound.per_day is not None]
    return max(ratios, default=None)


def is_change(unit: str | None, verb: str | None) -> bool:
    """Whether an amount with this verb is how far something goes down: to lose 5 kg."""
    return any(verb in bound.verbs for bound in _bounds_of(unit))
