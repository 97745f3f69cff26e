"""Opening obligations: a duty's schedules over a history give claims, each with an id, a window and a due time.

A claim is an obligation before anybody asked whether it was met. Ids never depend on what comes later: `<duty>#<n>` for
the nth period, `<duty>/<thing>` for each session, goal and so on, `<duty>/start`, `/first_session`, `/standing`. The terms
are those of the agreement in force when it was opened, and so is the role that carries it. What would fall due only after
the engagement was closed is not owed, unless it was met before. Duties are of the role: in a group, what one client does
counts for the clients.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from hashlib import sha256

import attrs
from pendulum import DateTime

from coachcore.charter.charter import Duty
from coachcore.charter.schedules import Each, Every, EvidencePattern, Need, Of, Once, OnceOf, Standing
from coachcore.engagement.state import Session, SessionStatus
from coachcore.facts import schemas
from coachcore.facts.engagement import FactsOverTime
from coachcore.ledger.evidence import Evidence
from coachcore.ledger.things import NUMBERED, THINGS, Thing
from coachcore.model.agreement import DutyTerms
from coachcore.model.parties import Role
from coachcore.model.times import Period
from coachcore.rules import Condition

__all__ = ["Claim", "claims"]

DAY = Period(days=1)
MAX_ID = 128
"""As long as an id may be (`model.value.Ident`), so that every obligation can be confirmed, contested and waived."""
NAMES = re.compile(r"(start|first_session|standing)(\.\d+)?")
LOOKS_NUMBERED = re.compile(r"\.\d+$")


@attrs.frozen(kw_only=True)
class Claim:
    """An obligation to be settled.

    pool: whose evidence is used once: the schedule it comes from. begin: from when evidence counts that names no thing.
    anchor: what due times are counted from. thing: the id that evidence must name; since: the entry (its time and
    version) it must come after. ends_at: when it fell away, if something closed it first. lapsed: its condition applied for a
    while, and no longer does.
    """

    id: str
    duty: Duty
    role: Role
    pool: str
    opened_at: DateTime
    begin: DateTime
    anchor: DateTime
    due_at: DateTime
    closes_at: DateTime
    weight: Decimal
    need: Need = Need.ANY
    evidence: tuple[EvidencePattern, ...] = ()
    thing: str | None = None
    since: tuple[DateTime, int] | None = None
    ends_at: DateTime | None = None
    is_standing: bool = False
    lapsed: bool = False


def claims(duties: tuple[Duty, ...], evidence: Evidence) -> Iterator[Claim]:
    """Every claim that has been opened by `as_of`, duty by duty."""
    for duty in duties:
        tags = [each.of for each in duty.schedules if isinstance(each, Each)]
        for schedule in duty.schedules:
            match schedule:
                case Standing():
                    yield from _standing(duty, evidence)
                case Once():
                    yield from _once(duty, schedule, evidence)
                case Every():
                    yield from _every(duty, schedule, evidence)
                case Each():
                    yield from _each(duty, schedule, evidence, "" if schedule.of is tags[0] else str(schedule.of))


def _claim(
    duty: Duty,
    schedule: Once | Every | Each,
    evidence: Evidence,
    claim_id: str,
    *,
    opened_at: DateTime,
    begin: DateTime,
    anchor: DateTime,
    due_at: DateTime,
    thing: Thing | None = None,
    is_group: bool = False,
    ends_at: DateTime | None = None,
) -> Claim | None:
    """A claim under the terms of when it was opened; None where it was not: not yet, put off, closed, or not applying."""
    timeline = evidence.timeline
    if opened_at > evidence.as_of or (timeline.closed_at is not None and opened_at > timeline.closed_at):
        return None
    terms = timeline.terms(duty.id, opened_at)
    if terms is not None and terms.off:
        return None
    due = max(due_at, opened_at)  # entered after the fact: due at once
    grace = terms.grace if terms is not None and terms.grace is not None else schedule.grace
    ends = [
        each
        for each in (ends_at, timeline.closed_at, timeline.next_switch(duty.id, opened_at, off=True))
        if each is not None
    ]
    claim = Claim(
        id=claim_id,
        duty=duty,
        role=timeline.responsible_role(duty.id, opened_at),
        pool=f"{duty.id} {schedule.kind} {getattr(schedule, 'of', '')}",
        opened_at=opened_at,
        begin=begin,
        anchor=anchor,
        due_at=due,
        closes_at=timeline.after(due, grace),
        weight=_weight(duty, terms),
        need=schedule.need,
        evidence=schedule.evidence,
        thing=None if thing is None or is_group else thing.key,
        since=None if thing is None or is_group else thing.since,
        ends_at=min(ends, default=None),
    )
    if duty.applies is None or _applies(duty, min(due, evidence.as_of), evidence):
        return claim
    at = _no_longer(duty, claim, evidence)  # it applied for a while
    return None if at is None else attrs.evolve(claim, ends_at=min(filter(None, (at, claim.ends_at))), lapsed=True)


def _weight(duty: Duty, terms: DutyTerms | None) -> Decimal:
    return duty.weight if terms is None or terms.weight is None else terms.weight


# --- whether a duty applies ------------------------------------------------------------------------------------------


@cache
def _condition(text: str) -> Condition:
    return Condition.of(text, schemas()["engagement"])


def _facts(evidence: Evidence) -> FactsOverTime:
    return FactsOverTime(evidence.history)


def _no_longer(duty: Duty, claim: Claim, evidence: Evidence) -> DateTime | None:
    """When a duty ceased to apply that had applied since its claim was opened; None where it never did."""
    end = min(claim.due_at, evidence.as_of)
    moments = {claim.opened_at} | evidence.once("facts", _facts).changes(claim.opened_at, end)
    applied = None
    for moment in sorted(moments, reverse=True):
        if _applies(duty, moment, evidence):
            return applied or moment
        applied = moment
    return None


def _applies(duty: Duty, moment: DateTime, evidence: Evidence) -> bool:
    """Whether a duty's condition lets it be owed, by the facts of a moment: when it is due, or now if that is earlier.

    Unknown is not false: a condition that is unknown leaves it owed.
    """
    assert duty.applies is not None
    condition = _condition(duty.applies)
    return condition.evaluate(evidence.once("facts", _facts).at(moment, condition.facts)) is not False


# --- the kinds of schedule -------------------------------------------------------------------------------------------


def _standing(duty: Duty, evidence: Evidence) -> Iterator[Claim]:
    """One for as long as a role carries the duty without a break; another when it is handed over, or taken up again."""
    timeline = evidence.timeline
    for number, (since, until, carrier) in enumerate(timeline.spans(duty.id), 1):
        if since > evidence.as_of or (number > 1 and timeline.closed_at is not None and since >= timeline.closed_at):
            return
        end = min((each for each in (until, timeline.closed_at) if each is not None), default=evidence.as_of)
        yield Claim(
            id=f"{duty.id}/standing" if number == 1 else f"{duty.id}/standing.{number}",
            duty=duty,
            role=carrier,
            pool=f"{duty.id} standing",
            opened_at=since,
            begin=timeline.began_at if number == 1 else since,
            anchor=since,
            due_at=max(end, since),
            closes_at=max(end, since),
            weight=_weight(duty, timeline.terms(duty.id, since)),
            ends_at=until,
            is_standing=True,
        )


def _once(duty: Duty, schedule: Once, evidence: Evidence) -> Iterator[Claim]:
    timeline = evidence.timeline
    ordered = evidence.history.state.sessions_in_order
    sessions = [each for each in ordered if each.status in (SessionStatus.HELD, SessionStatus.SCHEDULED)]
    ends_at = None
    if schedule.of is OnceOf.FIRST_SESSION:
        first: Session | None = sessions[0] if sessions else ordered[0] if ordered else None
        if first is None:
            return
        opened, due = min(first.scheduled_at, first.starts_at), first.starts_at
        ends_at = None if sessions else max(each.settled_at or each.starts_at for each in ordered)
    elif timeline.started_at is None:
        return
    else:
        opened = timeline.started_at
        due = timeline.after(opened, schedule.within)
        after = [each for each in sessions if each.starts_at >= opened]
        if schedule.sessions is not None and len(after) >= schedule.sessions:
            due = min(due, max(after[schedule.sessions - 1].starts_at, opened))
    claim = _claim(
        duty,
        schedule,
        evidence,
        f"{duty.id}/{schedule.of}",
        opened_at=opened,
        begin=timeline.began_at,
        anchor=opened,
        due_at=due,
        ends_at=ends_at,
    )
    if claim is not None:
        yield claim


def _every(duty: Duty, schedule: Every, evidence: Evidence) -> Iterator[Claim]:
    """A claim for each period. A cadence that is changed holds from the next period on, which is counted from its own begin."""
    timeline = evidence.timeline
    begin = timeline.started_at
    if begin is None:
        return
    end = timeline.closed_at or evidence.as_of
    cadence, anchor, times, number = schedule.every, begin, 0, 0
    while begin is not None and (begin < end or number == 0):
        if timeline.is_off(duty.id, begin):
            begin = timeline.next_switch(duty.id, begin, off=False)
            if begin is not None:
                anchor, times = begin, 0
            continue
        terms = timeline.terms(duty.id, begin)
        wanted = max(terms.every, DAY) if terms is not None and terms.every is not None else schedule.every
        if wanted != cadence:
            cadence, anchor, times = wanted, begin, 0
        times, number = times + 1, number + 1
        due = timeline.after(anchor, cadence, times)
        claim = _claim(
            duty,
            schedule,
            evidence,
            f"{duty.id}#{number}",
            opened_at=begin,
            begin=begin,
            anchor=begin,
            due_at=due,
        )
        if claim is not None:
            yield claim
        begin = due


def _each(duty: Duty, schedule: Each, evidence: Evidence, tag: str) -> Iterator[Claim]:
    timeline = evidence.timeline
    numbers = any(isinstance(each, Each) and each.of in NUMBERED for each in duty.schedules)
    anchors = [timeline.began_at]  # of the sessions so far, when every nth is asked for
    for index, thing in enumerate(THINGS[schedule.of](duty, schedule, evidence), 1):
        is_group = schedule.nth > 1
        if is_group:
            anchors.append(thing.anchor)
            if index % schedule.nth:
                continue
        number = thing.number if thing.number > 1 or schedule.of is Of.GOAL_CHANGE else 0  # an action's first has none
        claim = _claim(
            duty,
            schedule,
            evidence,
            _id(duty.id, thing.key, number, tag, numbers=numbers),
            opened_at=thing.opened_at,
            begin=anchors[max(index - schedule.nth, 0)] if is_group else thing.begin,
            anchor=thing.anchor,
            due_at=timeline.after(thing.anchor, schedule.within),
            thing=thing,
            is_group=is_group,
            ends_at=thing.ends_at,
        )
        if claim is not None:
            yield claim


def _id(duty_id: str, key: str, number: int, tag: str, *, numbers: bool) -> str:
    """The id of an obligation for a thing, unlike any other of the duty whatever the thing is called.

    An `@` in the thing's id is doubled; what follows a single one says of what it is, where the duty has obligations for
    several kinds of thing, or nothing, where the id alone would read as another obligation's.
    """
    name = key.replace("@", "@@")
    if tag:
        name = f"{name}@{tag}"
    elif NAMES.fullmatch(key) or (numbers and LOOKS_NUMBERED.search(key)):
        name = f"{name}@"
    if number:
        name = f"{name}.{number}"
    if len(duty_id) + 1 + len(name) > MAX_ID:
        name = f"{sha256(name.encode()).hexdigest()[:32]}@long"
    return f"{duty_id}/{name}"
