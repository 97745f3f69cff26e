"""An index of a history's events by type and by what they are about, so that finding evidence takes a short look-up.

Of a content that was erased what remains counts. The content of an event that 0.1 erased, or that a newer release recorded, cannot be
read. That does not count against its author: the event counts by its type, its author and its time, for one obligation, and the
other side may contest it.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, TypeVar, cast

import attrs
from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.schedules import EvidencePattern, Who
from coachcore.engagement.erasure import holds_words, in_words
from coachcore.engagement.history import History, counted_corrections
from coachcore.engagement.permissions import DAYS_AFTER_THE_END
from coachcore.engagement.references import COLLECTIONS, addressee_of
from coachcore.engagement.sequence import PersistentSequence
from coachcore.engagement.state import Action, Goal, Session, SessionStatus
from coachcore.engagement.windows import Windows
from coachcore.events import (
    EVENT_TYPES,
    ActionPlanned,
    ActionRescheduled,
    Content,
    EngagementProposed,
    ErasedEvent,
    Event,
    HandoverAccepted,
    SessionCancelled,
    SessionHeld,
    SessionMissed,
    SessionMoved,
    SessionScheduled,
    by_occurrence,
)
from coachcore.facts import evidence_facts, evidence_schema
from coachcore.facts.due_days import ABOUT_ACTIONS, due_days_of, was_done
from coachcore.ledger.action_days import ActionDays, AgreedDay
from coachcore.ledger.session_orders import BY_START, SessionOrder
from coachcore.ledger.shares import Share
from coachcore.model.times import MICROSECOND, Period, elapsed, moved
from coachcore.model.wording import says_something
from coachcore.model.words import Visibility
from coachcore.rules import Condition, RuleSet

__all__ = [
    "EventIndex",
    "Source",
    "conditions_met",
    "counted_from",
    "days_late",
    "has_words",
    "is_of",
    "is_readable",
    "noticed_at",
    "source_of",
]

K = TypeVar("K")
T = TypeVar("T")

ENTERED_LATE_AFTER = timedelta(days=1)
"""What is recorded later than that was entered late: a day, since writing down in the morning what the evening brought is not late."""
FINAL_AFTER = timedelta(days=1)
"""How long something must have been over to be final. What is recorded later than that lets the ledger look further back."""
ABOUT_SESSIONS = (SessionScheduled, SessionMoved, SessionHeld, SessionMissed, SessionCancelled)
OUTCOMES = {
    SessionStatus.HELD: "SessionHeld",
    SessionStatus.MISSED: "SessionMissed",
    SessionStatus.CANCELLED: "SessionCancelled",
}
ADDRESSED = frozenset(
    {
        "AllianceRated",
        "CheckInMade",
        "ConcernAnswered",
        "DevelopmentSuggested",
        "EncouragementGiven",
        "FeedbackGiven",
        "MessageSent",
        "MotivationRated",
        "OpennessRated",
        "ReflectionPrompted",
        "SafetyRated",
        "SessionSummarised",
    }
)
"""What is said to the other side. Kept to oneself it was said to nobody, and meets nothing; a private reflection is complete in itself."""
SUBJECT_FIELDS = tuple(name for name in COLLECTIONS if name not in ("dispute_id", "entry_id"))
"""The id fields that say what an event is about. Disputes are about obligations and corrections about events; no duty asks for those."""


@cache
def _subject_fields(event_type: Any) -> tuple[tuple[str, ...], bool]:
    """The fields of a type of event that say what it is about, and whether it may be about several goals."""
    names = {field.name for field in attrs.fields(event_type)}
    return tuple(name for name in SUBJECT_FIELDS if name in names), "goal_ids" in names


def subject_ids(event: Event) -> set[str]:
    """The ids of what an event is about: sessions, goals, actions and the like."""
    content: Any = event.content
    names, has_goals = _subject_fields(cast("Any", type(content)))
    ids = set[str]()
    for name in names:
        if (subject_id := getattr(content, name)) is not None:
            ids.add(subject_id)
    if has_goals:
        ids.update(content.goal_ids)
    return ids


def days_late(event: Event) -> int:
    """How many whole days after it occurred an event was recorded; 0 where that is a day at most, see `ENTERED_LATE_AFTER`."""
    if event.recorded_at == event.occurred_at:  # as most
        return 0
    late_by = elapsed(event.occurred_at, event.recorded_at)
    return late_by // ENTERED_LATE_AFTER if late_by > ENTERED_LATE_AFTER else 0


def is_readable(event: Event) -> bool:
    """Whether the content of an event, or what remains of it, can be read, and this release knows its type."""
    return type(event.content) is EVENT_TYPES.get(event.type)


@cache
def _condition(text: str, event_type: Any) -> Condition:
    return Condition.of(text, evidence_schema(event_type))


def holds(condition: str, content: Content) -> bool:
    """Whether a content meets a condition on evidence of its type."""
    checked = _condition(condition, cast("Any", type(content)))
    return checked.evaluate(evidence_facts(content, checked.facts)) is True


@cache
def _in_words(event_type: Any) -> tuple[tuple[str, ...], str]:
    """The texts that an event of a type cannot do without, and the condition that each of them says something."""
    required = (field for field in attrs.fields(event_type) if field.default is attrs.NOTHING)
    names = tuple(field.name for field in required if holds_words(field.type))
    return names, " and ".join(f"{name} is not None" for name in names)


def has_words(event: Event) -> bool:
    """Whether an event says something in each text that it cannot do without; what cannot be read does not count against its author."""
    if not is_readable(event):
        return True
    names, condition = _in_words(cast("Any", type(event.content)))
    if isinstance(event, ErasedEvent):
        return condition not in event.remains.unmet
    return all(says_something(getattr(event.content, name)) for name in names)


def conditions_met(content: Content, charters: Iterable[Charter]) -> set[str]:
    """Of the conditions that charters put on evidence of a content's type, those that it meets; and that it says something."""
    patterns = (pattern for charter in charters for duty in charter.duties for pattern in duty.patterns)
    conditions = {pattern.condition_on(type(content).__name__) for pattern in patterns}
    conditions.add(_in_words(cast("Any", type(content)))[1] or None)
    return {condition for condition in conditions if condition is not None and holds(condition, content)}


def _shows(pattern: EvidencePattern, event: Event) -> bool:
    """Whether the content of an event says something, and shows what a pattern asks for.

    What cannot be read does not count against its author.
    """
    if not has_words(event):
        return False
    if pattern.where is None or not is_readable(event):
        return True
    if not isinstance(event, ErasedEvent):
        return holds(pattern.where, event.content)
    if pattern.where in (*event.remains.met, *event.remains.unmet):
        return pattern.where in event.remains.met
    return holds(pattern.where, in_words(event.content))


def is_of(share: Share, party_id: str | None) -> bool:
    """Whether what belongs to a party, or to nobody in particular, is the owner's of an obligation."""
    return share.owners is None or party_id is None or party_id in share.owners


def noticed_at(event: Event, wished_by: str) -> DateTime:
    """When the other side had notice that a party wished a session cancelled or moved.

    What the other side records counts from when it says that it was said. What who wished it records counts from then: nobody gives
    notice afterwards as of a day before.
    """
    return event.recorded_at if event.actor.party == wished_by else event.occurred_at


def counted_from(event: Event, index: "EventIndex") -> DateTime:
    """When an event was recorded, which no one side can choose; when it occurred, where the other side agreed to that in a correction."""
    if event.recorded_at == event.occurred_at:
        return event.occurred_at
    return event.occurred_at if event.id in index.dated_by_correction else event.recorded_at


class EventRow:
    """Events in order of occurrence, with a look-up by time."""

    __slots__ = ("events", "times")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.times: list[DateTime] = []

    def add(self, event: Event) -> None:
        """Put an event in its place; most come after all others."""
        moment = event.occurred_at
        if not self.events or self.times[-1] < moment or by_occurrence(self.events[-1]) < by_occurrence(event):
            self.events.append(event)
            self.times.append(moment)
            return
        place = bisect_right(self.events, by_occurrence(event), key=by_occurrence)
        self.events.insert(place, event)
        self.times.insert(place, moment)

    def between(self, begin: DateTime, end: DateTime) -> list[Event]:
        """The events from one moment to another, both included."""
        return self.events[bisect_left(self.times, begin) : bisect_right(self.times, end)]


NO_EVENTS = EventRow()
OCCURRED_AT = attrgetter("occurred_at")


@attrs.frozen
class Source:
    """From what an engagement was imported, that cannot hold every type of event.

    carried: the types that it can hold. left_at: when the first other one occurred, since when the engagement is recorded as any other;
    None where there is none.
    """

    carried: frozenset[str]
    left_at: DateTime | None

    def going_on(self, events: Iterable[Event]) -> "Source":
        """The source after some events more."""
        moments = [event.occurred_at for event in events if event.type not in self.carried]
        return Source(self.carried, min([*moments, *filter(None, [self.left_at])], default=None))


def source_of(events: Sequence[Event]) -> Source | None:
    """The source of an engagement, by its events in order; None where it carries all types of events."""
    content = next((event.content for event in events if event.type == EngagementProposed.__name__), None)
    if not isinstance(content, EngagementProposed) or content.source_carries is None:
        return None
    return Source(frozenset(content.source_carries), None).going_on(events)


class EventIndex:
    """The effective events of a history, indexed. It knows times and patterns of evidence, and nothing of obligations.

    grace_of_actions: how long after its due day an action is late and not yet missed. windows: those of the charter. final_before: what
    was over before it stays as it is. `advance` lets the index go on to a later history.
    """

    def __init__(
        self,
        history: History,
        rules: RuleSet,
        grace_of_actions: Period | None = None,
        windows: Windows = Windows(),  # noqa: B008 a frozen value
    ) -> None:
        self.rules = rules
        self.grace_of_actions = grace_of_actions
        self.windows = windows
        self.all = EventRow()
        self._action_days = ActionDays()
        self._sessions: dict[str, Session] = {}
        self._session_orders: dict[SessionOrder, list[Session]] = {}
        self._by_type: dict[str, EventRow] = {}
        self._without_subject: dict[str, EventRow] = {}
        self._unreadable: dict[str, EventRow] = {}
        # by type and id; a list only where there are several, since an event of its type is often the only one about something
        self._by_subject: defaultdict[str, dict[str, Event | list[Event]]] = defaultdict(dict)
        self._versions: dict[str, int] = {}
        self.done_later: list[Event] = []
        """Where it was said only on a later day that an action had been done: the events that say so."""
        self._of_past_moments: dict[object, Any] = {}
        self._of_timeline: dict[object, Any] = {}
        self.timeline = history.timeline
        self.source = source_of(history.effective)
        """From what the engagement was imported; None where that carries all types of events."""
        self.entered_late: PersistentSequence[Event] = PersistentSequence()
        """The events that were recorded more than a day after they occurred."""
        self.moved_ids: PersistentSequence[str] = PersistentSequence()
        """The ids of the actions and sessions that were moved, some of them several times."""
        self.final_before = moved(history.as_of, -FINAL_AFTER)
        self.advance(history, history.effective)

    def advance(self, history: History, events: Iterable[Event]) -> None:
        """Go on to a history that has some effective events more. If any occurred before `final_before`, call `rewind` first."""
        self.history = history
        self.final_before = max(self.final_before, moved(history.as_of, -FINAL_AFTER))
        self.as_of = history.as_of
        timeline = self.timeline.going_on(history.state, history.as_of)
        if timeline is None:
            timeline = history.timeline
            self._of_timeline.clear()
        self.timeline = timeline
        self._cache: dict[object, Any] = {}
        self.last_entry_at = self._last_entry_at()
        """Until when after the engagement's end entries count that say what happened before it; None before the end."""
        for event in events:
            if self._of_past_moments and not self._is_after_all(event):
                self._of_past_moments.clear()
            self._add(event)
            content = event.content
            if days_late(event):
                self.entered_late = self.entered_late.appended(event)
            if isinstance(content, ABOUT_ACTIONS):
                self._action_days.touch(content.action_id)
                if isinstance(content, ActionRescheduled):
                    self.moved_ids = self.moved_ids.appended(content.action_id)
            elif isinstance(content, ABOUT_SESSIONS):
                session = history.state.sessions.get(content.session_id)
                if session is not None:
                    before = self._sessions.get(session.id)
                    for order, sessions in self._session_orders.items():
                        order.replace(sessions, before, session, self.outcome_of)
                    self._sessions[session.id] = session
                    if session.moves:
                        self.moved_ids = self.moved_ids.appended(session.id)
        if self.source is not None:
            self.source = self.source.going_on(events)

    def _is_after_all(self, event: Event) -> bool:
        """Whether nothing about a moment up to the last event changes with another: it is later, or of the same moment and speech alone."""
        last_at = self.all.times[-1]
        return event.occurred_at > last_at or (event.occurred_at == last_at and not subject_ids(event))

    def rewind(self, moment: DateTime) -> None:
        """Take nothing as over that was not over before a moment."""
        self._action_days.rewind(moment)

    def _add(self, event: Event) -> None:
        self.all.add(event)
        if event.type == "ActionDone" and event.recorded_at > event.occurred_at:
            self.done_later.append(event)
        self._versions[event.id] = event.version
        self._row(self._by_type, event.type).add(event)
        if not is_readable(event):
            self._row(self._unreadable, event.type).add(event)
            return
        ids = subject_ids(event)
        for subject_id in ids:
            by_id = self._by_subject[event.type]
            before = by_id.get(subject_id)
            if before is None:
                by_id[subject_id] = event
            elif not isinstance(before, list):
                by_id[subject_id] = sorted((before, event), key=by_occurrence)
            elif by_occurrence(before[-1]) < by_occurrence(event):  # as most
                before.append(event)
            else:
                insort(before, event, key=by_occurrence)
        if not ids:
            self._row(self._without_subject, event.type).add(event)

    @staticmethod
    def _row(rows: "dict[K, EventRow]", key: "K") -> EventRow:
        row = rows.get(key)
        if row is None:
            row = rows[key] = EventRow()
        return row

    def _last_entry_at(self) -> DateTime | None:
        closed_at = self.timeline.closed_at
        return None if closed_at is None else self.timeline.window_end(DAYS_AFTER_THE_END, closed_at)

    def is_past_the_end(self, event: Event) -> bool:
        """Whether an event was recorded so long after the engagement's end that it settles nothing any more.

        What also occurred so late does: an answer to a concern is owed after the end too.
        """
        end = self.last_entry_at
        if end is None or not event.occurred_at <= end < event.recorded_at:
            return False
        closed_at = self.timeline.closed_at
        assert closed_at is not None  # there is an end
        return event.recorded_at > self._window_end(DAYS_AFTER_THE_END, closed_at, event)

    def _window_end(self, window: Period, begin: DateTime, event: Event) -> DateTime:
        """Until when a window is open for an event; none is over before the import of the engagement."""
        return self.timeline.window_end(window, self.history.state.window_begin(begin, event.recorded_at))

    def is_entered_in_time(self, event: Event, closes_at: DateTime) -> bool:
        """Whether an event was recorded up to an answer's time after a grace was over; later it is late whenever it occurred."""
        return event.recorded_at <= closes_at or event.recorded_at <= self._window_end(
            self.windows.answer, closes_at, event
        )

    def has_entry_in_time(self, kind: str, subject_id: str, closes_at: DateTime) -> bool:
        """Whether an event of a type about something was recorded in time, see `is_entered_in_time`."""
        return any(self.is_entered_in_time(event, closes_at) for event in self.about(kind, subject_id))

    @property
    def ended_at(self) -> DateTime | None:
        """Since when nothing can be entered any more that settles an obligation; None where that is to come."""
        end = self.last_entry_at
        return moved(end, MICROSECOND) if end is not None and self.as_of > end else None

    @cached_property
    def dated_by_correction(self) -> frozenset[str]:
        """Ids of the events of which a correction that counts names the time, whenever it came. After another one there is a new index."""
        corrections = counted_corrections(self.history.recorded)
        return frozenset(
            entry_id
            for entry_id, correction in corrections.items()
            if getattr(correction.content, "happened_at", None) is not None
        )

    def of_type(self, kind: str) -> list[Event]:
        """The events of a type, in order of occurrence."""
        return self._by_type.get(kind, NO_EVENTS).events

    def about(self, kind: str, subject_id: str) -> list[Event]:
        """The events of a type about one session, goal, action or the like, in order of occurrence."""
        by_id = self._by_subject.get(kind)
        events = None if by_id is None else by_id.get(subject_id)
        if events is None:
            return []
        return events if isinstance(events, list) else [events]

    def outcome_of(self, session: Session) -> Event | None:
        """The event that said what a session came to; None while nobody has said it."""
        kind = OUTCOMES.get(session.status)
        events = [] if kind is None else reversed(self.about(kind, session.id))
        return next((event for event in events if event.occurred_at == session.settled_at), None)

    def version(self, event_id: str) -> int:
        """The version of an event: its number in the order recorded; 0 where no event has this id."""
        return self._versions.get(event_id, 0)

    def matching(
        self,
        pattern: EvidencePattern,
        *,
        duty_id: str,
        opened_at: DateTime,
        begin: DateTime,
        end: DateTime,
        subject_id: str | None,
        since: tuple[DateTime, int] | None,
        share: Share,
    ) -> Iterable[Event]:
        """The events that fit a pattern, in order of occurrence; `()` where none comes into question, as of most obligations.

        share: whose acts count, and for whom; where the duty was handed over meanwhile, what its new owner does counts too. With a
        subject_id, events about it count after the event `since` (its time and version) and up to `end`; so do events about nothing in
        particular, from `begin` on, and events that cannot be read, from `opened_at` on. Without one, whatever occurred from
        `begin` to `end` counts.
        """
        assert pattern.type is not None
        if subject_id is None:
            candidates = self._by_type.get(pattern.type, NO_EVENTS).between(begin, end)
        else:
            candidates = [
                event
                for event in self.about(pattern.type, subject_id)
                if event.occurred_at <= end and (since is None or by_occurrence(event) > since)
            ]
            others: list[Event] = []
            if (general := self._without_subject.get(pattern.type)) is not None:
                others += general.between(begin, end)
            if (unreadable := self._unreadable.get(pattern.type)) is not None:
                others += unreadable.between(min(opened_at, begin), end)
            if others:
                candidates += others
                candidates.sort(key=by_occurrence)
        if not candidates:
            return ()
        return (
            event for event in candidates if self._is_from(pattern, duty_id, share, event) and _shows(pattern, event)
        )

    def _is_from(self, pattern: EvidencePattern, duty_id: str, share: Share, event: Event) -> bool:
        """Whether an event comes from whose it has to be, and is for or about whom it has to be."""
        by = pattern.by
        if event.visibility is Visibility.AUTHOR and (
            event.actor.role is not share.role or event.type in ADDRESSED or pattern.shared
        ):
            return False  # what the judged party may not read judges nobody, and what nobody else may read was said to nobody
        if isinstance(event.content, HandoverAccepted) and not self._has_passed(event, event.content.duty_id):
            return False
        if by is Who.EITHER:
            return True
        actor, addressee = event.actor, addressee_of(event.content)
        if by is Who.COUNTERPART:
            is_theirs = actor.role is share.role.counterpart and share.owed_to in (None, actor.party)
            return is_theirs and (addressee is None or share.party in (None, addressee))
        if addressee is not None and share.owed_to not in (None, addressee):
            return False
        if actor.role is not share.role:
            return actor.role is self.timeline.responsible_role(duty_id, event.occurred_at)
        return share.owners is None or self._is_owner(share, actor.party, event.occurred_at)

    def _has_passed(self, acceptance: Event, duty_id: str) -> bool:
        """Whether a duty passed with an acceptance, and does not wait for that of others."""
        moment = acceptance.occurred_at
        return any(
            passed.duty_id == duty_id and passed.occurred_at == moment for passed in self.history.state.handovers
        )

    def is_owner(self, share: Share, party_id: str, moment: DateTime) -> bool:
        """Whether a party has the part of the owner at a moment: any of the role, or in a group the one whose obligation it is."""
        return self.timeline.role_of(party_id, moment) is share.role and self._is_owner(share, party_id, moment)

    def _is_owner(self, share: Share, party_id: str, moment: DateTime) -> bool:
        if share.owners is None or party_id in share.owners:
            return True
        # somebody else carries on what one who was alone in the role owed, once they are alone in it
        return share.party is None and self.timeline.members_at(share.role, moment) == (party_id,)

    def goals_of(self, share: Share) -> tuple[Goal, ...]:
        """The goals that an obligation may be about: in a group, those of its party, and those of nobody in particular."""
        if share.owners is None:
            return self.goals
        return tuple(goal for goal in self.goals if is_of(share, goal.owner))

    def source_can_tell(self, types: Iterable[str], opened_at: DateTime) -> bool:
        """Whether it can be known of an obligation opened at a moment that no event of these types occurred.

        From the first event on that its source cannot carry, an engagement is recorded as any other.
        """
        if self.source is None:
            return True
        left_at = self.source.left_at
        return (left_at is not None and opened_at >= left_at) or self.source.carried.issuperset(types)

    def cached(self, key: object, compute: "Callable[[EventIndex], T]") -> T:
        """The result of a function of this index, computed once per key."""
        if key not in self._cache:
            self._cache[key] = compute(self)
        result: T = self._cache[key]
        return result

    def cached_for_timeline(self, key: object, compute: "Callable[[EventIndex], T]") -> T:
        """As `cached`, for what only the timeline decides: it stays until a stage, an agreement or who carries a duty changes."""
        if key not in self._of_timeline:
            self._of_timeline[key] = compute(self)
        result: T = self._of_timeline[key]
        return result

    def cached_for_past(self, key: object, compute: "Callable[[EventIndex], T]") -> T:
        """As `cached`, for what only what occurred up to a past moment decides: it stays when later events come."""
        if key not in self._of_past_moments:
            self._of_past_moments[key] = compute(self)
        result: T = self._of_past_moments[key]
        return result

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The goals of the engagement, first set first."""
        return self.cached("goals", lambda index: index.history.state.goals_in_order)

    def sessions_by(self, order: SessionOrder) -> Sequence[Session]:
        """The sessions of the engagement in an order, which is kept up as the index goes on."""
        sessions = self._session_orders.get(order)
        if sessions is None:
            sessions = self._session_orders[order] = order.of(self._sessions.values(), self.outcome_of)
        return sessions

    @property
    def sessions(self) -> Sequence[Session]:
        """The sessions of the engagement by their start."""
        return self.sessions_by(BY_START)

    def latest_actions(self, goal_id: str, until: DateTime) -> Iterator[Action]:
        """The actions that were planned towards a goal by a moment, the last one planned first."""
        actions, events = self.history.state.actions, self.about("ActionPlanned", goal_id)
        for place in range(bisect_right(events, until, key=OCCURRED_AT) - 1, -1, -1):
            action = actions.get(cast("ActionPlanned", events[place].content).action_id)
            if action is not None:
                yield action

    @property
    def action_days(self) -> ActionDays:
        """By when each action was owed, and which were missed."""
        return self.cached("action days", EventIndex._advanced_action_days)

    def _advanced_action_days(self) -> ActionDays:
        self._action_days.advance(self.agreed_day, self.as_of, self.final_before)
        return self._action_days

    def agreed_day(self, action_id: str) -> AgreedDay | None:
        """By when an action is or was owed; None where it never had a day."""
        action = self.history.state.actions.get(action_id)
        if action is None:
            return None
        settings = self.about("ActionPlanned", action_id)
        if moves := self.about("ActionRescheduled", action_id):
            settings = sorted([*settings, *moves], key=by_occurrence)
        accepted, dropped = (self.about(kind, action_id) for kind in ("ActionAccepted", "ActionDropped"))
        done = [event for event in self.about("ActionDone", action_id) if was_done(action, event)]
        days = due_days_of(
            action,
            settings,
            self.timeline,
            accepted=accepted[-1] if accepted else None,
            dropped_at=dropped[-1].occurred_at if dropped else None,
            done_at=done[-1].occurred_at if done else None,
        )
        return AgreedDay.of(days, self.timeline, self.grace_of_actions) if days else None
