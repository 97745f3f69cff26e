"""The agreement of an engagement: who, when, where, under which charter, and how its duties are tuned."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from coachcore.errors import NotValid
from coachcore.model.parties import Party, Role
from coachcore.model.scales import Scale
from coachcore.model.times import Period, PeriodLike, zone_named
from coachcore.model.value import (
    Accepts,
    Count,
    Ident,
    Name,
    Number,
    OptionalCount,
    OptionalDay,
    OptionalNumber,
    OptionalPeriod,
    Text,
    check_for,
    field,
    value,
)
from coachcore.model.words import EventArea
from coachcore.text import check_language

__all__ = ["Agreement", "DutyTerms", "Language", "Opening", "Retention", "SponsorSees"]


Language = Annotated[str, check_language]
"""The code of a language that reviews, reports and the command line speak: one of `coachcore.text.LANGUAGES`."""


class SponsorSees(StrEnum):
    """What an agreement may open to its sponsors, beside what is recorded with the visibility `sponsor`."""

    GOALS = "goals"
    PROGRESS = "progress"
    SESSIONS = "sessions"
    LEDGER = "ledger"


FIELD_OF_EVENT = re.compile(r"[A-Z][A-Za-z0-9]{0,63}\.[a-z][a-z0-9_]{0,63}")


def _opening(raw: object) -> str:
    """An area as such, a field of an event as its text; that there is such a field is checked when it is recorded."""
    is_field = isinstance(raw, str) and FIELD_OF_EVENT.fullmatch(raw) is not None
    return str(raw) if is_field else SponsorSees(check_for(SponsorSees)(raw))


Opening = Annotated[str, _opening]
"""What an agreement opens to its sponsors: an area (`SponsorSees`), or one field of an event, such as `GoalSet.why`."""


@value
class DutyTerms:
    """What an agreement changes about one duty of its charter.

    duty_id: the duty. every: another cadence. grace: another grace period. weight: another weight, 0 or more.
    off: true when the parties agreed to do without this duty.
    """

    duty_id: Ident
    every: OptionalPeriod = field(default=None)
    grace: OptionalPeriod = field(default=None)
    weight: OptionalNumber = field(default=None)
    off: bool = False

    def __attrs_post_init__(self) -> None:
        if self.weight is not None and self.weight < 0:
            raise NotValid("number.negative", f"{self.weight} is negative", "use 0 or more", path="weight")


@value
class Retention:
    """How long texts are kept after the engagement has ended.

    period: from the end. area: of the events; all others when omitted.
    """

    period: Accepts[Period, PeriodLike]
    area: Accepts[EventArea | None, EventArea | str | None] = field(default=None)


@value
class Agreement:
    """What the parties agree to before they start. A changed agreement is a new version, to be accepted again by all.

    title: what the coaching is about. parties: at least one coach and one client, ids unique.
    zone: IANA zone in which days begin and end. starts_on, ends_on: the agreed span, both included.
    charter, charter_version: whose duties hold. terms: what is tuned. sponsor_sees: what sponsors may see: areas, and
    single fields of events, each as `GoalSet.why`.
    sessions_planned: how many sessions. notice_hours: later cancellations are late. done_in_time_share: the share of
    due actions to be done in time, 0 to 1, for `client.motivation.discipline`. retention: how long texts are kept after
    the end, per area of events; without end where it says nothing. goals_must_be_smart: whether a goal becomes active
    only while no finding of severity error stands against it in its SMART review; what is not known is none.
    scales: the repeated scales that were agreed, ids unique, with what their scores mean.
    """

    title: Name
    parties: Accepts[tuple[Party, ...], Sequence[Party]]
    zone: str = "UTC"
    language: Language = "en"
    starts_on: OptionalDay = field(default=None)
    ends_on: OptionalDay = field(default=None)
    purpose: Text | None = None
    charter: Ident = "coachcore"
    charter_version: Ident = "1"
    terms: Accepts[tuple[DutyTerms, ...], Sequence[DutyTerms]] = field(default=())
    sponsor_sees: Accepts[tuple[Opening, ...], Sequence[str]] = field(default=())
    sessions_planned: OptionalCount = field(default=None)
    notice_hours: Count = field(default=24)
    done_in_time_share: Number = field(default=Decimal("0.8"))
    retention: Accepts[tuple[Retention, ...], Sequence[Retention]] = field(default=())
    goals_must_be_smart: bool = False
    scales: Accepts[tuple[Scale, ...], Sequence[Scale]] = field(default=())

    def __attrs_post_init__(self) -> None:
        ids = [party.id for party in self.parties]
        if len(set(ids)) < len(ids):
            twice = next(each for each in ids if ids.count(each) > 1)
            raise NotValid(
                "party.duplicate", f"two parties have the id {twice!r}", "give each its own id", path="parties"
            )
        for role in (Role.COACH, Role.CLIENT):
            if not self.those(role):
                raise NotValid("role.missing", f"no {role} among the parties", f"add a {role}", path="parties")
        try:
            zone_named(self.zone)
        except NotValid as error:
            raise error.under("zone") from None
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise NotValid(
                "agreement_dates.conflict",
                f"ends on {self.ends_on}, before it starts on {self.starts_on}",
                "let it end on the day it starts, or later",
                path="ends_on",
            )
        if not 0 <= self.done_in_time_share <= 1:
            raise NotValid(
                "done_in_time_share.out_of_range",
                f"{self.done_in_time_share} is not a share",
                "0 to 1",
                path="done_in_time_share",
            )
        duties = [each.duty_id for each in self.terms]
        if len(set(duties)) < len(duties):
            raise NotValid("terms.duplicate", "the terms name a duty twice", "name each duty once", path="terms")
        areas = [retention.area for retention in self.retention]
        if len(set(areas)) < len(areas):
            message = "the retention names an area twice"
            hint = "name each area once, and the others once without an area"
            raise NotValid("retention.duplicate", message, hint, path="retention")
        scale_ids = [scale.id for scale in self.scales]
        if None in scale_ids:
            hint = "give it the id that answers to it name"
            raise NotValid("scale_id.missing", "a scale of the agreement has no id", hint, path="scales")
        if len(set(scale_ids)) < len(scale_ids):
            raise NotValid("scale.duplicate", "two scales have one id", "name each scale once", path="scales")

    def those(self, role: Role) -> tuple[Party, ...]:
        """The parties of a role, in the order of the agreement."""
        return tuple([party for party in self.parties if party.role is role])

    def party(self, party_id: str) -> Party | None:
        """The party of an id, or None where the agreement does not name it."""
        for party in self.parties:  # every command passes here
            if party.id == party_id:
                return party
        return None

    def scale(self, scale_id: str) -> Scale | None:
        """The scale of an id, or None where none was agreed."""
        return next((scale for scale in self.scales if scale.id == scale_id), None)

    @property
    def signatories(self) -> tuple[Party, ...]:
        """Those who must accept: all but supervisors, who see and sign nothing."""
        return tuple(party for party in self.parties if party.role is not Role.SUPERVISOR)

    def left_by(self, later: "Agreement") -> tuple[Party, ...]:
        """The signatories who by a later agreement have no part any more, or another one."""
        return tuple(
            party
            for party in self.signatories
            if (same := later.party(party.id)) is None or same.role is not party.role
        )

    def terms_of(self, duty_id: str) -> DutyTerms | None:
        """How a duty is tuned here, or None."""
        for terms in self.terms:  # most agreements tune nothing, and a ledger asks for each obligation
            if terms.duty_id == duty_id:
                return terms
        return None
