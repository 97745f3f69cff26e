"""The obligations that a schedule opens as time goes on: slot by slot, each a period or an occasion, with where it goes on after it.

`slots` begins anywhere that a slot has said it may go on from, so that a later ledger need not list again what is over (`continuation`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import cast

import attrs
from pendulum import DateTime

from coachcore.charter.duty import DutySchedule
from coachcore.charter.schedules import Among, Every, ForEach, Of, Once, OnceOf, Standing
from coachcore.engagement.timeline import NEVER, Timeline
from coachcore.ledger import ids
from coachcore.ledger.bookings import (
    Bookings,
    bookings_in_turn,
    bookings_of_now,
    cancelled_as_learnt,
    to_begin_between,
    to_decide_the_first,
)
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.obligations import LapseReason
from coachcore.ledger.occasions import OCCASIONS, Occasion, started_for
from coachcore.ledger.opening import Opening, opened_obligation, timeline_of, weight_of
from coachcore.ledger.shares import Debtor, Share, all_of
from coachcore.ledger.tenures import Tenure, Tenures, tenures_of
from coachcore.model.parties import Role
from coachcore.model.times import MICROSECOND, Period, moved

__all__ = ["OtherOccasions", "Slot", "Start", "openings", "slots"]

SHORTEST_CADENCE = Period(days=1)
"""An agreed cadence below it counts as a day: seconds would open millions of obligations, and due times are days."""


@attrs.define(kw_only=True, eq=False)
class PeriodStart:
    """Where periods go on. number: of the last one, and due when it was due. begin: of the next. anchor, cadence, times: what due days
    are counted by. last: from when to when the last one lasted, where there was one.
    """

    number: int = 0
    due: DateTime
    begin: DateTime
    anchor: DateTime
    cadence: Period
    times: int = 0
    last: tuple[DateTime, DateTime] | None = None


@attrs.define(kw_only=True, eq=False)
class OccasionStart:
    """Where occasions go on.

    skip: how many there were. last: what the last was about, and its number. groups: for each lane, how many there were of it, and when
    the last whole group of them began.
    """

    skip: int
    last: tuple[str, int]
    groups: Mapping[str | None, tuple[int, DateTime]]


Start = PeriodStart | OccasionStart | None


@attrs.define(eq=False)
class Slot:
    """One period or occasion of a schedule.

    openings: the obligations that it opened; none where the duty was not owed then. closes_at: when it is over. after: where the
    schedule goes on after it; None where it has no more than a few.
    """

    openings: tuple[Opening, ...]
    closes_at: DateTime
    after: Start = None


class OtherOccasions(Exception):
    """The occasions before a start are no longer those that they were."""


def openings(duty_schedules: Sequence[DutySchedule], index: EventIndex) -> Iterator[Opening]:
    """Every obligation that was opened by `as_of`, duty by duty."""
    for opened_by in duty_schedules:
        for slot in slots(opened_by, index):
            yield from slot.openings


def slots(opened_by: DutySchedule, index: EventIndex, start: Start = None) -> Iterator[Slot]:
    """The periods or occasions of a schedule up to `as_of`, in order; those after a start, where one is given.

    Raises OtherOccasions.
    """
    match opened_by.schedule:
        case Standing():
            return _standing(opened_by, index)
        case Once() as once:
            return _once(opened_by, once, index)
        case Every() as every:
            return _every(opened_by, every, index, cast("PeriodStart | None", start))
        case ForEach() as for_each:
            return _for_each(opened_by, for_each, index, cast("OccasionStart | None", start))


# --- kinds of schedule -----------------------------------------------------------------------------------------------


def _standing(opened_by: DutySchedule, index: EventIndex) -> Iterator[Slot]:
    """One for each span in which one role carries the duty; a handover begins another, and so does switching it on again."""
    timeline, duty = index.timeline, opened_by.duty
    for number, (since, until, responsible) in enumerate(timeline.spans(duty.id), 1):
        if since > index.as_of or (number > 1 and timeline.closed_at is not None and since >= timeline.closed_at):
            return
        end = min(filter(None, (until, timeline.closed_at)), default=NEVER)
        opening = Opening(
            id=ids.once(duty.id, "standing" if number == 1 else f"standing.{number}"),
            opened_by=opened_by,
            share=Share(role=responsible, parties=timeline.members_at(responsible, since)),
            opened_at=since,
            begin=timeline.began_at if number == 1 else since,
            anchor=since,
            due_at=max(end, since),
            closes_at=max(end, since),
            weight=weight_of(duty, timeline.terms(duty.id, since)),
            ends_at=until,
        )
        yield Slot((opening,), NEVER)


def _dues_by_session(
    due: DateTime, number: int | None, since: DateTime, debtor: Debtor, index: EventIndex
) -> Mapping[DateTime, DateTime]:
    """The end of the day of the nth session from a moment on, or when something would be due anyway where that comes before it.

    By the sessions as whoever owes it knew them from each moment on, the last being the due time of now.
    """
    dues = {since: due}
    if number is None:
        return dues
    last, timeline = due, index.timeline
    for bookings in bookings_in_turn(to_begin_between(since, due, index), debtor, index):
        starts_at = bookings.nth_start(number, since)
        # a session may be booked for a day of a pause, and nothing is due on one
        due_then = due if starts_at is None else min(due, timeline.due_on(timeline.day_at(starts_at), starts_at))
        if due_then != last or bookings.since <= since:
            last = dues[max(bookings.since, since)] = due_then
    return dues


def _opened_as_due(dues: Mapping[DateTime, DateTime], opened: Callable[..., Opening | None]) -> Opening | None:
    """An obligation that was due otherwise before. dues: from each moment on. opened: the obligation, by its due time."""
    *_, due = dues.values()
    opening = opened(due_at=due)
    if opening is None or len(dues) == 1:
        return opening
    forms = ((since, opened(due_at=due)) for since, due in dues.items())
    return attrs.evolve(opening, forms=tuple((since, form) for since, form in forms if form is not None))


def _debtors(opened_by: DutySchedule, role: Role, index: EventIndex) -> Sequence[Debtor]:
    """Who owes what a schedule asks, as what they know is concerned: a role, or each party of a group for themselves."""
    timeline, duty = index.timeline, opened_by.duty
    if not timeline.has_group(role) or duty.owners_of(opened_by.schedule) is not Among.EACH_PARTY:
        return (all_of(role),)
    return [Debtor(role, party) for party in dict.fromkeys(member.party for member in timeline.memberships(role))]


def _begin(opened_by: DutySchedule, index: EventIndex, only: str | None = None) -> DateTime | None:
    """From when a schedule asks for something, as everybody who owes it then could know; None before the start.

    only: the party whose it is, where each has their own.
    """
    begin = index.timeline.started_at
    if begin is None:
        return None
    debtors = _debtors(opened_by, tenures_of(opened_by, index).tenure_at(begin).role, index)
    begins = (started_for(debtor, index) for debtor in debtors if only in (None, debtor.party))
    return max((since for since in begins if since is not None), default=begin)


def _once(opened_by: DutySchedule, schedule: Once, index: EventIndex) -> Iterator[Slot]:
    """The only one, in a group of each party."""
    if schedule.of is OnceOf.FIRST_SESSION:
        yield from _by_first_session(opened_by, schedule, index)
        return
    timeline = timeline_of(opened_by, index)
    begin = _begin(opened_by, index)
    if begin is None:
        return
    tenures = tenures_of(opened_by, index)
    for share in tenures.shares_at(opened_by, tenures.tenure_at(begin), begin, NEVER):
        opened_at = share.opened_at(begin)
        due = timeline.due(opened_at, schedule.within)
        days_left = timeline.days_left(opened_at, schedule.within) if due == NEVER else None
        opened = partial(_opens_once(opened_by, schedule, share, index, opened_at), days_left=days_left)
        opening = _opened_as_due(_dues_by_session(due, schedule.sessions, opened_at, share.debtor, index), opened)
        if opening is not None:
            yield Slot((opening,), NEVER)


def _opens_once(
    opened_by: DutySchedule, schedule: Once, share: Share, index: EventIndex, opened_at: DateTime
) -> Callable[..., Opening | None]:
    """The only obligation of a share, to be opened by when it is due."""
    return partial(
        opened_obligation,
        opened_by,
        index,
        tenures_of(opened_by, index),
        partial(ids.once, opened_by.duty.id, schedule.of),
        share,
        opened_at=opened_at,
        begin=index.timeline.began_at if share.since is None else opened_at,
        anchor=opened_at,
    )


def _by_first_session(opened_by: DutySchedule, schedule: Once, index: EventIndex) -> Iterator[Slot]:
    """What is due by the first session, in a group by what each who owes it knew of the sessions."""
    if index.sessions:
        role = tenures_of(opened_by, index).tenure_at(index.sessions[0].scheduled_at).role
        for debtor in _debtors(opened_by, role, index):
            yield from _by_first_session_of(debtor, opened_by, schedule, index)


def _by_first_session_of(debtor: Debtor, opened_by: DutySchedule, schedule: Once, index: EventIndex) -> Iterator[Slot]:
    """What is due by the first session, with the forms that it had as sessions were booked, moved and cancelled."""
    now = index.cached(("bookings", debtor), partial(bookings_of_now, debtor))
    if now is None:
        return
    forms: dict[str, list[tuple[DateTime, Opening]]] = {}
    last = None
    for bookings in bookings_in_turn(to_decide_the_first(now, debtor, index), debtor, index):
        latest, last = last, (bookings.first_at, bookings.first_start, None if bookings.starts else bookings.since)
        if last != latest:
            for form in _opened_by_first_session(debtor, opened_by, schedule, index, bookings):
                forms.setdefault(form.id, []).append((bookings.since, form))
    for opening in _opened_by_first_session(debtor, opened_by, schedule, index, now):
        own = tuple(forms.get(opening.id, ()))
        is_as_ever = not own or (len(own) == 1 and own[0][0] <= opening.opened_at)
        yield Slot((opening if is_as_ever else attrs.evolve(opening, forms=own),), NEVER)


def _opened_by_first_session(
    debtor: Debtor, opened_by: DutySchedule, schedule: Once, index: EventIndex, bookings: Bookings
) -> Iterator[Opening]:
    """The obligations of somebody that a schedule opens by the sessions of a moment."""
    timeline = timeline_of(opened_by, index)
    begin, due = bookings.first_at, bookings.first_start
    ends_at, lapse_reason = (None if bookings.starts else bookings.since), LapseReason.CANCELLED
    learnt_at = None if ends_at is None else cancelled_as_learnt(ends_at, index)
    if ends_at is None and timeline.closed_at is not None and due > timeline.closed_at:
        ends_at, lapse_reason = timeline.closed_at, LapseReason.ENDED  # it will not be held
    tenures = tenures_of(opened_by, index)
    for share in tenures.shares_at(opened_by, tenures.tenure_at(begin), begin, due):
        if debtor.party not in (None, share.lane):
            continue
        opened = _opens_once(opened_by, schedule, share, index, share.opened_at(begin))
        opening = opened(due_at=due, ends_at=ends_at, lapse_reason=lapse_reason, ends_learnt_at=learnt_at)
        if opening is not None:
            yield opening


def _renewals(
    duty_id: str, schedule: Every, share: Share, index: EventIndex, begin: DateTime, end: DateTime
) -> Iterable[DateTime]:
    """When, from one moment to another, the evidence came from which a period is counted. None where periods follow the calendar."""
    if not schedule.from_last:
        return ()
    span = {"opened_at": begin, "begin": begin, "end": min(end, index.as_of)}
    events = index.matching(schedule.evidence[0], duty_id=duty_id, share=share, subject_id=None, since=None, **span)
    return (event.occurred_at for event in events)


def _every(opened_by: DutySchedule, schedule: Every, index: EventIndex, start: PeriodStart | None) -> Iterator[Slot]:
    """Those of every period; in a group, where periods are counted from what each party did, those of one party after the other's."""
    timeline, duty = index.timeline, opened_by.duty
    if schedule.from_last and timeline.has_group(duty.role) and duty.owners_of(schedule) is Among.EACH_PARTY:
        for party in dict.fromkeys(member.party for member in timeline.memberships(duty.role)):
            yield from (attrs.evolve(slot, after=None) for slot in _periods(opened_by, schedule, index, None, party))
    else:
        yield from _periods(opened_by, schedule, index, start)


def _periods(
    opened_by: DutySchedule, schedule: Every, index: EventIndex, start: PeriodStart | None, only: str | None = None
) -> Iterator[Slot]:
    """One for each period. An amended cadence holds from the next period on, and is counted from the due day before it.

    No period begins after the day on which the engagement was then agreed to end; once it is extended, periods are
    counted from that. only: the party whose periods are counted, where each has their own.
    """
    timeline, duty = timeline_of(opened_by, index), opened_by.duty
    tenures = tenures_of(opened_by, index)
    begin = _begin(opened_by, index, only)
    if begin is None:
        return

    def shares_in(tenure: Tenure, moment: DateTime) -> Iterable[Share]:
        all_shares = tenures.shares_at(opened_by, tenure, moment)
        return all_shares if only is None else [share for share in all_shares if share.lane == only]

    if start is None:
        first_shares = shares_in(tenures.tenure_at(begin), begin)
        renewals = (_renewals(duty.id, schedule, share, index, timeline.began_at, begin) for share in first_shares)
        anchor = max(chain.from_iterable(renewals), default=begin)
        start = PeriodStart(begin=begin, due=anchor, anchor=anchor, cadence=schedule.every)
    begin, last_due, number, last = start.begin, start.due, start.number, start.last
    anchor, cadence, times = start.anchor, start.cadence, start.times
    # what begins at this very moment is owed; at the closing, no more
    end = timeline.closed_at or moved(index.as_of, MICROSECOND)
    while begin is not None and (begin < end or number == 0):
        tenure = tenures.tenure_at(begin)
        is_over = begin > timeline.agreed_end_at(begin)
        if is_over or tenure.is_off:
            begin = timeline.extended_at(begin) if is_over else timeline.next_switch(duty.id, begin, off=False)
            if begin is not None:
                anchor, last_due, times = begin, begin, 0
            continue
        terms = tenure.terms
        agreed = max(terms.every, SHORTEST_CADENCE) if terms is not None and terms.every is not None else schedule.every
        if agreed != cadence:
            cadence, anchor, times = agreed, last_due, 0
        times, number = times + 1, number + 1
        due = timeline.due(anchor, cadence, times)
        opened = []
        renewed_at = None
        for share in shares_in(tenure, begin):
            opening = opened_obligation(
                opened_by,
                index,
                tenures,
                partial(ids.of_period, duty.id, number),
                share,
                opened_at=begin,
                begin=begin,
                anchor=begin,
                due_at=due,
                days_left=timeline.days_left(anchor, cadence, times) if due == NEVER else None,
                period_before=last,
            )
            if opening is not None:
                opened.append(opening)
                renewed_at = next(iter(_renewals(duty.id, schedule, share, index, begin, opening.closes_at)), None)
        if renewed_at is not None:
            anchor, times = renewed_at, 0
        last_due = renewed_at or due
        last = begin, last_due
        begin = None if last_due == NEVER else moved(last_due, MICROSECOND)
        after = PeriodStart(
            number=number,
            due=last_due,
            begin=begin or NEVER,
            anchor=anchor,
            cadence=cadence,
            times=times,
            last=last,
        )
        yield _slot(opened, due, after)


def _slot(opened: Sequence[Opening], due_at: DateTime, after: Start) -> Slot:
    if len(opened) == 1:
        return Slot((opened[0],), max(due_at, opened[0].closes_at), after)
    return Slot(tuple(opened), max([due_at, *(opening.closes_at for opening in opened)]), after)


def _for_each(
    opened_by: DutySchedule, schedule: ForEach, index: EventIndex, start: OccasionStart | None
) -> Iterator[Slot]:
    timeline, duty = timeline_of(opened_by, index), opened_by.duty
    tenures = tenures_of(opened_by, index)
    is_group = schedule.nth > 1
    skip, groups = (0, {}) if start is None else (start.skip, dict(start.groups))
    occasions = OCCASIONS[schedule.of](duty, schedule, index, skip - 1 if skip else 0)
    if start is not None:
        last = next(occasions, None)
        if last is None or (last.subject_id, last.number) != start.last:
            raise OtherOccasions
    for place, listed in enumerate(occasions, skip + 1):
        tenure = tenures.tenure_at(listed.opened_at)
        occasion = listed.as_learnt_by(all_of(tenure.role), schedule.of, index)
        # the first due day of an action has no number in its id
        number = occasion.number if occasion.number > 1 or schedule.of is Of.GOAL_CHANGE else 0
        due, dues = _due_of(occasion, all_of(tenure.role), schedule, timeline, index)
        name = partial(
            ids.of_occasion,
            duty.id,
            occasion.subject_id,
            schedule.of,
            number=number,
            is_first_kind=opened_by.is_first_kind,
            has_numbers=opened_by.has_numbers,
        )
        opened = []
        for share in _shares_of(occasion, opened_by, tenure, tenures):
            begin = occasion.begin
            if is_group:
                count, group_begin = groups.get(share.lane, (0, timeline.began_at))
                is_whole = (count + 1) % schedule.nth == 0
                groups[share.lane] = (count + 1, begin if is_whole else group_begin)
                if not is_whole:
                    continue
                begin = group_begin
            learnt, own_due, own_dues = occasion, due, dues
            if share.party is not None:
                learnt = listed.as_learnt_by(share.debtor, schedule.of, index)
                own_due, own_dues = _due_of(learnt, share.debtor, schedule, timeline, index)
            days_left = _days_left(learnt, schedule, timeline) if own_due == NEVER else None
            if own_dues is None:
                opening = _opened_for(opened_by, index, tenures, name, share, learnt, begin, days_left, own_due)
            else:
                opens = partial(_opened_for, opened_by, index, tenures, name, share, learnt, begin, days_left)
                opening = _opened_as_due(own_dues, opens)
            if opening is not None:
                opened.append(opening)
        after = OccasionStart(
            skip=place, last=(occasion.subject_id, occasion.number), groups=dict(groups) if is_group else groups
        )
        # a session by which it was due may still be cancelled, and the day it was due with it
        yield _slot(opened, max(due, occasion.opened_at), after if schedule.sessions is None else None)


def _due_of(
    occasion: Occasion, debtor: Debtor, schedule: ForEach, timeline: Timeline, index: EventIndex
) -> tuple[DateTime, Mapping[DateTime, DateTime] | None]:
    """When what an occasion asks for is due; and where that hangs on sessions, from each moment on at which it changed."""
    due = timeline.due(occasion.anchor, schedule.within) if occasion.anchor != NEVER else NEVER
    if schedule.sessions is None:
        return due, None
    dues = _dues_by_session(due, schedule.sessions, occasion.anchor, debtor, index)
    *_, due = dues.values()
    return due, dues


def _opened_for(
    opened_by: DutySchedule,
    index: EventIndex,
    tenures: Tenures,
    name: Callable[..., str],
    share: Share,
    occasion: Occasion,
    begin: DateTime,
    days_left: int | None,
    due_at: DateTime,
) -> Opening | None:
    """The obligation of a share that an occasion opens."""
    return opened_obligation(
        opened_by,
        index,
        tenures,
        name,
        share,
        opened_at=share.opened_at(occasion.opened_at),
        begin=begin,
        anchor=occasion.anchor,
        due_at=due_at,
        days_left=days_left,
        occasion=occasion,
        ends_at=None if _is_open_for(share, occasion, index) else occasion.ends_at,
        lapse_reason=occasion.lapse_reason,
        ends_learnt_at=occasion.ends_learnt_at,
    )


def _shares_of(occasion: Occasion, opened_by: DutySchedule, tenure: Tenure, tenures: Tenures) -> Iterable[Share]:
    """Whose obligations an occasion opens. Who joins before a session takes part in it."""
    opened_at = occasion.opened_at
    return tenures.shares_at(
        opened_by,
        tenure,
        opened_at,
        max(occasion.begin, opened_at),
        involved=occasion.involved,
        attended=occasion.attended,
    )


def _is_open_for(share: Share, occasion: Occasion, index: EventIndex) -> bool:
    """Whether the closing of an occasion does not close it for whose obligation it is: they missed a session, say."""
    ends_at = occasion.ends_at
    return ends_at is not None and any(index.is_owner(share, party_id, ends_at) for party_id in occasion.open_for)


def _days_left(occasion: Occasion, schedule: ForEach, timeline: Timeline) -> int | None:
    """While a pause stops the clock: how many days are left."""
    if occasion.anchor == NEVER:
        return occasion.days_left
    return timeline.days_left(occasion.anchor, schedule.within)
