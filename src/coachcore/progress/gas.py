"""Goal Attainment Scaling: one figure for several goals, each at a level from -2 to +2."""

from collections.abc import Sequence
from decimal import Decimal

from coachcore.errors import NotValid, check_type, shown
from coachcore.numbers import NumberLike, WholeLike, decimal_number, whole_number

__all__ = ["gas_t_score"]


def gas_t_score(
    levels: Sequence[WholeLike], weights: Sequence[NumberLike] | None = None, rho: NumberLike = Decimal("0.3")
) -> Decimal:
    """Goal Attainment Scaling T-score: 50 when every goal is attained as expected, 10 per standard deviation.

    levels: one attained level per goal, -2..+2. weights: positive, same length; equal when omitted.
    rho: assumed correlation between goals, 0 <= rho < 1.
    T = 50 + 10 * sum(w x) / sqrt((1 - rho) * sum(w^2) + rho * (sum w)^2), rounded to 0.01.
    Raises NotValid on an empty sequence, a length mismatch or a value out of range.
    Source: Kiresuk & Sherman (1968), Community Mental Health Journal 4, 443-453.
    """
    check_type(levels, Sequence, "levels")
    if not levels:
        raise NotValid("gas_levels.missing", "there are no levels", "score at least one goal", path="levels")
    whole_levels = [_level(level, index) for index, level in enumerate(levels)]
    if weights is not None:
        check_type(weights, Sequence, "weights")
    scale = [_decimal(each, "weights") for each in ([1] * len(levels) if weights is None else weights)]
    if len(scale) != len(levels):
        raise NotValid(
            "gas_weights.conflict",
            f"{len(scale)} weights for {len(levels)} levels",
            "give one weight for each level",
            path="weights",
        )
    lightest = min(scale)
    if lightest <= 0:
        raise NotValid("number.not_positive", f"{lightest} is not above 0", "use more than 0", path="weights")
    correlation = _decimal(rho, "rho")
    if not 0 <= correlation < 1:
        raise NotValid("gas_rho.out_of_range", f"rho {shown(rho)} is out of range", "0 <= rho < 1", path="rho")
    above = sum((weight * level for weight, level in zip(scale, whole_levels, strict=True)), Decimal(0))
    squares = sum((weight * weight for weight in scale), Decimal(0))
    total = sum(scale, Decimal(0))
    below = ((1 - correlation) * squares + correlation * total * total).sqrt()
    return round(50 + 10 * above / below, 2)


def _level(level: WholeLike, index: int) -> int:
    try:
        return whole_number(level, -2, 2)
    except NotValid:
        raise NotValid(
            "gas_level.out_of_range", f"{shown(level)} is not a level", "use -2 to +2", path=f"levels[{index}]"
        ) from None


def _decimal(number: NumberLike, path: str) -> Decimal:
    try:
        return decimal_number(number)
    except NotValid as error:
        raise error.under(path) from None
