"""What rules may read of the progress of one goal. `coachcore.progress.alerts` computes it, since facts know nothing of scores."""

from decimal import Decimal
from typing import Literal

import attrs

from coachcore.model.answers import bounded_repr
from coachcore.rules import fact

__all__ = ["ProgressFacts"]

ProgressStatus = Literal[
    "not_started", "no_data", "ahead", "on_track", "behind", "off_track", "attained", "attained_late",
    "sustaining", "relapsed", "not_met", "declared_achieved", "dropped",
]  # fmt: skip


@attrs.frozen(kw_only=True)
class ProgressFacts:
    """What is known about the progress of one goal at a moment."""

    __repr__ = bounded_repr

    status: ProgressStatus | None = fact("how the goal's attainment compares with what is expected")
    attainment: Decimal | None = fact("how far the goal is attained, 0 to 1", unit="share")
    expected: Decimal | None = fact("the attainment expected by now, 0 to 1", unit="share")
    off_track_in_a_row: int | None = fact(
        "at how many of the latest days with readings in a row the goal was off track, up to now; three at most",
        unit="days",
    )
    cadences_silent: Decimal | None = fact(
        "how many cadences there has been no reading for; unknown of what needs none, and when the goal is over"
    )
    ratings_gap: Decimal | None = fact(
        "how far apart the client's rating, the coach's and the measured attainment are at most, 0 to 1", unit="share"
    )
