"""Change on a repeated scale: whether it is more than error of measurement, and whether it crosses a cut-off."""

from enum import StrEnum
from itertools import product
from math import sqrt
from typing import Final

import attrs

from coachcore.errors import NotValid, shown
from coachcore.numbers import NumberLike
from coachcore.progress.samples import Sample, number, positive, sample

__all__ = ["ChangeClass", "Cutoffs", "ReliableChange", "change_class", "clinical_cutoffs", "nap", "reliable_change"]

Z_95: Final = 1.959963984540054


class ChangeClass(StrEnum):
    """What became of a person on a scale: `recovered` changed reliably for the better and crossed the cut-off."""

    RECOVERED = "recovered"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"


@attrs.frozen
class ReliableChange:
    """A change between two measurements.

    index: in standard errors of a difference. needed: how large a change is reliable at 95 %, in the scale's unit.
    """

    index: float
    needed: float

    @property
    def is_reliable(self) -> bool:
        """Whether so much would come about by error of measurement less than once in twenty times."""
        return abs(self.index) > Z_95


@attrs.frozen
class Cutoffs:
    """Bounds between a clinical and a functional range, in the scale's unit.

    a: two sd from the clinical mean; b: two sd from the functional mean; c: between both.
    """

    a: float
    b: float
    c: float


def reliable_change(before: NumberLike, after: NumberLike, sd: NumberLike, reliability: NumberLike) -> ReliableChange:
    """Whether a change is more than error of measurement.

    sd: of the scale before, above 0. reliability: of the scale (test-retest, or alpha), from 0 up to but not including
    1. index = (after - before) / error and needed = 1.96 * error, with error = sd * sqrt(2 (1 - reliability)).
    Raises NotValid on other input.
    Source: Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12-19.
    """
    first, last, spread = number(before, "before"), number(after, "after"), positive(sd, "sd")
    share = number(reliability, "reliability")
    if not 0 <= share < 1:
        message = f"{shown(reliability)} is not a reliability"
        raise NotValid("reliability.out_of_range", message, "use 0 up to but not including 1", path="reliability")
    error = spread * sqrt(2 * (1 - share))
    return ReliableChange(index=(last - first) / error, needed=Z_95 * error)


def clinical_cutoffs(
    clinical_mean: NumberLike, clinical_sd: NumberLike, functional_mean: NumberLike, functional_sd: NumberLike
) -> Cutoffs:
    """The three cut-offs between people with and without the trouble that a scale measures. sds: 0 or more, not both 0.

    a: two sd from the clinical mean towards the functional; b: two sd from the functional mean towards the clinical;
    c = (clinical_sd * functional_mean + functional_sd * clinical_mean) / (clinical_sd + functional_sd).
    Source: Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12-19.
    """
    ill, well = number(clinical_mean, "clinical_mean"), number(functional_mean, "functional_mean")
    spreads = number(clinical_sd, "clinical_sd"), number(functional_sd, "functional_sd")
    if min(spreads) < 0 or not any(spreads):
        hint = "a standard deviation is 0 or more, and one of the two is above 0"
        raise NotValid("sd.out_of_range", f"{min(spreads)} is no standard deviation here", hint, path="clinical_sd")
    direction = 1 if well > ill else -1
    return Cutoffs(
        a=ill + direction * 2 * spreads[0],
        b=well - direction * 2 * spreads[1],
        c=(spreads[0] * well + spreads[1] * ill) / sum(spreads),
    )


def change_class(
    before: NumberLike,
    after: NumberLike,
    sd: NumberLike,
    reliability: NumberLike,
    cutoff: NumberLike,
    *,
    higher_is_better: bool = False,
) -> ChangeClass:
    """The class of a change: recovered, improved, unchanged or deteriorated.

    Unless it is reliable it is unchanged; one for the better that also crosses the cut-off is recovered.
    cutoff: one of `clinical_cutoffs`. The others are as of `reliable_change`, which says what is raised.
    Source: Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12-19.
    """
    change, bound = reliable_change(before, after, sd, reliability), number(cutoff, "cutoff")
    if not change.is_reliable:
        return ChangeClass.UNCHANGED
    sign = 1 if higher_is_better else -1
    if change.index * sign < 0:
        return ChangeClass.DETERIORATED
    has_crossed = number(before, "before") * sign < bound * sign <= number(after, "after") * sign
    return ChangeClass.RECOVERED if has_crossed else ChangeClass.IMPROVED


def nap(a: Sample, b: Sample) -> float:
    """Nonoverlap of all pairs: the share, 0 to 1, in which the reading of phase b is above that of phase a.

    Ties count half. a, b: at least one reading each. Raises NotValid on other input.
    Source: Parker & Vannest (2009), Behavior Therapy 40, 357-367.
    """
    first, second = sample(a, "a", least=1), sample(b, "b", least=1)
    points = sum((later > earlier) + (later == earlier) / 2 for earlier, later in product(first, second))
    return points / (len(first) * len(second))
