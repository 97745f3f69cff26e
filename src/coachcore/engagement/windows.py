"""How long the parties have to answer and to decide. A charter may set it otherwise (`Charter.windows`)."""

from coachcore.errors import NotValid
from coachcore.model.times import Period, PeriodLike
from coachcore.model.value import Accepts, field, value

__all__ = ["ANSWER", "DECISION", "Windows"]

ANSWER = Period(days=14)
"""How long the other side has to answer what it can read: the middle of what marketplaces and schools give."""
DECISION = Period(days=30)
"""How long a dispute waits for a decision before it counts as undecided."""


@value
class Windows:
    """The windows of the acts over the ledger, each of a day or longer.

    answer: how long the other side has to answer what it can read, and an offered duty to be accepted. decision: how long a dispute waits
    for a decision, and a miss may be waived.
    """

    answer: Accepts[Period, PeriodLike] = field(default=ANSWER)
    decision: Accepts[Period, PeriodLike] = field(default=DECISION)

    def __attrs_post_init__(self) -> None:
        for name in ("answer", "decision"):
            period: Period = getattr(self, name)
            if not period.is_of_days or period.approximate_days < 1:
                raise NotValid("window.out_of_range", f"{name} is {period}", "use a day (P1D) or longer", path=name)
