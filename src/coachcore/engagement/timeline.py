"""Timeline: which stage, agreement, pause and responsible role held at a moment; when an engagement started and ended.

Promises: an answer about a moment does not change with events of later moments. An amended agreement holds from the moment it came
into force, a handover from the moment it occurred. The ledger, progress and facts use the same timeline (`History.timeline`).
It knows nothing of evidence, scores and obligations.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from copy import copy
from datetime import date, timedelta
from functools import cached_property

import attrs
from pendulum import Date, DateTime

from coachcore import events as e
from coachcore.engagement.evolve import STAGES_AFTER, evolve
from coachcore.engagement.state import Stage, State
from coachcore.model.agreement import Agreement, DutyTerms
from coachcore.model.parties import Role
from coachcore.model.times import (
    AFTER_ALL,
    MICROSECOND,
    NO_TIME,
    Period,
    day_numbered,
    day_of,
    elapsed,
    last_moment,
    moved,
    start_of_day,
)

__all__ = ["NEVER", "AgreementInForce", "Membership", "Timeline", "agreements_in_force"]

NEVER = AFTER_ALL
"""Stands for no moment at all: when something falls due that a pause keeps from falling due for as long as it lasts."""

AGREEING = (e.EngagementProposed, e.AgreementAccepted, e.AgreementAmended, e.SessionHeld, *STAGES_AFTER)
"""The events that can change which agreement is in force."""
ONE_SECOND = timedelta(seconds=1)
"""By which a pause that goes on reaches past the present, so that no moment up to it is past the pause."""


def _days_of_pause(begin: int, end: int, since: int) -> int:
    """How many days of a pause come after a day: from the day it begins on, without the day on which it ends. All are ordinals."""
    return max(end - max(begin, since), 0)


@attrs.frozen
class AgreementInForce:
    """An agreement, the moment from which it was in force, and the version of the event that brought it into force."""

    since: DateTime
    version: int
    agreement: Agreement


def agreements_in_force(events: Iterable[e.Event], final: State) -> list[AgreementInForce]:
    """Every agreement that was in force, the earliest first: the one proposed.

    events: in order of occurrence. final: their fold.
    """
    if final.newest_version == 1:
        return [AgreementInForce(final.began_at, 1, final.agreement)]
    agreements: list[AgreementInForce] = []
    state: State | None = None
    for event in events:
        if isinstance(event.content, AGREEING):
            state = evolve(state, event)
            if state is not None and (not agreements or agreements[-1].agreement is not state.agreement):
                agreements.append(AgreementInForce(event.occurred_at, event.version, state.agreement))
    return agreements


@attrs.frozen
class Membership:
    """A party takes part in a role from one moment on, and up to another: until is None while they do.

    is_succession: it ended as the whole role passed to one other party, who carries on what was owed.
    """

    party: str
    since: DateTime
    until: DateTime | None = None
    is_succession: bool = False


def _members_of(agreement: Agreement, role: Role) -> tuple[str, ...]:
    return tuple(party.id for party in agreement.those(role))


class Timeline:
    """When an engagement started, paused and closed, and what held at any moment up to `as_of`.

    events: the effective events, in order of occurrence. state: their fold.
    """

    def __init__(self, events: Iterable[e.Event], state: State, as_of: DateTime) -> None:
        self._state = state = state.as_of(as_of)
        self.as_of = as_of
        self.began_at = state.began_at
        stages = [change for change in state.counted_stages if change[0] <= as_of]
        self.started_at = next((since for since, stage in stages if stage is Stage.ACTIVE), None)
        self.closed_at = state.closed_at
        self.stage_times = [since for since, _ in stages]
        self._agreements = [(terms.since, terms.agreement) for terms in agreements_in_force(events, state)]
        self._agreement_times = [since for since, _ in self._agreements]
        zones = {agreement.zone for _, agreement in self._agreements}
        self._only_zone = zones.pop() if len(zones) == 1 else None
        self._ends_of_days: dict[date, DateTime] = {}
        self._starts_of_days: dict[date, DateTime] = {}
        self._memberships: dict[Role, tuple[Membership, ...]] = {}
        following: list[DateTime | None] = [*self.stage_times[1:], None]
        self._known_pauses = [  # the end of one that goes on is None
            (since, end) for (since, stage), end in zip(stages, following, strict=True) if stage is Stage.PAUSED
        ]
        self._is_paused = bool(self._known_pauses) and self._known_pauses[-1][1] is None
        self._pauses = [(since, end or moved(max(as_of, since), ONE_SECOND)) for since, end in self._known_pauses]
        self._pause_begins = [begin for begin, _ in self._pauses]
        self._paused = [NO_TIME]  # the total of the pauses before each pause
        for begin, end in self._pauses:
            self._paused.append(self._paused[-1] + elapsed(begin, end))
        self._running_at = [
            moved(begin, -paused) for begin, paused in zip(self._pause_begins, self._paused, strict=False)
        ]

    def going_on(self, state: State, as_of: DateTime) -> "Timeline | None":
        """The timeline of a later moment, with what was computed of this one; None where more has changed than the time.

        state: of that moment. A pause that goes on is longer then.
        """
        state, before = state.as_of(as_of), self._state
        if (
            self._is_paused
            or state.counted_stages != before.counted_stages
            or state.counted_stages[-1][0] > self.as_of
            or state.handovers != before.handovers
            or state.agreement is not before.agreement
            or state.newest_version != before.newest_version
        ):
            return None
        later = copy(self)
        later.__dict__.pop("without_pauses", None)
        later._state, later.as_of = state, as_of
        return later

    @cached_property
    def without_pauses(self) -> "Timeline":
        """The same timeline for what no pause stops."""
        if not self._known_pauses:
            return self
        running = copy(self)
        running.__dict__.pop("_pause_days", None)
        running._known_pauses, running._pauses, running._is_paused = [], [], False
        running._pause_begins, running._paused, running._running_at = [], [NO_TIME], []
        return running

    # --- due days and due times --------------------------------------------------------------------------------------

    def due(self, anchor: DateTime, period: Period | None, times: int = 1) -> DateTime:
        """Until when something due `times` periods after a moment is in time; NEVER while a pause stops the clock.

        A period of days ends when its last day ends, in the zone in force then, and the days of the pauses between are added
        to it. One of hours is exact, and moved by the exact length of the pauses. Nothing falls due within a pause.
        """
        if period is None or not period.is_of_days:
            return self._exactly_after(anchor, period, times)
        first = self.day_at(anchor)
        try:
            day = self.moved_day(period.after_day(first, times), first)
        except (OverflowError, ValueError):  # beyond the years that a calendar has
            return NEVER
        return NEVER if day is None else self.end_of(day)

    def due_on(self, day: date, since: DateTime) -> DateTime:
        """Until when something is in time that was set, at a moment, to be done by a day; NEVER while a pause stops the clock."""
        due_day = self.moved_day(day, self.day_at(since))
        return NEVER if due_day is None else self.end_of(due_day)

    def closing(self, due_at: DateTime, grace: Period | None) -> DateTime:
        """The end of the grace after something was due. A pause that begins later moves neither: it was due before it."""
        if grace is None or due_at == NEVER:
            return due_at
        if not grace.is_of_days:
            return grace.after(due_at, self.zone_at(due_at))
        try:
            return self.end_of(grace.after_day(self.day_at(due_at)))
        except (OverflowError, ValueError):
            return NEVER

    def window_end(self, window: Period, begin: DateTime) -> DateTime:
        """The last moment of a window that begins at a moment, in the zone in force then."""
        return window.after(begin, self.zone_at(begin))

    def end_of(self, day: date) -> DateTime:
        """The last moment of a day, in the zone in force on it."""
        end = self._ends_of_days.get(day)
        if end is None:
            zone = self.zone_at(self.as_of)
            end = last_moment(day, zone)
            for _ in range(2):  # a day ends elsewhere in another zone, and so another may be in force then
                if (zone_then := self.zone_at(end)) != zone:
                    zone, end = zone_then, last_moment(day, zone_then)
            self._ends_of_days[day] = end
        return end

    def start_of(self, day: date, after_midnight: timedelta = NO_TIME) -> DateTime:
        """The first moment of a day, in the zone in force on it.

        after_midnight: where days begin so much later by the clock.
        """
        if after_midnight:
            return start_of_day(day, self.zone_at(self.start_of(day)), after_midnight)
        start = self._starts_of_days.get(day)
        if start is None:
            start = moved(self.end_of(date.fromordinal(day.toordinal() - 1)), MICROSECOND)
            self._starts_of_days[day] = start
        return start

    def moved_day(self, day: date, since: date) -> Date | None:
        """A due day, moved by the days of the pauses that begin after `since` and no later than it; None in a pause that goes on.

        A pause counts from the day it begins on, without the day on which the engagement is resumed. What was due before a pause
        keeps its day.
        """
        due_day, set_on = day.toordinal(), since.toordinal()
        for begin, end in self._pause_days:
            if begin > due_day:
                break
            if end is None:
                return None
            due_day += _days_of_pause(begin, end, set_on)
        return day_numbered(due_day)

    def days_left(self, anchor: DateTime, period: Period | None, times: int = 1) -> int | None:
        """While a pause stops the clock: how many days are left when it goes on; None for what is due at a time of day."""
        if period is None or not period.is_of_days:
            return None
        return self.days_left_until(period.after_day(self.day_at(anchor), times), anchor)

    def days_left_until(self, day: date, set_at: DateTime) -> int:
        """As `days_left`, for something that was set, at a moment, to be done by a day."""
        due_day, set_on = day.toordinal(), self.day_at(set_at).toordinal()
        for begin, end in self._pause_days:
            if end is None:
                return max(due_day - max(begin, set_on), 0)
            if begin <= due_day:
                due_day += _days_of_pause(begin, end, set_on)
        return 0

    @cached_property
    def _pause_days(self) -> list[tuple[int, int | None]]:
        """The ordinals of the days on which each pause begins and ended; None where it goes on.

        (Numbers add up. Pendulum's own difference of days counts calendar months, and takes thirty times as long.)
        """
        return [
            (self.day_at(since).toordinal(), None if end is None else self.day_at(end).toordinal())
            for since, end in self._known_pauses
        ]

    def day_at(self, moment: DateTime) -> Date:
        """The day of a moment, in the zone then in force."""
        return day_of(moment, self.zone_at(moment))

    def _exactly_after(self, anchor: DateTime, period: Period | None, times: int) -> DateTime:
        """The moment `times` periods after another, moved by the exact length of the pauses between them."""
        due = period.after(anchor, self.zone_at(anchor), times) if period is not None else anchor
        if not self._pauses:
            return due
        # "Running" time leaves the pauses out: the anchor is converted to it, the periods are added, and the sum is converted back.
        begun = bisect_left(self._pause_begins, anchor)  # how many pauses began before the anchor, whether over or not
        running = anchor
        if begun:
            begin, end = self._pauses[begun - 1]
            running = moved(anchor, -self._paused[begun - 1] - elapsed(begin, min(anchor, end)))
        reached = moved(running, elapsed(anchor, due))
        due = moved(reached, self._paused[max(bisect_left(self._running_at, reached), begun)])
        return NEVER if self._is_paused and due > self._pause_begins[-1] else due

    def stage_at(self, moment: DateTime) -> Stage:
        """The stage at a moment; before the first, the first."""
        return self._state.stage_at(moment)

    def agreement_at(self, moment: DateTime) -> Agreement:
        """The agreement in force at a moment; before the first, the first."""
        if len(self._agreements) == 1:
            return self._agreements[0][1]
        return self._agreements[max(bisect_right(self._agreement_times, moment) - 1, 0)][1]

    def zone_at(self, moment: DateTime) -> str:
        """The IANA zone in which days began and ended at a moment."""
        return self._only_zone or self.agreement_at(moment).zone

    def agreed_end_at(self, moment: DateTime) -> DateTime:
        """The last moment of the day on which the engagement ends by the agreement in force at a moment; NEVER where
        none was agreed.
        """
        ends_on = self.agreement_at(moment).ends_on
        return NEVER if ends_on is None else self.end_of(ends_on)

    def is_agreed_end(self, moment: DateTime) -> bool:
        """Whether a moment is on the day on which the engagement ends by the agreement in force then, or later."""
        ends_on = self.agreement_at(moment).ends_on
        return ends_on is not None and self.day_at(moment) >= ends_on

    def extended_at(self, moment: DateTime) -> DateTime | None:
        """When, after a moment, an agreement first came into force that had not ended by its own terms; None where none
        did.
        """
        start = bisect_right(self._agreement_times, moment)
        return next((since for since in self._agreement_times[start:] if since <= self.agreed_end_at(since)), None)

    def is_short_notice(self, moment: DateTime, starts_at: DateTime) -> bool:
        """Whether a moment is less than the notice then agreed before a session starts."""
        return elapsed(moment, starts_at) < timedelta(hours=self.agreement_at(moment).notice_hours)

    def role_of(self, party_id: str, moment: DateTime) -> Role | None:
        """The role of a party at a moment. A party who left before it or joined after it has the role they had while they took part."""
        versions = [self.agreement_at(moment), *(each for _, each in self._agreements)]
        return next((party.role for each in versions if (party := each.party(party_id)) is not None), None)

    def members_at(self, role: Role, moment: DateTime) -> tuple[str, ...]:
        """The ids of the parties of a role by the agreement in force at a moment."""
        if len(self._agreements) == 1:  # of most engagements, and asked for every obligation
            return self._first_members[role]
        return _members_of(self.agreement_at(moment), role)

    @cached_property
    def _first_members(self) -> dict[Role, tuple[str, ...]]:
        return {role: _members_of(self._agreements[0][1], role) for role in Role}

    def memberships(self, role: Role) -> tuple[Membership, ...]:
        """Who took part in a role and when, in the order of joining; who leaves and comes back has several."""
        known = self._memberships.get(role)
        if known is None:
            known = self._memberships[role] = self._members_over_time(role)
        return known

    def _members_over_time(self, role: Role) -> tuple[Membership, ...]:
        present: dict[str, DateTime] = {}
        ended: list[Membership] = []
        for since, agreement in self._agreements:
            members = [party.id for party in agreement.those(role)]
            leaving = [party_id for party_id in present if party_id not in members]
            is_succession = len(present) == len(leaving) == len(members) == 1
            ended += [Membership(party_id, present.pop(party_id), since, is_succession) for party_id in leaving]
            for party_id in members:
                present.setdefault(party_id, since)
        ended += [Membership(party_id, since) for party_id, since in present.items()]
        return tuple(sorted(ended, key=lambda membership: membership.since))

    def has_group(self, role: Role) -> bool:
        """Whether a role ever had several parties at a time."""
        return self._group_roles[role]

    @cached_property
    def has_groups(self) -> bool:
        """Whether any role ever had several parties at a time."""
        return any(self._group_roles.values())

    @cached_property
    def _group_roles(self) -> dict[Role, bool]:
        return {role: any(len(agreement.those(role)) > 1 for _, agreement in self._agreements) for role in Role}

    def responsible_role(self, duty_id: str, moment: DateTime) -> Role:
        """The role that carries a duty of a charter at a moment: its own, until it is handed over."""
        role = self._state.responsible_role(duty_id, moment)
        assert role is not None  # ids of a charter's duties begin with their role
        return role

    def changes_of_duty(self, duty_id: str, *, with_handovers: bool) -> list[DateTime]:
        """When, after the first agreement, another came into force or, with handovers, the duty changed hands; in order."""
        moments = set(self._agreement_times[1:])
        if with_handovers:
            moments.update(handover.occurred_at for handover in self._state.handovers if handover.duty_id == duty_id)
        return sorted(moments)

    def pauses_until(self, moment: DateTime) -> tuple[tuple[DateTime, DateTime], ...]:
        """Begin and end of the pauses before a moment; a pause that goes on ends with the moment."""
        return tuple((begin, min(end, moment)) for begin, end in self._pauses if begin < moment)

    def terms(self, duty_id: str, moment: DateTime) -> DutyTerms | None:
        """What the agreement in force at a moment changes about a duty."""
        return self.agreement_at(moment).terms_of(duty_id)

    def is_off(self, duty_id: str, moment: DateTime) -> bool:
        """Whether the agreement in force at a moment switches a duty off."""
        terms = self.terms(duty_id, moment)
        return terms is not None and terms.off

    def next_switch(self, duty_id: str, moment: DateTime, *, off: bool) -> DateTime | None:
        """When, after a moment, an agreement first switched a duty off, or on again."""
        if len(self._agreements) == 1:
            return None
        start = bisect_right(self._agreement_times, moment)
        for since, agreement in self._agreements[start:]:
            terms = agreement.terms_of(duty_id)
            if (terms is not None and terms.off) is off:
                return since
        return None

    def spans(self, duty_id: str) -> Iterator[tuple[DateTime, DateTime | None, Role]]:
        """Begin, end and role of each span, since the start, in which one role carried a duty; the end of the last may be None."""
        since = self.started_at
        while since is not None:
            if self.is_off(duty_id, since):
                since = self.next_switch(duty_id, since, off=False)
                continue
            role = self.responsible_role(duty_id, since)
            handed_over = (
                handover.occurred_at
                for handover in self._state.handovers
                if handover.duty_id == duty_id and handover.occurred_at > since and handover.to is not role
            )
            moments = (next(handed_over, None), self.next_switch(duty_id, since, off=True))
            ends = [moment for moment in moments if moment is not None]
            yield since, min(ends, default=None), role
            since = min(ends, default=None)
