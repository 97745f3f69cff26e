"""Goal Attainment Scaling: one figure for several goals, each at a level from -2 to +2."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

from coachcore.errors import NotValid, shown
from coachcore.numbers import NumberLike, WholeLike, whole_number
from coachcore.progress.samples import Sample, elements, number, sample

__all__ = ["gas_t_score"]


def gas_t_score(levels: Iterable[WholeLike], weights: Sample | None = None, rho: NumberLike = 0.3) -> float:
    """Goal Attainment Scaling T-score: 50 when every goal is attained as expected, 10 per standard deviation. Not rounded.

    levels: one attained level per goal, -2..+2. weights: 0 or more, same length, such as importance times difficulty; equal when
    omitted. A goal of weight 0 is left out. rho: assumed correlation between goals, 0 <= rho < 1.
    T = 50 + 10 * sum(w x) / sqrt((1 - rho) * sum(w^2) + rho * (sum w)^2).
    Raises NotValid where no goal is left, on a length mismatch, or on a value out of range.
    Source: Kiresuk & Sherman (1968), Community Mental Health Journal 4, 443-453.
    """
    whole_levels = [_level(level, index) for index, level in enumerate(elements(levels, "levels"))]
    if not whole_levels:
        raise NotValid("gas_levels.missing", "there are no levels", "score at least one goal", path="levels")
    scale = [1.0] * len(whole_levels) if weights is None else sample(weights, "weights")
    if len(scale) != len(whole_levels):
        message = f"{len(scale)} weights for {len(whole_levels)} levels"
        raise NotValid("gas_weights.conflict", message, "give one weight for each level", path="weights")
    if min(scale) < 0:
        raise NotValid("number.negative", f"{min(scale)} is negative", "use 0 or more", path="weights")
    if not any(scale):
        hint = "give at least one goal a weight above 0"
        raise NotValid("gas_weights.missing", "all goals have weight 0", hint, path="weights")
    correlation = number(rho, "rho")
    if not 0 <= correlation < 1:
        raise NotValid("gas_rho.out_of_range", f"rho {shown(rho)} is out of range", "0 <= rho < 1", path="rho")
    weighted = sum(weight * level for weight, level in zip(scale, whole_levels, strict=True))
    squares, total = sum(weight * weight for weight in scale), sum(scale)
    return 50 + 10 * weighted / sqrt((1 - correlation) * squares + correlation * total * total)


def _level(level: Any, index: int) -> int:
    try:
        return whole_number(level, -2, 2)
    except NotValid:
        raise NotValid(
            "gas_level.out_of_range", f"{shown(level)} is not a level", "use -2 to +2", path=f"levels[{index}]"
        ) from None
