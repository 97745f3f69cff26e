"""Judging an obligation by what happened: which events meet it, and whether in time. What the parties say of it: `assertions`.

Evidence is an event that fits a pattern of the charter, several events that together show what a pattern asks for, or a computed check.
Where all patterns are needed, each has its own time limit; what could not be there in time is not asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import ANSWERS, OUTCOME_CHECKS, EvidencePattern, Need, Of, Who
from coachcore.engagement.timeline import NEVER, Timeline
from coachcore.events import Event, by_occurrence
from coachcore.ledger.checks import CHECKS, Evidence, NoAnswer
from coachcore.ledger.event_index import EventIndex, is_readable
from coachcore.ledger.obligations import LapseReason
from coachcore.ledger.occasions import GOAL_CLOSED
from coachcore.ledger.opening import Opening
from coachcore.model.times import MICROSECOND, Period, day_of, moved

__all__ = ["Judgement", "asked_patterns", "in_time_until", "is_lacking", "is_ready", "judge"]

LAPSE_REASONS = {
    NoAnswer.NOT_ASKED: LapseReason.NOT_ASKED,
    NoAnswer.NOT_JUDGED: LapseReason.NOT_JUDGED,
    NoAnswer.CANCELLED: LapseReason.CANCELLED,
}


@attrs.define(kw_only=True, eq=False)
class Judgement:
    """What the events show about an obligation.

    evidence: what meets it, and whether that is_in_time. used: ids of events that belong to it, whether they count or are contested.
    was_met: whether it would be met if nothing were contested. is_known: False while a check cannot answer yet. lapse_reason: why
    nobody can be blamed if no evidence comes; None where the one who owes it can. late_from: from when on it was met late by what was
    entered too late, until evidence came that was not.
    """

    evidence: Evidence | None = None
    is_in_time: bool = False
    used: tuple[str, ...] = ()
    was_met: bool = False
    is_known: bool = True
    lapse_reason: LapseReason | None = None
    late_from: Evidence | None = None


@attrs.define(eq=False)
class PatternMatch:
    """The evidence for one pattern: what counts, what would count if nothing were contested, and up to when it is in time.

    is_theirs: whether it is the other side's to give. no_answer: why a check says neither yes nor no. is_entered_late: the evidence was
    entered so late that it is late whenever it occurred. late_from: evidence before it that was.
    """

    counting: Evidence | None
    contested: Evidence | None
    in_time_until: DateTime
    is_theirs: bool = False
    no_answer: NoAnswer | None = None
    is_entered_late: bool = False
    late_from: Evidence | None = None

    def is_in_time(self, evidence: Evidence) -> bool:
        """Whether evidence for the pattern is in time."""
        return not self.is_entered_late and evidence.met_at <= self.in_time_until

    @property
    def either(self) -> Evidence | None:
        return self.counting or self.contested

    @property
    def first(self) -> Evidence | None:
        """The first evidence that counts, though it may have been entered so late that later evidence is better."""
        return self.late_from or self.counting or self.contested


LACKING = PatternMatch(None, None, NEVER)
LACKING_OF_THE_OTHER_SIDE = PatternMatch(None, None, NEVER, is_theirs=True)
MISSING = Judgement()
NOT_JUDGED = Judgement(lapse_reason=LapseReason.NOT_JUDGED)
"""What a ledger finds most, made once: nothing that a pattern asks for, and nothing that any asks for, of either side."""


def _event_ids(evidence: Iterable[Evidence | None]) -> tuple[str, ...]:
    return tuple(event_id for part in evidence if part is not None for event_id in part.event_ids)


def judge(opening: Opening, index: EventIndex, used: set[str], end: DateTime, contested_version: int) -> Judgement:
    """What meets an obligation up to a moment. Where all patterns are needed, the last one met decides, and each must be in time.

    Where something was contested, all of it counts again once any of it was recorded anew.
    """
    patterns = asked_patterns(opening, index.timeline)
    if not patterns:
        return Judgement(lapse_reason=LapseReason.NOT_ASKED)
    judgement = _judge(opening, patterns, index, used, end, contested_version)
    if index.source is None or judgement.was_met or _can_be_known(patterns, opening, index):
        return judgement
    return attrs.evolve(judgement, is_known=True, lapse_reason=LapseReason.SOURCE_CANNOT_TELL)


def _can_be_known(patterns: Iterable[EvidencePattern], opening: Opening, index: EventIndex) -> bool:
    """Whether the engagement's source could show that nothing met any of some patterns."""
    if index.source is None:
        return True
    return index.source_can_tell({kind for pattern in patterns for kind in pattern.types}, opening.opened_at)


def _judge(
    opening: Opening,
    patterns: Sequence[EvidencePattern],
    index: EventIndex,
    used: set[str],
    end: DateTime,
    contested_version: int,
) -> Judgement:
    match, *others = [_match(pattern, opening, index, used, end, contested_version) for pattern in patterns]
    if match is LACKING and all(other is LACKING for other in others):
        return MISSING
    if match is LACKING_OF_THE_OTHER_SIDE and all(other is match for other in others):
        return NOT_JUDGED
    if not others and (evidence := match.counting) is not None:  # as most obligations are met
        return Judgement(
            evidence=evidence,
            is_in_time=match.is_in_time(evidence),
            used=evidence.event_ids,
            was_met=True,
            late_from=match.late_from,
        )
    matches = [match, *others]
    is_known = all(match.no_answer is not NoAnswer.NOT_YET for match in matches)
    if not any(match.either for match in matches):
        return Judgement(is_known=is_known, lapse_reason=_lapse_reason(opening.need, matches))
    belonging = _event_ids(part for match in matches for part in (match.counting, match.contested))
    if opening.need is Need.ANY:
        counting = [(match.counting, match) for match in matches if match.counting]
        if not counting:
            reason = _lapse_reason(opening.need, matches)
            return Judgement(used=belonging, was_met=True, is_known=is_known, lapse_reason=reason)
        evidence, match = min(counting, key=lambda pair: (pair[1].is_entered_late, pair[0].met_at))
        is_in_time = match.is_in_time(evidence)
        belonging = _event_ids([evidence, *(match.contested for match in matches)])
        first = min((match.first or part for part, match in counting), key=lambda part: part.met_at)
    else:
        met = [(match.either, match) for match in matches if match.either]
        if len(met) < len(matches):
            return Judgement(is_known=is_known, lapse_reason=_lapse_reason(opening.need, matches))
        if contested_version and not any(match.counting for match in matches):
            return Judgement(used=belonging, was_met=True, is_known=is_known)
        is_in_time = all(match.is_in_time(part) for part, match in met)
        evidence = _last_of([part for part, _ in met])
        first = _last_of([match.first or part for part, match in met])
    late_from = first if first.met_at < evidence.met_at else None
    return Judgement(
        evidence=evidence,
        is_in_time=is_in_time,
        used=belonging,
        was_met=True,
        is_known=is_known,
        late_from=late_from,
    )


def _last_of(parts: Sequence[Evidence]) -> Evidence:
    """Evidence of which all parts are needed: it is there once the last part is."""
    return Evidence(max(part.met_at for part in parts), _event_ids(parts))


def _lapse_reason(need: Need, matches: Sequence[PatternMatch]) -> LapseReason | None:
    """Why nobody can be blamed for what is lacking; None where the one who owes it can.

    A check that says neither yes nor no leaves it unknown, where any pattern is enough, and all else that is lacking is lacking
    alike. The silence of the other side excuses only where nothing is lacking but theirs.
    """
    if not any(match.is_theirs or match.no_answer for match in matches):
        return None
    lacking = [match for match in matches if match.either is None]
    reasons = [LAPSE_REASONS[match.no_answer] for match in lacking if match.no_answer in LAPSE_REASONS]
    others = [match for match in lacking if match.no_answer not in LAPSE_REASONS]
    if reasons and (need is Need.ANY or all(match.is_theirs for match in others)):
        return reasons[0]
    return LapseReason.NOT_JUDGED if lacking and all(match.is_theirs for match in others) else None


def is_ready(opening: Opening, index: EventIndex, used: set[str], contested_version: int) -> bool:
    """Whether all that is asked beside how the session went was there in time, of what depends on that, and where all of it is needed."""
    if opening.need is Need.ANY or not opening.opened_by.outcome_checks:
        return True
    rest = [pattern for pattern in asked_patterns(opening, index.timeline) if pattern.check not in OUTCOME_CHECKS]
    matches = [_match(pattern, opening, index, used, opening.closes_at, contested_version) for pattern in rest]
    return all(match.counting is not None and match.is_in_time(match.counting) for match in matches)


def asked_patterns(opening: Opening, timeline: Timeline) -> Sequence[EvidencePattern]:
    """The patterns of an obligation that can be met in time.

    What was to be there before the obligation was opened is not asked, as an agenda by the day before a session that is booked today.
    Nor is what the other side left less time for than the lead time, by booking the session late or moving it there.
    """
    evidence = opening.opened_by.schedule.evidence
    if not opening.opened_by.has_lead_times:  # as most
        return evidence
    return [
        pattern
        for pattern in evidence
        if pattern.lead_time is None or _can_be_there(opening, pattern.lead_time, timeline)
    ]


def _can_be_there(opening: Opening, lead_time: Period, timeline: Timeline) -> bool:
    """Whether what is asked for a lead time before the session can be there in time."""
    before = lead_time.before(opening.anchor, timeline.zone_at(opening.anchor))
    is_set_in_time = opening.time_set_at is None or opening.time_set_at <= before
    return is_set_in_time and _last_in_time(before, opening.anchor, lead_time, timeline) >= opening.opened_at


def in_time_until(pattern: EvidencePattern, opening: Opening, timeline: Timeline) -> DateTime:
    """Until when evidence of a pattern is in time: up to the due time, or a lead time before the session."""
    return opening.due_at if pattern.lead_time is None else _before(opening.anchor, pattern.lead_time, timeline)


def is_lacking(pattern: EvidencePattern, opening: Opening, index: EventIndex) -> bool:
    """Whether no event so far shows what a pattern asks for; True for a check, which says when it is met and not how far it is."""
    if pattern.check is not None:
        return True
    return _jointly(pattern, _evidence(pattern, opening, index, index.as_of), opening, index) is None


def _before(anchor: DateTime, lead_time: Period, timeline: Timeline) -> DateTime:
    """Until when something is in time that is asked for a period before a moment."""
    return _last_in_time(lead_time.before(anchor, timeline.zone_at(anchor)), anchor, lead_time, timeline)


def _last_in_time(before: DateTime, anchor: DateTime, lead_time: Period, timeline: Timeline) -> DateTime:
    """The last moment in time, by the moment that is a lead time before another: for days, the end of that day."""
    return timeline.end_of(day_of(before, timeline.zone_at(anchor))) if lead_time.is_of_days else before


def _match(
    pattern: EvidencePattern, opening: Opening, index: EventIndex, used: set[str], end: DateTime, contested_version: int
) -> PatternMatch:
    if pattern.check is not None:
        return _checked(pattern, pattern.check, opening, index, end, contested_version)
    is_theirs = pattern.by is Who.COUNTERPART
    lacking = LACKING_OF_THE_OTHER_SIDE if is_theirs else LACKING
    if pattern.type is not None and not index.of_type(pattern.type):
        return lacking
    limit = in_time_until(pattern, opening, index.timeline)
    if pattern.in_time:
        end = min(end, limit)
    elif pattern.lead_time is not None:
        end = min(end, opening.anchor)  # nobody prepares a session that has begun
    fitting = _evidence(pattern, opening, index, end)
    if fitting == () and pattern.answers is None:
        return lacking
    contested, is_entered_late, late_from = None, False, None
    late: list[Event] = []
    fresh = _fresh(fitting, opening, index, used, late)
    if contested_version:
        events = list(fresh)
        counting = _jointly(pattern, (event for event in events if event.version > contested_version), opening, index)
        if counting is None:
            contested = _jointly(pattern, events, opening, index)
    else:
        counting = _jointly(pattern, fresh, opening, index)
    if late and not is_theirs:
        if counting is None:
            counting = _whenever_entered(pattern, opening, index, used, end, contested_version)
            is_entered_late = counting is not None
        else:
            before = moved(counting.met_at, -MICROSECOND)
            late_from = _whenever_entered(pattern, opening, index, used, before, contested_version)
    if pattern.answers is not None and not is_theirs:
        # who was asked only in the grace, or could read it only then, may still answer, and misses nothing
        questions = _questions(pattern, opening, index, opening.due_at)
        is_theirs = not any(question.recorded_at <= opening.due_at for question in questions)
    return PatternMatch(
        counting, contested, limit, is_theirs=is_theirs, is_entered_late=is_entered_late, late_from=late_from
    )


def _whenever_entered(
    pattern: EvidencePattern, opening: Opening, index: EventIndex, used: set[str], end: DateTime, contested_version: int
) -> Evidence | None:
    """The evidence for a pattern up to a moment, however late it was entered."""
    events = _fresh(_evidence(pattern, opening, index, end), opening, index, used)
    return _jointly(pattern, (event for event in events if event.version > contested_version), opening, index)


def _checked(
    pattern: EvidencePattern, check: str, opening: Opening, index: EventIndex, end: DateTime, contested_version: int
) -> PatternMatch:
    """The evidence that a check finds."""
    limit = in_time_until(pattern, opening, index.timeline)
    if pattern.in_time:
        end = min(end, limit)
    if not _can_be_known((pattern,), opening, index):
        return LACKING
    evidence = CHECKS[check](opening, index)
    if isinstance(evidence, NoAnswer):
        return PatternMatch(None, None, limit, no_answer=evidence)
    if evidence is None or evidence.met_at > end:
        return LACKING
    # how a session went may be said whenever it is: until then the obligation waits
    is_entered_late = check not in OUTCOME_CHECKS and _is_entered_late(evidence, opening, index)
    if not contested_version or any(index.version(event_id) > contested_version for event_id in evidence.event_ids):
        return PatternMatch(evidence, None, limit, is_entered_late=is_entered_late)
    return PatternMatch(None, evidence, limit, is_entered_late=is_entered_late)


def _fresh(
    events: Iterable[Event], opening: Opening, index: EventIndex, used: set[str], late: list[Event] | None = None
) -> Iterator[Event]:
    """Of the events that fit a pattern, those that serve no other obligation.

    late: takes those that were entered late, in place of yielding them.
    """
    closes_at = opening.closes_at
    for event in events:
        if event.id in used or index.is_past_the_end(event):
            continue
        if late is None or event.recorded_at <= closes_at or index.is_entered_in_time(event, closes_at):
            yield event
        else:
            late.append(event)


def _is_entered_late(evidence: Evidence, opening: Opening, index: EventIndex) -> bool:
    """Whether the owner entered any of what a check found too late; what the other side says for them is never too late."""
    events = filter(None, map(index.history.state.events.get, evidence.event_ids))
    return any(
        not index.is_entered_in_time(event, opening.closes_at)
        and index.is_owner(opening.share, event.actor.party, event.occurred_at)
        for event in events
    )


def _evidence(pattern: EvidencePattern, opening: Opening, index: EventIndex, end: DateTime) -> Iterable[Event]:
    """The events up to a moment that fit a pattern of an obligation, in order of occurrence; see `EventIndex.matching`."""
    if pattern.answers is not None:
        return _answers(pattern, opening, index, end)
    opened_by = opening.opened_by
    events = index.matching(
        pattern,
        duty_id=opened_by.duty.id,
        opened_at=opening.opened_at,
        begin=opening.begin,
        end=end,
        subject_id=opening.subject_id,
        since=opening.since,
        share=opening.share,
    )
    if opened_by.of is Of.NO_OUTCOME and events:
        last = min(end, index.as_of)
        return (event for event in events if event.recorded_at <= last)
    return events


@cache
def _answer_patterns(by: Who) -> tuple[EvidencePattern, ...]:
    return tuple(EvidencePattern(type=kind, by=by, where=where) for kind, where in ANSWERS.items())


def _questions(pattern: EvidencePattern, opening: Opening, index: EventIndex, end: DateTime) -> Iterable[Event]:
    """The events of the other side, in the time of an obligation and up to a moment, that ask for an answer."""
    question = EvidencePattern(type=pattern.answers, by=Who.COUNTERPART)
    return _evidence(question, opening, index, end)


def _answers(pattern: EvidencePattern, opening: Opening, index: EventIndex, end: DateTime) -> Iterator[Event]:
    """The events that say something to the other side, after the one that asks for an answer."""
    question = next(iter(_questions(pattern, opening, index, opening.closes_at)), None)
    if question is not None:
        events = [event for answer in _answer_patterns(pattern.by) for event in _evidence(answer, opening, index, end)]
        place = by_occurrence(question)
        yield from sorted(
            (event for event in events if by_occurrence(event) > place),
            key=by_occurrence,
        )


def _jointly(pattern: EvidencePattern, events: Iterable[Event], opening: Opening, index: EventIndex) -> Evidence | None:
    """The first events that together show what a pattern asks for; of most patterns, the first event."""
    if pattern.covers is None and pattern.sum_of is None:
        first = next(iter(events), None)
        if first is None:
            return None
        # what is owed is to say how the session went, so it counts when it is said
        met_at = first.recorded_at if opening.of is Of.NO_OUTCOME else first.occurred_at
        return Evidence(met_at, (first.id,))
    total, covered, event_ids = Decimal(0), set[str](), list[str]()
    for event in events:
        content = event.content
        event_ids.append(event.id)
        covered.update(getattr(content, "goal_ids", ()))
        is_whole = not is_readable(event)  # what cannot be read does not count against its author
        if pattern.covers is not None:
            goals = index.goals_of(opening.share)
            active = {goal.id for goal in goals if goal.binds_at(event.occurred_at)}
            is_whole = is_whole or not getattr(content, "goal_ids", ()) or active <= covered
        if pattern.sum_of is not None:
            total += getattr(content, pattern.sum_of, None) or 0
            is_whole = is_whole or total >= pattern.at_least
        if is_whole:
            return Evidence(event.occurred_at, tuple(event_ids))
    return _once_closed(covered, event_ids, opening, index) if covered else None


def _once_closed(covered: set[str], event_ids: list[str], opening: Opening, index: EventIndex) -> Evidence | None:
    """That events cover all active goals since the others were closed: nobody assesses a goal that was dropped or achieved."""
    others = [goal for goal in index.goals_of(opening.share) if goal.id not in covered]
    ends = [goal.binds_until for goal in others if goal.binds_until is not None]
    closed_at = max((end for end in ends if end <= min(opening.closes_at, index.as_of)), default=opening.begin)
    if closed_at <= opening.begin or any(goal.binds_at(closed_at) for goal in others):
        return None
    closed = [goal.id for goal in others if goal.binds_until == closed_at]
    closing = [event.id for kind in GOAL_CLOSED for goal_id in closed for event in index.about(kind, goal_id)]
    return Evidence(closed_at, (*event_ids, *closing))
