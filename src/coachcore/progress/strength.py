"""The strength of a habit: how far it has become one, from the days it was kept."""

from collections.abc import Iterable
from math import sqrt
from typing import Final

from coachcore.numbers import NumberLike
from coachcore.progress.samples import Sample, positive, sample

__all__ = ["habit_strength", "strength_of"]

HALF_LIFE: Final = 13.0
"""Days kept without a break that bring a daily habit to 0.5; without any it loses a half in as many."""


def habit_strength(marks: Sample, frequency: NumberLike) -> float:
    """The strength of a habit, 0 to 1: it rises with each day kept and falls with each missed, the more the newer the day.

    marks: 0 or 1 for each day, or the share of the day that was kept, oldest first; none gives 0. frequency: how many times a day it is
    wanted, above 0: 1 daily, 3/7 three times a week.
    s' = s m + mark (1 - m), with m = 0.5 ** (sqrt(frequency) / 13). Raises NotValid on other input.
    Source: the score of Loop Habit Tracker (its `Score.kt`).
    """
    often = positive(frequency, "frequency")
    return strength_of(((min(max(mark, 0.0), 1.0), 1) for mark in sample(marks, "marks")), often)


def strength_of(marks: Iterable[tuple[float, int]], frequency: float) -> float:
    """The strength after periods: the share of each that was kept, and how many days it has. frequency: times a day."""
    kept_share = 0.5 ** (sqrt(frequency) / HALF_LIFE)
    strength = 0.0
    for mark, days in marks:
        rest = kept_share**days
        strength = strength * rest + mark * (1 - rest)
    return strength
