"""Scales: sums and means of items by a key, and grades of objectives. No text of items is part of the library."""

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Literal

import attrs

from coachcore.errors import NotValid, check_type, shown
from coachcore.numbers import NumberLike, WholeLike, whole_number
from coachcore.progress.samples import Sample, elements, number, sample

__all__ = ["OkrGrade", "okr_grade", "scale_mean", "scale_score"]

MOST_ITEMS = 10_000
"""Of a scale; the longest in use have a few hundred."""
Colour = Literal["green", "yellow", "red"]


@attrs.frozen
class OkrGrade:
    """The grade of an objective. mean: of its key results, 0 to 1. colour: of the mean rounded to a tenth."""

    mean: float
    colour: Colour


def okr_grade(grades: Sample) -> OkrGrade:
    """The grade of an objective by those of its key results, each 0 to 1: green from 0.7, yellow from 0.4, red below.

    The mean is rounded to a tenth first, half up, since the bands are of tenths. Raises NotValid on other input.
    Source: Doerr (2018), Measure What Matters.
    """
    numbers = sample(grades, "grades", least=1)
    for index, grade in enumerate(numbers):
        if not 0 <= grade <= 1:
            raise NotValid("grade.out_of_range", f"{grade} is not a grade", "use 0 to 1", path=f"grades[{index}]")
    mean = fmean(numbers)
    tenths = int(mean * 10 + 0.5 + 1e-9)  # a mean of 0.65 that floats make a hair less is still half a tenth
    return OkrGrade(mean=mean, colour="green" if tenths >= 7 else "yellow" if tenths >= 4 else "red")


def scale_score(
    items: Iterable[NumberLike | None],
    key: Mapping[str, Iterable[WholeLike]],
    *,
    lowest: NumberLike = 1,
    highest: NumberLike = 5,
) -> dict[str, float | None]:
    """The sum of each subscale; None of one with a missing item.

    items: the answers in order, None where one is missing. key: subscale -> positions of its items.
    Positions count from 1; a negative one is of an item that is reversed: lowest + highest - answer.
    lowest, highest: the bounds of an answer, 1 and 5.
    Raises NotValid item.unknown of a position that no item has, item.out_of_range.
    """
    answers = _answers(items, key, lowest, highest)
    return {name: None if None in of else sum(each for each in of if each is not None) for name, of in answers.items()}


def scale_mean(
    items: Iterable[NumberLike | None],
    key: Mapping[str, Iterable[WholeLike]],
    *,
    least: WholeLike = 1,
    lowest: NumberLike = 1,
    highest: NumberLike = 5,
) -> dict[str, float | None]:
    """The mean of each subscale over the items that were answered; None where fewer than `least` were.

    The other arguments and the errors are those of `scale_score`.
    """
    try:
        fewest = whole_number(least, 1, MOST_ITEMS)
    except NotValid as error:
        raise error.under("least") from None
    means: dict[str, float | None] = {}
    for name, answers in _answers(items, key, lowest, highest).items():
        known = [answer for answer in answers if answer is not None]
        means[name] = fmean(known) if known and len(known) >= fewest else None
    return means


def _answers(
    items: Iterable[NumberLike | None], key: Mapping[str, Iterable[WholeLike]], lowest: NumberLike, highest: NumberLike
) -> dict[str, list[float | None]]:
    check_type(key, Mapping, "key", "pass a mapping such as {'bond': [3, 5, 7, 9]}")
    low, high = number(lowest, "lowest"), number(highest, "highest")
    numbers = [
        None if item is None else number(item, f"items[{index}]") for index, item in enumerate(elements(items, "items"))
    ]
    for index, plain in enumerate(numbers):
        if plain is not None and not low <= plain <= high:
            hint = f"answers lie from {shown(lowest)} to {shown(highest)}; pass lowest= and highest= of this scale"
            raise NotValid("item.out_of_range", f"{plain} is not an answer", hint, path=f"items[{index}]")

    def answer(position: WholeLike, path: str) -> float | None:
        try:
            place = whole_number(position, -len(numbers), len(numbers))
        except NotValid:
            place = 0
        if not place:
            hint = f"use 1 to {len(numbers)}, negative where the item is reversed"
            raise NotValid("item.unknown", f"{shown(position)} is not the position of an item", hint, path=path)
        plain = numbers[abs(place) - 1]
        return plain if plain is None or place > 0 else low + high - plain

    return {
        name: [answer(position, f"key.{name}") for position in elements(positions, f"key.{name}")]
        for name, positions in key.items()
    }
