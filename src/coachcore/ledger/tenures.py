"""Tenures: who owes what a duty asks and under which terms, for as long as neither changes.

A duty changes hands with a handover, and its terms with an agreement. Most duties of most engagements have one tenure.
"""

from bisect import bisect_right
from collections.abc import Iterable

import attrs
from pendulum import DateTime

from coachcore.charter.duty import Duty, DutySchedule
from coachcore.engagement.timeline import Timeline
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.shares import Share, share_of_all, shares_in_group
from coachcore.model.agreement import DutyTerms
from coachcore.model.parties import Role

__all__ = ["Tenure", "Tenures", "tenures_of"]


@attrs.define(kw_only=True, eq=False)
class Tenure:
    """How a duty is owed for a while.

    role: who owes what is opened meanwhile. terms: what the agreement changes about the duty. off_at: when a later agreement
    switches it off. share: whose each obligation is; None in an engagement with groups, where that differs.
    """

    role: Role
    terms: DutyTerms | None
    off_at: DateTime | None
    share: Share | None

    @property
    def is_off(self) -> bool:
        """Whether the agreement switches the duty off."""
        return self.terms is not None and self.terms.off


class Tenures:
    """The tenures of a duty, in order. is_kept: of what stays with the duty's own role when the duty is handed over."""

    __slots__ = ("_all", "_begins", "_timeline")

    def __init__(self, duty: Duty, timeline: Timeline, *, is_kept: bool) -> None:
        self._timeline = timeline
        duty_id = duty.id
        self._begins = timeline.changes_of_duty(duty_id, with_handovers=not is_kept)
        self._all = [
            Tenure(
                role=(role := duty.role if is_kept else timeline.responsible_role(duty_id, moment)),
                terms=timeline.terms(duty_id, moment),
                off_at=timeline.next_switch(duty_id, moment, off=True),
                share=None if timeline.has_groups else share_of_all(role, timeline.members_at(role, moment)),
            )
            for moment in (timeline.began_at, *self._begins)
        ]

    def tenure_at(self, moment: DateTime) -> Tenure:
        """The tenure at a moment; before the first, the first."""
        return self._all[bisect_right(self._begins, moment)] if self._begins else self._all[0]

    def shares_at(
        self,
        opened_by: DutySchedule,
        tenure: Tenure,
        moment: DateTime,
        latest: DateTime | None = None,
        *,
        involved: frozenset[str] = frozenset(),
        attended: frozenset[str] | None = None,
    ) -> Iterable[Share]:
        """Whose obligations a schedule of the duty opens at a moment, see `shares.shares_in_group`."""
        if tenure.share is not None:
            return (tenure.share,)
        return shares_in_group(opened_by, tenure.role, self._timeline, moment, latest or moment, involved, attended)


def tenures_of(opened_by: DutySchedule, index: EventIndex) -> Tenures:
    """The tenures of a schedule's duty in an engagement."""
    duty, is_kept = opened_by.duty, opened_by.schedule.is_transferable is False
    return index.cached_for_timeline(
        ("tenures", duty.id, is_kept), lambda index: Tenures(duty, index.timeline, is_kept=is_kept)
    )
