"""Finding evidence: the events of a history by type and by the thing they are about, so that each look is a short one.

What an entry says that was erased, or is of a newer release, cannot be told. It is not held against whoever made it: it
counts by its type, its author and its time, once, and the other side may contest it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar, cast

from pendulum import DateTime

from coachcore.charter.schedules import EvidencePattern, Who
from coachcore.engagement.history import History
from coachcore.engagement.references import COLLECTIONS
from coachcore.engagement.state import Action, Goal
from coachcore.events import EVENT_TYPES, Event
from coachcore.facts import evidence_facts, evidence_schema
from coachcore.model.parties import Role
from coachcore.rules import Condition, RuleSet

__all__ = ["Evidence", "is_readable"]

T = TypeVar("T")

ABOUT = tuple(name for name in COLLECTIONS if name not in ("dispute_id", "entry_id"))
"""Disputes are about obligations, and corrections about other entries: neither is what a duty is owed for."""


def about(event: Event) -> frozenset[str]:
    """The ids of the things an event is about."""
    content = event.content
    found = {given for name in ABOUT if (given := getattr(content, name, None)) is not None}
    return frozenset(found | set(getattr(content, "goal_ids", ())))


def is_readable(event: Event) -> bool:
    """Whether what an event says can be told: it was not erased, and is not of a newer release."""
    return type(event.content) is EVENT_TYPES.get(event.type)


class Row:
    """Events in the order they occurred, to be cut out by time."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @cached_property
    def times(self) -> list[DateTime]:
        return [each.occurred_at for each in self.events]

    def between(self, begin: DateTime, end: DateTime) -> list[Event]:
        """From one moment to another, both included."""
        return self.events[bisect_left(self.times, begin) : bisect_right(self.times, end)]


NONE = Row()


class Evidence:
    """The events of a history, ready to be asked for. Knows times and patterns, nothing of obligations."""

    def __init__(self, history: History, rules: RuleSet) -> None:
        self.history = history
        self.rules = rules
        self.as_of = history.as_of
        self.timeline = history.timeline
        self.all = Row()
        self.all.events = list(history.effective)
        self._by_type: dict[str, Row] = {}
        self._loose: dict[str, Row] = {}
        self._unreadable: dict[str, Row] = {}
        self._by_thing: dict[tuple[str, str], list[Event]] = {}
        self._versions = {each.id: each.version for each in history.effective}
        self._conditions: dict[tuple[str, str], Condition] = {}
        self._once: dict[object, Any] = {}
        for event in history.effective:
            self._by_type.setdefault(event.type, Row()).events.append(event)
            if not is_readable(event):
                self._unreadable.setdefault(event.type, Row()).events.append(event)
                continue
            things = about(event)
            for thing in things:
                self._by_thing.setdefault((event.type, thing), []).append(event)
            if not things:
                self._loose.setdefault(event.type, Row()).events.append(event)

    def of_type(self, kind: str) -> list[Event]:
        """The events of a type, in order."""
        return self._by_type.get(kind, NONE).events

    def of_thing(self, kind: str, thing: str) -> list[Event]:
        """The events of a type about a thing, in order."""
        return self._by_thing.get((kind, thing), [])

    def version(self, event_id: str) -> int:
        """In which place an event was recorded."""
        return self._versions.get(event_id, 0)

    def matching(
        self,
        pattern: EvidencePattern,
        *,
        role: Role,
        opened_at: DateTime,
        begin: DateTime,
        end: DateTime,
        thing: str | None,
        since: tuple[DateTime, int] | None,
    ) -> Iterator[Event]:
        """The events that fit a pattern, in order.

        role: who carries the duty. thing: what they must be about, after the entry `since` (its time and version) and up
        to `end`; an event that names nothing at all counts too, from `begin` on, and one that cannot be read from
        `opened_at` on. Without a thing: whatever occurred from `begin` to `end`.
        """
        assert pattern.type is not None
        if thing is None:
            found = self._by_type.get(pattern.type, NONE).between(begin, end)
        else:
            named = [
                each
                for each in self.of_thing(pattern.type, thing)
                if each.occurred_at <= end and (since is None or (each.occurred_at, each.version) > since)
            ]
            loose = self._loose.get(pattern.type, NONE).between(begin, end)
            unreadable = self._unreadable.get(pattern.type, NONE).between(min(opened_at, begin), end)
            found = named
            if loose or unreadable:
                found = sorted([*named, *loose, *unreadable], key=lambda each: (each.occurred_at, each.version))
        for event in found:
            if self._fits(pattern, role, event):
                yield event

    def _fits(self, pattern: EvidencePattern, role: Role, event: Event) -> bool:
        if pattern.by is Who.OWNER and event.actor.role is not role:
            return False
        if pattern.by is Who.COUNTERPART and event.actor.role is not role.counterpart:
            return False
        if not is_readable(event):
            return True
        if pattern.covers is not None:
            named = set(getattr(event.content, "goal_ids", ()))  # none named: all of them are meant
            if named and any(each.is_active_at(event.occurred_at) and each.id not in named for each in self.goals):
                return False
        if pattern.where is None:
            return True
        key = (event.type, pattern.where)
        if key not in self._conditions:
            self._conditions[key] = Condition.of(pattern.where, evidence_schema(cast("Any", type(event.content))))
        return self._conditions[key].evaluate(evidence_facts(event.content)) is True

    def once(self, key: object, make: "Callable[[Evidence], T]") -> T:
        """What is made of the evidence, made once and kept under a key."""
        if key not in self._once:
            self._once[key] = make(self)
        found: T = self._once[key]
        return found

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        """The goals of the engagement, first set first."""
        return self.history.state.goals_in_order

    @cached_property
    def actions_of(self) -> dict[str | None, list[Action]]:
        """The actions of each goal, first planned first."""
        found: dict[str | None, list[Action]] = {}
        for each in self.history.state.actions_in_order:
            found.setdefault(each.goal_id, []).append(each)
        return found
