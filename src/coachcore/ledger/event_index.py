"""An index of a history's events by type and by what they are about, so that finding evidence takes a short look-up.

Of a content that was erased what remains counts. The content of an event that 0.1 erased, or that a newer release recorded, cannot be
read. That does not count against its author: the event counts by its type, its author and its time, for one obligation, and the
other side may contest it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from typing import Any, TypeVar, cast

from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.schedules import EvidencePattern, Who
from coachcore.engagement.history import History
from coachcore.engagement.references import COLLECTIONS, addressee_of
from coachcore.engagement.state import Action, Goal, Session
from coachcore.events import EVENT_TYPES, Content, EngagementProposed, ErasedEvent, Event
from coachcore.facts import evidence_facts, evidence_schema
from coachcore.ledger.shares import Share
from coachcore.model.times import Period
from coachcore.model.words import Visibility
from coachcore.rules import Condition, RuleSet

__all__ = ["EventIndex", "conditions_met", "is_of", "is_readable"]

T = TypeVar("T")

SUBJECT_FIELDS = tuple(name for name in COLLECTIONS if name not in ("dispute_id", "entry_id"))
"""The id fields that say what an event is about. Disputes are about obligations and corrections about events; no duty asks for those."""


def subject_ids(event: Event) -> frozenset[str]:
    """The ids of what an event is about: sessions, goals, actions and the like."""
    content = event.content
    ids = {subject_id for name in SUBJECT_FIELDS if (subject_id := getattr(content, name, None)) is not None}
    return frozenset(ids | set(getattr(content, "goal_ids", ())))


def is_readable(event: Event) -> bool:
    """Whether the content of an event, or what remains of it, can be read, and this release knows its type."""
    return type(event.content) is EVENT_TYPES.get(event.type)


@cache
def _condition(text: str, event_type: Any) -> Condition:
    return Condition.of(text, evidence_schema(event_type))


def holds(condition: str, content: Content) -> bool:
    """Whether a content meets a condition on evidence of its type."""
    return _condition(condition, cast("Any", type(content))).evaluate(evidence_facts(content)) is True


def conditions_met(content: Content, charters: Iterable[Charter]) -> set[str]:
    """Of the conditions that charters put on evidence of a content's type, those that it meets."""
    patterns = (
        pattern
        for charter in charters
        for duty in charter.duties
        for schedule in duty.schedules
        for pattern in getattr(schedule, "evidence", ())
    )
    conditions = {pattern.condition_on(type(content).__name__) for pattern in patterns}
    return {condition for condition in conditions if condition is not None and holds(condition, content)}


def _shows(pattern: EvidencePattern, event: Event) -> bool:
    """Whether the content of an event shows what a pattern asks for; what cannot be read does not count against its author."""
    if pattern.where is None or not is_readable(event):
        return True
    if isinstance(event, ErasedEvent) and pattern.where in (*event.remains.met, *event.remains.unmet):
        return pattern.where in event.remains.met
    return holds(pattern.where, event.content)


def is_of(share: Share, party_id: str | None) -> bool:
    """Whether what belongs to a party, or to nobody in particular, is the owner's of an obligation."""
    return share.owners is None or party_id is None or party_id in share.owners


class EventRow:
    """Events in order of occurrence, with a look-up by time."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @cached_property
    def times(self) -> list[DateTime]:
        return [event.occurred_at for event in self.events]

    def between(self, begin: DateTime, end: DateTime) -> list[Event]:
        """The events from one moment to another, both included."""
        return self.events[bisect_left(self.times, begin) : bisect_right(self.times, end)]


NO_EVENTS = EventRow()


class EventIndex:
    """The effective events of a history, indexed. It knows times and patterns of evidence, and nothing of obligations.

    grace_of_actions: how long after its due day an action is late and not yet missed.
    """

    def __init__(self, history: History, rules: RuleSet, grace_of_actions: Period | None = None) -> None:
        self.history = history
        self.rules = rules
        self.grace_of_actions = grace_of_actions
        self.as_of = history.as_of
        self.timeline = history.timeline
        self.all = EventRow()
        self.all.events = list(history.effective)
        self._by_type: dict[str, EventRow] = {}
        self._without_subject: dict[str, EventRow] = {}
        self._unreadable: dict[str, EventRow] = {}
        self._by_subject: dict[tuple[str, str], list[Event]] = {}
        self._versions = {event.id: event.version for event in history.effective}
        self._cache: dict[object, Any] = {}
        for event in history.effective:
            self._by_type.setdefault(event.type, EventRow()).events.append(event)
            if not is_readable(event):
                self._unreadable.setdefault(event.type, EventRow()).events.append(event)
                continue
            ids = subject_ids(event)
            for subject_id in ids:
                self._by_subject.setdefault((event.type, subject_id), []).append(event)
            if not ids:
                self._without_subject.setdefault(event.type, EventRow()).events.append(event)

    def of_type(self, kind: str) -> list[Event]:
        """The events of a type, in order of occurrence."""
        return self._by_type.get(kind, NO_EVENTS).events

    def about(self, kind: str, subject_id: str) -> list[Event]:
        """The events of a type about one session, goal, action or the like, in order of occurrence."""
        return self._by_subject.get((kind, subject_id), [])

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
    ) -> Iterator[Event]:
        """The events that fit a pattern, in order of occurrence.

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
                if event.occurred_at <= end and (since is None or (event.occurred_at, event.version) > since)
            ]
            others: list[Event] = []
            if (general := self._without_subject.get(pattern.type)) is not None:
                others += general.between(begin, end)
            if (unreadable := self._unreadable.get(pattern.type)) is not None:
                others += unreadable.between(min(opened_at, begin), end)
            if others:
                candidates += others
                candidates.sort(key=lambda event: (event.occurred_at, event.version))
        for event in candidates:
            if self._is_from(pattern.by, duty_id, share, event) and _shows(pattern, event):
                yield event

    def _is_from(self, by: Who, duty_id: str, share: Share, event: Event) -> bool:
        """Whether an event comes from whose it has to be, and is for or about whom it has to be."""
        if event.visibility is Visibility.AUTHOR and event.actor.role is not share.role:
            return False  # what the judged party may not read judges nobody
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

    def is_owner(self, share: Share, party_id: str, moment: DateTime) -> bool:
        """Whether a party has the part of the owner at a moment: any of the role, or in a group the one whose obligation it is."""
        return self.timeline.role_of(party_id, moment) is share.role and self._is_owner(share, party_id, moment)

    def _is_owner(self, share: Share, party_id: str, moment: DateTime) -> bool:
        if share.owners is None or party_id in share.owners:
            return True
        # somebody else carries on what one who was alone in the role owed, once they are alone in it
        return share.party is None and self.timeline.members_at(share.role, moment) == (party_id,)

    def goals_of(self, share: Share) -> tuple[Goal, ...]:
        """The goals that an obligation may be about: in a group, of its party's own those of the party, and those of nobody in particular."""
        if share.owners is None:
            return self.goals
        return tuple(goal for goal in self.goals if is_of(share, goal.owner))

    @cached_property
    def _source(self) -> tuple[frozenset[str], DateTime | None] | None:
        """The types of events that the engagement's source carries, and when the first other one occurred; None where it carries all."""
        proposals = self.of_type(EngagementProposed.__name__)
        content = proposals[0].content if proposals else None
        if not isinstance(content, EngagementProposed) or content.source_carries is None:
            return None
        carried = frozenset(content.source_carries)
        return carried, next((event.occurred_at for event in self.all.events if event.type not in carried), None)

    def source_can_tell(self, types: Iterable[str], opened_at: DateTime) -> bool:
        """Whether it can be known of an obligation opened at a moment that no event of these types occurred.

        From the first event on that its source cannot carry, an engagement is recorded as any other.
        """
        if self._source is None:
            return True
        carried, since = self._source
        return (since is not None and opened_at >= since) or carried.issuperset(types)

    def cached(self, key: object, compute: "Callable[[EventIndex], T]") -> T:
        """The result of a function of this index, computed once per key."""
        if key not in self._cache:
            self._cache[key] = compute(self)
        result: T = self._cache[key]
        return result

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        """The goals of the engagement, first set first."""
        return self.history.state.goals_in_order

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of the engagement by their start."""
        return self.history.state.sessions_in_order

    @cached_property
    def actions_of(self) -> dict[str | None, list[Action]]:
        """The actions of each goal, first planned first; under None those without a goal."""
        by_goal: dict[str | None, list[Action]] = {}
        for action in self.history.state.actions_in_order:
            by_goal.setdefault(action.goal_id, []).append(action)
        return by_goal
