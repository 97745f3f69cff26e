"""The strength of a habit: how far it has become one, from the days it was kept."""

from math import sqrt
from typing import Final

from coachcore.numbers import NumberLike, scalar_kind
from coachcore.progress.samples import Sample, elements, positive, sample

__all__ = ["habit_strength", "strength_after"]

HALF_LIFE: Final = 13.0
"""Days kept without a break that bring a daily habit to 0.5; without any it loses a half in as many."""


def habit_strength(marks: Sample, frequency: NumberLike) -> float:
    """The strength of a habit, 0 to 1: it rises with each day kept and falls with each missed, the more the newer the day.

    marks: 0 or 1 for each day, also as False and True, or the share of the day that was kept, oldest first; none gives
    0. frequency: how many times a day it is wanted, above 0: 1 daily, 3/7 three times a week.
    s' = s m + mark (1 - m), with m = 0.5 ** (sqrt(frequency) / 13). Raises NotValid on other input.
    Source: the score of Loop Habit Tracker (its `Score.kt`).
    """
    often = positive(frequency, "frequency")
    strength = 0.0
    numbers = [int(mark) if _is_yes_or_no(mark) else mark for mark in elements(marks, "marks")]
    for mark in sample(numbers, "marks"):
        strength = strength_after(strength, min(max(mark, 0.0), 1.0), 1, often)
    return strength


def _is_yes_or_no(mark: object) -> bool:
    return isinstance(mark, bool) or scalar_kind(mark) == "b"


def strength_after(strength: float, mark: float, days: int, frequency: float) -> float:
    """The strength after one more period. mark: the share of it that was kept. days: its length. frequency: times a day."""
    rest: float = 0.5 ** (sqrt(frequency) / HALF_LIFE * days)
    return strength * rest + mark * (1 - rest)
