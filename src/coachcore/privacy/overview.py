"""Overview: what every party reads of an engagement, whatever the agreement opens: dates and totals, and no words.

All figures are of the whole history, so they are the same for every reader. Where there are few sessions or goals, a
total says something of each; a client sees the same overview before a sponsor does.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs
from pendulum import Date

from coachcore.engagement.history import History
from coachcore.engagement.state import SessionStatus, Stage
from coachcore.ledger import Ledger, Tally
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Party, Role
from coachcore.model.value import Name
from coachcore.progress import Progress
from coachcore.progress.scores import CONFIRMED, Status

__all__ = ["Overview", "overview"]

JUDGED: Final = CONFIRMED | {
    Status.ATTAINED_LATE,
    Status.BEHIND,
    Status.OFF_TRACK,
    Status.RELAPSED,
    Status.NOT_MET,
}
"""Statuses that say how a goal is doing; the others say that it cannot be known yet, or is given up."""


@attrs.frozen(kw_only=True)
class Overview:
    """The frame of an engagement and its totals.

    sessions_held, sessions_missed: how many. goals_judged: goals of which it is known how they are doing;
    goals_on_track: those of them that are ahead, on track, attained or sustaining; both are None for who takes part no
    more, or not yet. totals: the obligations of coaches and of clients by state, empty for them.
    """

    __repr__ = bounded_repr

    title: Name
    parties: tuple[Party, ...]
    starts_on: Date | None
    ends_on: Date | None
    stage: Stage
    sessions_held: int
    sessions_missed: int
    goals_judged: int | None
    goals_on_track: int | None
    totals: Mapping[Role, Tally]

    @property
    def attendance(self) -> Decimal | None:
        """Sessions held / (held + missed), 0 to 1; None while there was none."""
        return _share(self.sessions_held, self.sessions_held + self.sessions_missed)

    @property
    def share_on_track(self) -> Decimal | None:
        """Goals on track / goals judged, 0 to 1; None while none is judged, or where they are None."""
        if self.goals_on_track is None or self.goals_judged is None:
            return None
        return _share(self.goals_on_track, self.goals_judged)


def overview(history: History, progress: Progress, ledger: Ledger) -> Overview:
    """The overview of an engagement, from its history and what is computed from it."""
    state, agreement = history.state, history.state.agreement
    sessions = Counter(session.status for session in state.sessions.values())
    statuses = [goal.status for goal in progress.goals.values()]
    return Overview(
        title=agreement.title,
        parties=agreement.parties,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        stage=state.as_of(history.as_of).stage,
        sessions_held=sessions[SessionStatus.HELD],
        sessions_missed=sessions[SessionStatus.MISSED],
        goals_judged=sum(status in JUDGED for status in statuses),
        goals_on_track=sum(status in CONFIRMED for status in statuses),
        totals={
            role: Tally.of(obligation for obligation in ledger.obligations if obligation.role is role)
            for role in (Role.COACH, Role.CLIENT)
        },
    )


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.001")) if whole else None
