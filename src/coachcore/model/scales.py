"""What must be known of a repeated scale, such as a questionnaire, to say what its scores mean.

The library has no scale of its own, and no text of items: a host or an agreement states the figures of a scale's manual.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from coachcore.errors import NotValid
from coachcore.model.value import MAX_ITEMS, Accepts, Ident, Number, OptionalNumber, Whole, field, value
from coachcore.numbers import WholeLike

__all__ = ["Scale"]

Position = Annotated[int, Whole(-MAX_ITEMS, MAX_ITEMS)]


@value
class Scale:
    """What is known of a scale.

    id: as answers to it name it; an agreement needs it. sd: the standard deviation of its scores before, above 0.
    reliability: of its scores (test-retest, or alpha), from 0 up to but not including 1. cutoff: the bound between those
    with and without the trouble that it measures; nobody recovers without it. higher_is_better: whether a higher score
    is the better one. key: the positions of the items that are added up, from 1, negative where the item is reversed;
    all items, none reversed, when omitted. lowest, highest: the bounds of an item's answer.
    """

    id: Ident | None = None
    sd: Number
    reliability: Number
    cutoff: OptionalNumber = field(default=None)
    higher_is_better: bool = False
    key: Accepts[tuple[Position, ...] | None, Sequence[WholeLike] | None] = field(default=None)
    lowest: Number = field(default=Decimal(1))
    highest: Number = field(default=Decimal(5))

    def __attrs_post_init__(self) -> None:
        if self.sd <= 0:
            raise NotValid("number.not_positive", f"{self.sd} is not above 0", "use more than 0", path="sd")
        if not 0 <= self.reliability < 1:
            message = f"{self.reliability} is not a reliability"
            raise NotValid("reliability.out_of_range", message, "use 0 up to but not including 1", path="reliability")
        if self.lowest >= self.highest:
            message = f"answers from {self.lowest} to {self.highest}"
            raise NotValid("scale_bounds.conflict", message, "give a highest answer above the lowest", path="highest")
        if self.key is not None and (not self.key or 0 in self.key):
            hint = "name at least one item by its position, from 1, negative where it is reversed"
            raise NotValid("scale_key.invalid", "the key names no item, or one at position 0", hint, path="key")
